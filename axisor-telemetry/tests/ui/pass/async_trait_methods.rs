//! Methods of `async_trait`, in the trait and in its implementations.
#![deny(warnings, clippy::pedantic)]

use async_trait::async_trait;
use axisor_telemetry::{instrument_automation, track_margin_guard};

#[async_trait]
trait Guard {
    async fn protect(&self, plan: String) -> Result<(), String>;

    #[instrument_automation(type = "default")]
    async fn provided(&mut self, plan: &str) -> Result<(), String> {
        self.protect(plan.to_owned()).await?;
        Ok(())
    }
}

struct Margin {
    plan: String,
}

#[async_trait]
impl Guard for Margin {
    #[track_margin_guard(action = "protect", plan = plan)]
    async fn protect(&self, plan: String) -> Result<(), String> {
        if plan == self.plan {
            return Err(plan);
        }
        std::future::ready(()).await;
        Ok(())
    }

    #[track_margin_guard(action = "protect", plan = self.plan)]
    #[allow(clippy::needless_pass_by_value)]
    async fn provided(&mut self, plan: &str) -> Result<(), String> {
        self.plan.push_str(plan);
        Ok(())
    }
}

/// Written by hand as `async_trait` writes it.
impl Margin {
    #[track_margin_guard(action = "written", plan = self.plan, err(Debug), ok_if = |left| *left == Ok(1))]
    fn written<'life0, 'async_trait>(
        &'life0 self,
    ) -> ::core::pin::Pin<
        Box<
            dyn ::core::future::Future<Output = Result<u8, String>>
                + ::core::marker::Send
                + 'async_trait,
        >,
    >
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            if self.plan.is_empty() {
                return Err(self.plan.clone());
            }
            Ok(std::future::ready(1).await)
        })
    }
}

/// With every kind of argument, and both attributes.
#[async_trait]
trait Strategy<T: Send> {
    const NAME: &'static str;

    #[instrument_automation(type = Self::NAME, parent = parent, links(parent), fields(%name, n = ?N), in_flight, duration)]
    #[track_margin_guard(action = ret(|left| if left.is_some() { "left" } else { "none" }), plan = Self::NAME)]
    async fn execute<const N: usize>(
        &mut self,
        name: &str,
        parent: &opentelemetry::Context,
        mut left: Option<T>,
    ) -> Option<T>
    where
        T: 'async_trait,
    {
        std::future::ready(()).await;
        println!("{name}{parent:?}{N}");
        left.take()
    }
}

impl<T: Send> Strategy<T> for Margin {
    const NAME: &'static str = "margin";
}

#[async_trait(?Send)]
trait Local {
    #[instrument_automation(type = "local")]
    async fn run(&self) {
        std::future::ready(std::rc::Rc::new(1)).await;
    }
}

#[async_trait(?Send)]
impl Local for Margin {}

fn send(_: &impl Send) {}

pub(crate) fn main() {
    let mut margin = Margin {
        plan: String::new(),
    };
    send(&margin.protect(String::new()));
    send(&margin.provided("pro"));
    drop(margin.run());
    send(&margin.written());
    send(&margin.execute::<1>("a", &opentelemetry::Context::new(), Some(1)));
}
