//! Executions by the thousand through the real stack: every span is somewhere, and no trace has a gap.

use std::process::{Command, Stdio};

/// What `cargo demo --stack --flows` says at its end, by its lines.
fn account(arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(["--stack", "--native", "--free-ports"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the demo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let output = String::from_utf8(output.stdout).expect("text");
    output.lines().map(str::to_owned).collect()
}

/// The numbers of the line with `word`, in their order.
fn numbers(lines: &[String], word: &str) -> Vec<u64> {
    let line = lines.iter().find(|line| line.contains(word));
    let line = line.unwrap_or_else(|| panic!("`{word}` in {lines:#?}"));
    let numbers = line.split([' ', ';']).filter_map(|word| word.parse().ok());
    numbers.collect()
}

#[test]
fn a_thousand_flows_are_a_thousand_whole_traces_and_no_span_is_lost() {
    let lines = account(&["--flows", "1000"]);
    assert_eq!(numbers(&lines, " flows: "), [1000, 0, 1000, 0]);
    let spans = numbers(&lines, " dropped, ");
    let [ended, exported, dropped, left, in_jaeger] = spans[..] else {
        panic!("{lines:#?}");
    };
    assert_eq!((dropped, left), (0, 0));
    assert_eq!((ended, exported), (in_jaeger, in_jaeger));
    assert!(ended > 6_000, "{ended}");
    let longest = lines.iter().find(|line| line.starts_with("the longest"));
    assert!(
        longest.is_some_and(|line| line.ends_with("spans over 4 processes")),
        "{lines:#?}"
    );
}

#[test]
fn a_trace_is_sampled_out_in_all_processes_or_in_none() {
    let lines = account(&["--flows", "200", "--sample", "30"]);
    let [flows, sampled_out, whole, gaps] = numbers(&lines, " flows: ")[..] else {
        panic!("{lines:#?}");
    };
    assert_eq!((flows, gaps), (200, 0));
    assert_eq!(sampled_out + whole, 200);
    assert!((30..=90).contains(&whole), "of 200 about 60: {whole}");
}
