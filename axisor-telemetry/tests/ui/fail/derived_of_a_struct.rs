use axisor_telemetry::LabelValue;

#[derive(LabelValue)]
struct Plan {
    name: String,
}

#[derive(LabelValue)]
union Either {
    one: u8,
}

#[derive(LabelValue)]
enum Nothing {}

fn main() {}
