//! What the compiler says of the programs.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;

use serde::Deserialize;

use crate::command::typed;
use crate::error::CostError;
use crate::generated::Generated;

/// What became of each program, by name: the path of the executable, or the first error.
pub(super) type Built = HashMap<String, Result<PathBuf, String>>;

/// A line of cargo's, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    target: Option<Target>,
    message: Option<Message>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Message {
    level: String,
    message: String,
}

/// Compiles every program.
pub(super) fn build(generated: &Generated) -> Result<Built, CostError> {
    let mut cargo = generated.cargo()?;
    cargo
        .args([
            "build",
            "--workspace",
            "--keep-going",
            "--message-format=json",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    eprintln!(
        "  compiling the programs; errors that cargo reports now are part of what is compared"
    );
    let output = cargo.output().map_err(|source| CostError::Run {
        command: typed(&cargo),
        source,
    })?;
    let mut built = Built::new();
    let text = String::from_utf8_lossy(&output.stdout);
    for line in text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        note(&mut built, line);
    }
    Ok(built)
}

fn note(built: &mut Built, line: Line) {
    let Some(Target { name: program }) = line.target else {
        return;
    };
    if let Some(executable) = line.executable {
        built.insert(program, Ok(executable));
    } else if let Some(message) = line.message.filter(|message| message.level == "error") {
        built.entry(program).or_insert(Err(message.message));
    }
}

#[cfg(test)]
mod tests {
    use super::{Built, note};

    fn built(lines: &[&str]) -> Built {
        let mut built = Built::new();
        for line in lines {
            note(&mut built, serde_json::from_str(line).unwrap());
        }
        built
    }

    #[test]
    fn the_first_error_of_a_program_stands() {
        let built = built(&[
            r#"{"target":{"name":"ours_stream"},"message":{"level":"warning","message":"no"}}"#,
            r#"{"target":{"name":"ours_stream"},"message":{"level":"error","message":"a"}}"#,
            r#"{"target":{"name":"ours_stream"},"message":{"level":"error","message":"b"}}"#,
        ]);
        assert_eq!(built["ours_stream"], Err("a".to_owned()));
    }

    #[test]
    fn a_program_that_was_compiled_has_its_path() {
        let built = built(&[
            r#"{"target":{"name":"ours_panic"},"executable":"/t/panic"}"#,
            r#"{"reason":"build-finished","success":true}"#,
        ]);
        assert_eq!(built["ours_panic"], Ok("/t/panic".into()));
    }
}
