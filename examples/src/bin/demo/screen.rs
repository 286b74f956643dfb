//! The terminal: a block that is redrawn in place, and lines that scroll past above it.
//!
//! Where standard output is no terminal, everything is appended.

use std::io::{self, IsTerminal as _, Write as _};

use rustix::termios::tcgetwinsize;

#[derive(Debug)]
pub(crate) struct Screen {
    in_place: bool,
    block: String,
    drawn_lines: usize,
}

impl Screen {
    pub(crate) fn new() -> Self {
        Self {
            in_place: io::stdout().is_terminal(),
            block: String::new(),
            drawn_lines: 0,
        }
    }

    /// Prints `text` above the block.
    pub(crate) fn say(&mut self, text: &str) {
        let block = self.block.clone();
        self.erase();
        write(&format!("{text}\n"));
        if self.in_place && !block.is_empty() {
            self.draw(&block);
        }
    }

    /// Draws the block anew.
    pub(crate) fn show(&mut self, block: &str) {
        self.erase();
        self.draw(block);
    }

    /// Leaves the block where it stands.
    pub(crate) fn keep(&mut self) {
        self.block.clear();
        self.drawn_lines = 0;
    }

    fn draw(&mut self, block: &str) {
        block.clone_into(&mut self.block);
        let Some((width, height)) = self.size() else {
            return write(&format!("{block}\n"));
        };
        let lines: Vec<&str> = block.lines().take(height.saturating_sub(1)).collect();
        for line in &lines {
            let cut: String = line.chars().take(width).collect();
            write(&format!("{cut}\n"));
        }
        self.drawn_lines = lines.len();
    }

    fn erase(&mut self) {
        if self.drawn_lines > 0 {
            write(&format!("\x1b[{}A\x1b[J", self.drawn_lines));
        }
        self.drawn_lines = 0;
    }

    /// Columns and rows, if it is redrawn in place.
    fn size(&self) -> Option<(usize, usize)> {
        let size = self.in_place.then(|| tcgetwinsize(io::stdout()).ok())??;
        let size = (usize::from(size.ws_col), usize::from(size.ws_row));
        (size.0 > 0 && size.1 > 0).then_some(size)
    }
}

/// Nobody is left to be told that standard output is closed.
fn write(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}
