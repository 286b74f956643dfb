use axisor_telemetry::LabelValue;

#[derive(LabelValue)]
enum Plan {
    Free,
    #[label("free")]
    Gratis,
    ProPlus,
    Pro_Plus,
}

fn main() {}
