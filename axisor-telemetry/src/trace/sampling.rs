//! Which traces are recorded: <https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling>.

use opentelemetry::trace::{SpanContext, SpanKind, TraceId};
use opentelemetry_sdk::trace::{Sampler as SdkSampler, SamplingDecision, ShouldSample as _};

use crate::config::Sampler;

/// The configured sampler, which answers at once where no share is asked for.
pub(crate) struct Sampling {
    follows_parent: bool,
    others: Others,
}

/// What holds where no parent says.
enum Others {
    All,
    None,
    Share(SdkSampler),
}

impl Sampling {
    pub(crate) fn new(sampler: Sampler) -> Self {
        let share = |share| Others::Share(SdkSampler::TraceIdRatioBased(share));
        let (follows_parent, others) = match sampler {
            Sampler::AlwaysOn => (false, Others::All),
            Sampler::AlwaysOff => (false, Others::None),
            Sampler::TraceIdRatio(ratio) => (false, share(ratio)),
            Sampler::ParentBasedAlwaysOn => (true, Others::All),
            Sampler::ParentBasedAlwaysOff => (true, Others::None),
            Sampler::ParentBasedTraceIdRatio(ratio) => (true, share(ratio)),
        };
        Self {
            follows_parent,
            others,
        }
    }

    /// The same for spans made with the SDK.
    pub(crate) fn sdk(&self) -> SdkSampler {
        let others = match &self.others {
            Others::All => SdkSampler::AlwaysOn,
            Others::None => SdkSampler::AlwaysOff,
            Others::Share(sampler) => sampler.clone(),
        };
        if self.follows_parent {
            SdkSampler::ParentBased(Box::new(others))
        } else {
            others
        }
    }

    /// Whether a span of this trace under `parent` is recorded.
    pub(super) fn samples(&self, parent: &SpanContext, trace: TraceId) -> bool {
        if self.follows_parent && parent.is_valid() {
            return parent.is_sampled();
        }
        self.samples_alone(trace)
    }

    /// Whether this trace is recorded as far as no parent says.
    pub(super) fn samples_alone(&self, trace: TraceId) -> bool {
        match &self.others {
            Others::All => true,
            Others::None => false,
            Others::Share(sampler) => {
                let asked = sampler.should_sample(None, trace, "", &SpanKind::Internal, &[], &[]);
                asked.decision == SamplingDecision::RecordAndSample
            }
        }
    }
}
