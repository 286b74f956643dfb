use axisor_telemetry::LabelValue;

#[derive(LabelValue)]
enum Plan {
    #[label]
    Alone,
    #[label = "value"]
    Value,
    #[label(free)]
    Ident,
    #[label("a", "b")]
    Two,
    #[label("a")]
    #[label("b")]
    Twice,
    #[label()]
    Empty,
}

#[derive(LabelValue)]
#[label("plan")]
enum Text {
    Free,
}

#[derive(LabelValue)]
#[label(crat = axisor_telemetry)]
enum Misspelt {
    Free,
}

fn main() {}
