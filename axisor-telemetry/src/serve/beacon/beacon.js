// Measures this page's load and sends it once, when the page is left.
(() => {
  const target = new URL("beacon", document.currentScript.src);
  if (document.visibilityState === "hidden") return; // loaded in the background: slow for no fault of the page
  const page = location.pathname, measured = {}, late = [];
  const watch = (type, see) => {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return;
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(see));
    observer.observe({ type, buffered: true, durationThreshold: 16 });
    late.push(() => observer.takeRecords().forEach(see));
    return true;
  };
  let burst = 0, first = 0, last = 0;
  watch("paint", (e) => { if (e.name === "first-contentful-paint") measured.fcp = e.startTime; });
  watch("largest-contentful-paint", (e) => { measured.lcp = e.startTime; });
  watch("event", (e) => { if (e.interactionId) measured.inp = Math.max(measured.inp ?? 0, e.duration); });
  if (watch("layout-shift", (e) => {
    if (e.hadRecentInput) return;
    if (e.startTime - last > 1000 || e.startTime - first > 5000) { burst = 0; first = e.startTime; }
    last = e.startTime;
    measured.cls = Math.max(measured.cls, burst += e.value);
  })) measured.cls = 0;
  let sent = false;
  const send = () => {
    if (sent || document.visibilityState !== "hidden") return;
    sent = true;
    late.forEach((take) => take());
    const [{ responseStart, loadEventEnd }] = performance.getEntriesByType("navigation");
    measured.ttfb = responseStart;
    if (loadEventEnd) measured.load = loadEventEnd;
    navigator.sendBeacon(target, JSON.stringify({ page, measured }));
  };
  addEventListener("visibilitychange", send);
  addEventListener("pagehide", send);
})();
