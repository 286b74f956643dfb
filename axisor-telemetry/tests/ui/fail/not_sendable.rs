use axisor_telemetry::instrument_automation;

#[instrument_automation(type = "a")]
async fn check() {
    let local = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(local);
}

fn send(_: impl Send) {}

fn main() {
    send(check());
}
