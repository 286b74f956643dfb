//! Traces as the services print them, put together across processes.
//!
//! Each service prints the part of a trace it has seen, as a tree. What it called is, in the caller's tree, a span
//! without children of the same name: what the called service printed is grafted there. A job's `process` is grafted below
//! the `send` of the same queue.

use std::collections::{HashMap, VecDeque};
use std::fmt::Write as _;

/// So many traces are kept; the oldest go first.
const MOST_TRACES: usize = 256;

/// The parts of the latest traces.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    parts: HashMap<String, Vec<Part>>,
    age: VecDeque<String>,
}

/// What one service printed of one trace.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    service: &'static str,
    roots: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq)]
struct Node {
    text: String,
    children: Vec<Node>,
}

/// Reads one service's output, line by line.
#[derive(Debug)]
pub(crate) struct Reader {
    service: &'static str,
    trace: String,
}

impl Reader {
    pub(crate) fn new(service: &'static str) -> Self {
        Self {
            service,
            trace: String::new(),
        }
    }

    /// Takes a line into `trees`, or gives it back if it belongs to no tree.
    pub(crate) fn read<'a>(&mut self, line: &'a str, trees: &mut Trees) -> Option<&'a str> {
        if let Some(id) = line.strip_prefix("trace ") {
            id.clone_into(&mut self.trace);
            trees.begin(id, self.service);
            return None;
        }
        match branch(line) {
            Some((depth, text)) => {
                trees.grow(&self.trace, self.service, depth, text);
                None
            }
            None => Some(line),
        }
    }
}

/// The depth of a line of a tree, and what it says.
fn branch(line: &str) -> Option<(usize, &str)> {
    let mut rest = line;
    for depth in 0.. {
        if let Some(text) = rest.strip_prefix("├─ ").or(rest.strip_prefix("└─ ")) {
            return Some((depth, text));
        }
        rest = rest.strip_prefix("│  ").or(rest.strip_prefix("   "))?;
    }
    None
}

impl Trees {
    fn begin(&mut self, trace: &str, service: &'static str) {
        if !self.parts.contains_key(trace) {
            self.age.push_back(trace.to_owned());
        }
        let part = Part {
            service,
            roots: Vec::new(),
        };
        self.parts.entry(trace.to_owned()).or_default().push(part);
        if self.age.len() > MOST_TRACES
            && let Some(oldest) = self.age.pop_front()
        {
            self.parts.remove(&oldest);
        }
    }

    fn grow(&mut self, trace: &str, service: &'static str, depth: usize, text: &str) {
        let parts = self.parts.get_mut(trace).into_iter().flatten();
        let Some(part) = parts.rev().find(|part| part.service == service) else {
            return;
        };
        let mut siblings = &mut part.roots;
        for _ in 0..depth {
            let Some(parent) = siblings.last_mut() else {
                return;
            };
            siblings = &mut parent.children;
        }
        siblings.push(Node {
            text: text.to_owned(),
            children: Vec::new(),
        });
    }

    /// How many services have printed something of `trace`.
    pub(crate) fn services(&self, trace: &str) -> usize {
        let parts = self.parts.get(trace).into_iter().flatten();
        let names: std::collections::HashSet<_> = parts.map(|part| part.service).collect();
        names.len()
    }

    /// The whole tree of `trace`, whose root `first` has printed.
    pub(crate) fn whole(&self, trace: &str, first: &str) -> Option<String> {
        let parts = self.parts.get(trace)?.iter().cloned();
        let mut parts: Vec<Part> = parts.flat_map(Part::split).collect();
        let root = parts.iter().position(|part| part.service == first)?;
        let mut whole = labelled(parts.remove(root));
        while let Some(at) = parts
            .iter()
            .position(|part| caller(&mut whole, part).is_some())
        {
            let part = parts.remove(at);
            if let Some(caller) = caller(&mut whole, &part) {
                caller.children.extend(labelled(part));
            }
        }
        let mut text = format!("trace {trace}\n");
        print(&whole, "", &mut text);
        Some(text)
    }
}

/// The span in `whole` that called what `part` begins with.
fn caller<'a>(whole: &'a mut [Node], part: &Part) -> Option<&'a mut Node> {
    whole.iter_mut().find_map(|node| node.caller_of(part))
}

/// The roots of a part, each with its service.
fn labelled(part: Part) -> Vec<Node> {
    let Part { service, roots } = part;
    let label = |mut root: Node| {
        root.text = format!("[{service}] {}", root.text);
        root
    };
    roots.into_iter().map(label).collect()
}

