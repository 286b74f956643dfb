//! How do I make a counter, gauge or histogram of my own?
//!
//! ```console
//! $ cargo run -p axisor-examples --example custom_metrics
//! ```
//! Prints what a scrape gets, and what is refused.

use std::error::Error;

use axisor_telemetry::Telemetry;

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = Telemetry::builder("axisor-backend").build()?; // no globals, no runtime

    let orders = telemetry.counter(
        "axisor_orders_total",
        "Total number of orders",
        &["side", "kind"],
    )?;
    orders.with(["buy", "limit"])?.inc(); // by position
    orders
        .with([("side", "sell"), ("kind", "market")])?
        .inc_by(2.0)?; // or by name

    let open = telemetry.gauge("axisor_open_orders", "Number of open orders", &[])?;
    open.with(())?.set(3.0);
    open.with(())?.dec();

    let slippage = telemetry.histogram_with_buckets(
        "axisor_slippage_ratio",
        "Difference between expected and actual price, over the expected",
        &[],
        &[0.000_1, 0.001, 0.01],
    )?;
    slippage.with(())?.observe(0.000_4)?;

    for line in telemetry.exposition()?.lines() {
        if ["orders", "slippage"].iter().any(|own| line.contains(own)) {
            println!("{line}");
        }
    }

    // What prom-client refused is refused: a taken name, an undeclared label, a counter going down, and so on.
    let taken = telemetry.counter("axisor_orders_total", "The same name", &[]);
    let undeclared = orders.with([("color", "red")]);
    let negative = orders.with(["buy", "limit"])?.inc_by(-1.0);
    for refused in [taken.err(), undeclared.err(), negative.err()] {
        println!("refused: {}", refused.ok_or("something was not refused")?);
    }
    Ok(())
}
