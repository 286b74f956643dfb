//! What the demo shows while services run.

use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axisor_examples::backend;
use axisor_examples::service::asked_to_end;
use axisor_stack::Stack;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{interval, sleep};

use super::Demo;
use super::fleet::Fleet;
use super::links::{self, LinkError, PROCESSES};
use super::ports::Ports;
use super::process::{SharedTrees, lock};
use super::run::DemoError;
use super::screen::Screen;
use super::summary::{self, Scrape};
use super::traffic::Traffic;

/// How often services are looked after.
const LOOK: Duration = Duration::from_millis(250);

/// Why the demo ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Asked,
    TimeIsOver,
}

/// The running demo.
pub(crate) struct Show<'a> {
    demo: &'a Demo,
    stack: Option<&'a Stack>,
    trees: SharedTrees,
    fleet: Fleet,
    screen: Screen,
    scraped: (Scrape, Instant),
    started: Instant,
    /// The trace whose tree was shown last.
    shown: Option<String>,
    links: Links,
}

/// Links to the stack.
#[derive(Debug, Default)]
enum Links {
    /// There is no trace to look for yet, or no stack.
    #[default]
    None,
    /// They are being tried.
    Tried(JoinHandle<Result<String, LinkError>>),
    /// They all lead to something.
    Found(String),
}

impl<'a> Show<'a> {
    pub(crate) fn new(
        demo: &'a Demo,
        stack: Option<&'a Stack>,
        trees: SharedTrees,
        fleet: Fleet,
    ) -> Self {
        Self {
            demo,
            stack,
            trees,
            fleet,
            screen: Screen::new(),
            scraped: (Scrape::new(), Instant::now()),
            started: Instant::now(),
            shown: None,
            links: Links::None,
        }
    }

    /// The services, to be stopped.
    pub(crate) fn into_fleet(self) -> Fleet {
        self.fleet
    }

    /// Shows everything from the services' start to the end.
    pub(crate) async fn run(
        &mut self,
        ports: &Ports,
        mut asked: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<(), DemoError> {
        tokio::select! {
            ready = self.fleet.ready() => ready?,
            () = &mut asked => return Ok(()),
        }
        self.say_what_to_open(ports);
        let traffic = Traffic::new(self.fleet.backend(), self.demo.seed);
        let mut clients = JoinSet::new();
        clients.spawn(Arc::clone(&traffic).run());
        self.started = Instant::now();
        let end = self.watch(&traffic, asked).await?;
        let links = self.finish_links().await;
        self.show_tree(&traffic);
        clients.shutdown().await;
        let last = self.summarise(&traffic).await;
        self.screen.keep();
        match links? {
            Some(links) => self.screen.say(&links),
            None if end == End::TimeIsOver && self.stack.is_some() => {
                return Err(DemoError::NoFlagship);
            }
            None => {}
        }
        let unmoved = summary::unmoved(&last);
        if end == End::TimeIsOver && !unmoved.is_empty() {
            return Err(DemoError::Unmoved(unmoved));
        }
        Ok(())
    }

    fn say_what_to_open(&mut self, ports: &Ports) {
        let moved = ports.moved().filter(|_| !self.demo.free_ports);
        for (name, usual, taken) in moved {
            self.screen
                .say(&format!("{name} has port {taken} in place of {usual}"));
        }
        let mut lines = vec![format!("{:<22} {:>8}   open", "service", "process")];
        for (name, pid, url) in self.fleet.services() {
            lines.push(format!(
                "{name:<22} pid {pid:>4}   {url}/metrics   {url}/health"
            ));
        }
        for (name, pid, url) in self.fleet.outside() {
            lines.push(format!("{name:<22} pid {pid:>4}   {url}, simulated"));
        }
        let backend = self.fleet.backend();
        lines.push(format!("\ntry: curl {backend}/api/positions/1"));
        lines.push(format!(
            "     curl -X POST {backend}/api/automations/1/execute"
        ));
        if let Some(stack) = self.stack {
            lines.push(format!("\nPrometheus    {}", stack.prometheus()));
            lines.push(format!("Alertmanager  {}", stack.alertmanager()));
            lines.push(format!("Jaeger        {}", stack.jaeger()));
        }
        self.screen.say(&format!("{}\n", lines.join("\n")));
    }

    /// Shows what there is, again and again, until the time is over or somebody asks for the end.
    async fn watch(
        &mut self,
        traffic: &Arc<Traffic>,
        mut asked: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<End, DemoError> {
        let mut over = pin!(async {
            match self.demo.end_after {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
        });
        let mut looks = interval(LOOK);
        let mut last_summary = Instant::now();
        loop {
            tokio::select! {
                () = &mut asked => return Ok(End::Asked),
                () = &mut over => return Ok(End::TimeIsOver),
                _ = looks.tick() => {}
            }
            self.fleet.check()?;
            self.look_for_links(traffic).await?;
            if last_summary.elapsed() >= self.demo.every {
                last_summary = Instant::now();
                self.show_tree(traffic);
                self.summarise(traffic).await;
            }
        }
    }

    async fn summarise(&mut self, traffic: &Traffic) -> Scrape {
        let scrape = self.fleet.scrape().await;
        let (before, then) = std::mem::replace(&mut self.scraped, (scrape, Instant::now()));
        let (sent, failed) = traffic.counts();
        let time = self.started.elapsed().as_secs();
        let table = summary::table(&self.scraped.0, &before, then.elapsed());
        let block = format!("after {time} s: {sent} requests sent, {failed} failed\n{table}");
        self.screen.show(&block);
        self.scraped.0.clone()
    }

    /// Shows the latest trace over all processes, if it was not shown yet.
    fn show_tree(&mut self, traffic: &Traffic) {
        let latest = traffic
            .flagship()
            .filter(|latest| self.shown.as_ref() != Some(latest));
        let Some(latest) = latest else { return };
        let trees = lock(&self.trees);
        if trees.services(&latest) < PROCESSES {
            return;
        }
        if let Some(tree) = trees.whole(&latest, backend::NAME) {
            self.screen.say(&tree);
            self.shown = Some(latest);
        }
    }

    /// With the stack: tries the links as soon as there is a trace, and says them once they work.
    async fn look_for_links(&mut self, traffic: &Traffic) -> Result<(), DemoError> {
        let Some(stack) = self.stack else {
            return Ok(());
        };
        self.links = match (std::mem::take(&mut self.links), traffic.flagship()) {
            (Links::None, Some(trace)) => {
                let stack = links::Stack {
                    jaeger: stack.jaeger(),
                    prometheus: stack.prometheus(),
                };
                Links::Tried(tokio::spawn(links::find(stack, trace)))
            }
            (Links::Tried(trying), _) if trying.is_finished() => {
                let found = found(trying).await?;
                self.screen.say(&format!("{found}\n"));
                Links::Found(found)
            }
            (links, _) => links,
        };
        Ok(())
    }

    /// The links, waited for unless somebody asks for the end once more.
    async fn finish_links(&mut self) -> Result<Option<String>, DemoError> {
        let enough = asked_to_end(false)?;
        match std::mem::take(&mut self.links) {
            Links::None => Ok(None),
            Links::Found(found) => Ok(Some(found)),
            Links::Tried(trying) => tokio::select! {
                found = found(trying) => Ok(Some(found?)),
                () = enough => Ok(None),
            },
        }
    }
}

async fn found(trying: JoinHandle<Result<String, LinkError>>) -> Result<String, DemoError> {
    match trying.await {
        Ok(found) => Ok(found?),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
