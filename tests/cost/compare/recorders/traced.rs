//! What `fastrace::trace` records.

use std::sync::{Arc, Mutex, OnceLock};

use fastrace::Span;
use fastrace::collector::{Config, Reporter, SpanContext, SpanId, SpanRecord};

use crate::Seen;

const PARENT: &str = "parent";

static PARENT_ID: OnceLock<SpanId> = OnceLock::new();

pub(crate) fn record(call: impl FnOnce()) -> Seen {
    let spans = Kept::default();
    fastrace::set_reporter(spans.clone(), Config::default());
    {
        let parent = Span::root(PARENT, SpanContext::random());
        let _entered = parent.set_local_parent();
        let id = SpanContext::current_local_parent().map(|context| context.span_id);
        PARENT_ID.set(id.expect("it is entered")).expect("it is set once");
        call();
    }
    fastrace::flush();
    let spans = spans.0.lock().expect("no thread panicked");
    Seen {
        counted: None,
        span: Some(spans.iter().find(|span| span.name != PARENT).map(said)),
    }
}

pub(crate) fn is_within_the_call() -> bool {
    let Some(current) = SpanContext::current_local_parent() else {
        return false;
    };
    PARENT_ID.get() != Some(&current.span_id)
}

fn said(span: &SpanRecord) -> String {
    let properties: Vec<_> = span.properties.iter().map(|(key, value)| format!("`{key}={value}`")).collect();
    if properties.is_empty() {
        return "span without outcome".to_owned();
    }
    format!("span says {}", properties.join(", "))
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanRecord>>>);

impl Reporter for Kept {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.0.lock().expect("no thread panicked").extend(spans);
    }
}
