//! Running a program to its end.

use std::process::{Command, Stdio};

use crate::error::CostError;

/// The command as one would type it.
pub(crate) fn typed(command: &Command) -> String {
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Runs `command`, which says on standard error how it goes.
pub(crate) fn run(command: &mut Command) -> Result<(), CostError> {
    let status = command.stdin(Stdio::null()).status();
    let status = status.map_err(|source| CostError::Run {
        command: typed(command),
        source,
    })?;
    if status.success() {
        return Ok(());
    }
    Err(CostError::Failed {
        command: typed(command),
        status,
        output: "what went wrong is above".to_owned(),
    })
}

/// Runs `command` and returns what it prints.
pub(crate) fn read(command: &mut Command) -> Result<String, CostError> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|source| CostError::Run {
        command: typed(command),
        source,
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(CostError::Failed {
        command: typed(command),
        status: output.status,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
