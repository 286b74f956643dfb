//! `cargo demo pictures`: what one sees of the running system.

use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use axisor_examples::notification_worker;
use axisor_examples::service::{asked_to_end, exit_code};
use axisor_stack::dashboards::{self, Dashboard, DashboardError};
use axisor_tests::ApiError;
use axisor_tests::jaeger::{Jaeger, Trace};
use axisor_tests::prometheus::Prometheus;
use clap::Args;
use tokio::time::{Instant, sleep};

use super::boards::{Boards, Pace, Page, Shown, now};
use super::plot;
use super::system::{Haste, Mishaps, System, SystemError};
use super::waterfall::{self, PictureError};

/// How many times faster than usual everything is looked at: else a picture of a minute has six points.
const HASTE: u32 = 10;
const PACE: Pace = Pace {
    rate: Duration::from_secs(10),
    step: Duration::from_secs(1),
};
/// How long the last panels may take until they have data.
const WITHIN: Duration = Duration::from_secs(60);

/// Draws what every dashboard shows of the running system, and one trace.
///
/// Starts the stack as processes, the services with clients, a PostgreSQL, a Redis and an nginx, lets them run, asks
/// Prometheus as Grafana would, and writes a picture of each dashboard and of a trace. The exit code is 1 if a panel has
/// no data.
#[derive(Debug, Args)]
#[command(bin_name = "cargo demo pictures")]
pub(crate) struct PicturesArgs {
    /// How long the system runs, e.g. `90s`.
    #[arg(long = "for", value_name = "TIME", value_parser = super::time, default_value = "90s")]
    time: Duration,
    /// Where the pictures go.
    #[arg(long, value_name = "DIR", default_value = "collector/grafana/pictures")]
    dir: PathBuf,
}

/// Why there are no pictures.
#[derive(Debug, thiserror::Error)]
enum PicturesError {
    #[error("the system did not run")]
    System(#[from] SystemError),
    #[error(transparent)]
    Dashboards(#[from] DashboardError),
    #[error("no data within {WITHIN:?} for {}", panels.join(", "))]
    NoData { panels: Vec<String> },
    #[error("no trace over all processes in Jaeger")]
    NoTrace,
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("`{}` cannot be made", dir.display())]
    Directory { dir: PathBuf, source: io::Error },
    #[error("signals cannot be heard")]
    Signals(#[from] io::Error),
}

pub(crate) async fn run(args: PicturesArgs) -> ExitCode {
    exit_code(run_pictures(&args).await)
}

async fn run_pictures(args: &PicturesArgs) -> Result<(), PicturesError> {
    let mut asked = pin!(asked_to_end(false)?);
    eprintln!("starting the stack, the services and what they depend on");
    let system = tokio::select! {
        system = System::start(Haste(HASTE), Mishaps::Usual) => system?,
        () = &mut asked => return Ok(()),
    };
    eprintln!("letting them run for {:?}", args.time);
    let outcome = tokio::select! {
        outcome = args.draw(&system) => outcome,
        () = &mut asked => Ok(()),
    };
    eprintln!("stopping everything");
    system.down().await?;
    outcome
}

impl PicturesArgs {
    async fn draw(&self, system: &System) -> Result<(), PicturesError> {
        let start = now();
        sleep(self.time).await;
        let dashboards = dashboards::all()?;
        let mut boards = Boards {
            prometheus: Prometheus::new(system.stack.prometheus()),
            pace: PACE,
            range: (start, now()),
        };
        let pages = until_data(&mut boards, &dashboards).await?;
        std::fs::create_dir_all(&self.dir).map_err(|source| PicturesError::Directory {
            dir: self.dir.clone(),
            source,
        })?;
        for (dashboard, shown) in &pages {
            let file = self.dir.join(format!("{}.svg", dashboard.uid));
            plot::draw(dashboard.title, shown, boards.range, &file)?;
            println!("{}", file.display());
        }
        let file = self.dir.join("trace.svg");
        let jaeger = Jaeger::new(system.stack.jaeger());
        waterfall::draw(&longest(&jaeger).await?, &file)?;
        println!("{}", file.display());
        Ok(())
    }
}

/// Waits until every panel of every dashboard has data, and gives it.
async fn until_data<'a>(
    boards: &mut Boards,
    dashboards: &'a [Dashboard],
) -> Result<Vec<Page<'a>>, PicturesError> {
    let give_up = Instant::now() + WITHIN;
    loop {
        let pages = boards.show(dashboards).await?;
        let panels = empty(&pages);
        if panels.is_empty() {
            return Ok(pages);
        }
        if Instant::now() >= give_up {
            return Err(PicturesError::NoData { panels });
        }
        sleep(Duration::from_secs(1)).await;
        boards.range.1 = now();
    }
}

/// The panels without data.
fn empty(pages: &[Page<'_>]) -> Vec<String> {
    let of_page = |(dashboard, shown): &Page<'_>| {
        let shown = shown.iter().filter(|shown| shown.lines.is_empty());
        let name = |shown: &Shown<'_>| format!("`{}` of {}", shown.panel.title, dashboard.title);
        shown.map(name).collect::<Vec<_>>()
    };
    pages.iter().flat_map(of_page).collect()
}

/// Of the traces that went all the way the one with the most spans.
async fn longest(jaeger: &Jaeger) -> Result<Trace, PicturesError> {
    let traces = jaeger.traces(notification_worker::NAME).await?;
    let longest = traces.into_iter().max_by_key(|trace| trace.spans.len());
    longest.ok_or(PicturesError::NoTrace)
}
