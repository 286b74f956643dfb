// Measures the page it is in, and tells `beacon` beside this script once, when the page is left. Times are in milliseconds.
(() => {
  const beacon = new URL("beacon", document.currentScript.src);
  const page = location.pathname; // never the query
  if (document.visibilityState === "hidden") return; // loaded in the background, where browsers take their time
  const measured = {}, takeLast = [];
  let left = false;
  const watch = (type, see) => {
    if (!PerformanceObserver.supportedEntryTypes?.includes(type)) return false;
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(see));
    observer.observe({ type, buffered: true, durationThreshold: 16 });
    return takeLast.push(() => observer.takeRecords().forEach(see));
  };
  const interaction = (e) => { if (e.interactionId) measured.inp = Math.max(measured.inp ?? 0, e.duration); };
  watch("paint", (e) => { if (e.name === "first-contentful-paint") measured.fcp = e.startTime; });
  watch("largest-contentful-paint", (e) => { measured.lcp = e.startTime; });
  watch("first-input", interaction);
  watch("event", interaction);
  let first = 0, last = 0, burst = 0; // CLS is the largest burst: shifts less than 1 s apart, within 5 s
  const shift = (e) => {
    if (e.hadRecentInput) return;
    if (e.startTime - last >= 1000 || e.startTime - first >= 5000) [first, burst] = [e.startTime, 0];
    last = e.startTime;
    burst += e.value;
    measured.cls = Math.max(measured.cls, burst);
  };
  if (watch("layout-shift", shift)) measured.cls = 0;
  const leave = () => {
    if (left) return; // told already
    left = true;
    takeLast.forEach((take) => take());
    const [load] = performance.getEntriesByType("navigation");
    if (load) measured.ttfb = load.responseStart - load.startTime;
    if (load?.loadEventEnd) measured.load = load.loadEventEnd - load.startTime;
    if (Object.keys(measured).length) navigator.sendBeacon(beacon, JSON.stringify({ page, measured }));
  };
  addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") leave(); });
  addEventListener("pagehide", leave);
})();
