use axisor_telemetry::LabelValue;

#[derive(LabelValue)]
enum Plan {
    #[label("")]
    Empty,
    #[label("with space")]
    Space,
    Größe,
    A2345678901234567890123456789012345678901234567890123456789012345,
}

fn main() {}
