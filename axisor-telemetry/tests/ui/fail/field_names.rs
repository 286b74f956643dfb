use axisor_telemetry::instrument_automation;

#[instrument_automation(
    type = "a",
    fields(
        "" = 1,
        "user id" = 1,
        "a2345678901234567890123456789012345678901234567890123456789012345" = 1,
        größe = 1,
        user.id = 1,
        "user.id" = 2,
        axisor.kind = 1,
        code.line = 1,
        error.type = 1,
        exception.message = 1,
        otel.kind = "client",
        otel.name = "a",
        otel.status_code = "ERROR",
    )
)]
fn check() {}

fn main() {}