impl Part {
    /// One for each root.
    fn split(self) -> impl Iterator<Item = Self> {
        let Self { service, roots } = self;
        roots.into_iter().map(move |root| Self {
            service,
            roots: vec![root],
        })
    }
}

impl Node {
    /// The span below this one that called what `part` begins with, and has nothing below it yet, or sent the job that it
    /// processes.
    fn caller_of(&mut self, part: &Part) -> Option<&mut Self> {
        let called = name(&part.roots.first()?.text);
        let calls = self.children.is_empty() && name(&self.text) == called;
        if calls || sent(name(&self.text)).is_some_and(|queue| processed(called) == Some(queue)) {
            return Some(self);
        }
        self.children
            .iter_mut()
            .find_map(|child| child.caller_of(part))
    }
}

/// The span's name: what stands before its duration.
fn name(text: &str) -> &str {
    let duration = text.find(" ms").and_then(|end| text[..end].rfind(' '));
    &text[..duration.unwrap_or(text.len())]
}

fn sent(name: &str) -> Option<&str> {
    name.strip_prefix("send ")
}

fn processed(name: &str) -> Option<&str> {
    name.strip_prefix("process ")
}

fn print(nodes: &[Node], indent: &str, text: &mut String) {
    for (position, node) in nodes.iter().enumerate() {
        let last = position + 1 == nodes.len();
        let (corner, below) = if last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let _ = writeln!(text, "{indent}{corner}{}", node.text);
        print(&node.children, &format!("{indent}{below}"), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(trees: &mut Trees, service: &'static str, printed: &str) -> Vec<String> {
        let mut reader = Reader::new(service);
        let other = printed.lines().filter_map(|line| reader.read(line, trees));
        other.map(str::to_owned).collect()
    }

    #[test]
    fn parts_are_grafted_below_the_calls_that_led_to_them() {
        let mut trees = Trees::default();
        read(&mut trees, "c", "trace 1\n└─ GET /x 1.0 ms\n");
        read(
            &mut trees,
            "b",
            "trace 1\n└─ POST /jobs/:kind 3.0 ms\n   ├─ work 1.0 ms\n   │  └─ GET /x 2.0 ms\n   └─ more 0.1 ms\n",
        );
        let other = read(
            &mut trees,
            "a",
            "hello\ntrace 1\n└─ POST / 5.0 ms\n   └─ POST /jobs/:kind 4.0 ms\n",
        );
        assert_eq!(other, ["hello"]);
        assert_eq!(trees.services("1"), 3);
        let whole = trees.whole("1", "a").expect("the first part is there");
        assert_eq!(
            whole,
            "trace 1\n└─ [a] POST / 5.0 ms\n   └─ POST /jobs/:kind 4.0 ms\n      └─ [b] POST /jobs/:kind 3.0 ms\n         \
             ├─ work 1.0 ms\n         │  └─ GET /x 2.0 ms\n         │     └─ [c] GET /x 1.0 ms\n         └─ more 0.1 ms\n"
        );
    }

    #[test]
    fn a_job_is_grafted_below_what_sent_it_however_late_it_is_done() {
        let mut trees = Trees::default();
        read(
            &mut trees,
            "a",
            "trace 1\n└─ work 5.0 ms\n   └─ send jobs 4.0 ms\n      └─ POST /jobs 3.0 ms\n",
        );
        read(&mut trees, "b", "trace 1\n└─ POST /jobs 1.0 ms\n");
        read(
            &mut trees,
            "b",
            "trace 1\n└─ process jobs 9.0 ms\n   └─ done 8.0 ms\n",
        );
        let whole = trees.whole("1", "a").expect("the first part is there");
        assert_eq!(
            whole,
            "trace 1\n└─ [a] work 5.0 ms\n   └─ send jobs 4.0 ms\n      ├─ POST /jobs 3.0 ms\n      │  └─ [b] POST /jobs 1.0 ms\n      \
             └─ [b] process jobs 9.0 ms\n         └─ done 8.0 ms\n"
        );
    }

    #[test]
    fn old_traces_are_forgotten() {
        let mut trees = Trees::default();
        for id in 0..=MOST_TRACES {
            read(&mut trees, "a", &format!("trace {id}\n└─ x 1.0 ms\n"));
        }
        assert_eq!(trees.services("0"), 0);
        assert_eq!(trees.services("1"), 1);
        assert_eq!(trees.parts.len(), MOST_TRACES);
    }
}
