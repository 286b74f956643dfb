//! `cargo stack`: brings the stack up, builds what it needs, looks through its rules and makes its dashboards.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use axisor_stack::dashboards::{self, DashboardError};
use axisor_stack::lint::{LintError, LintFiles, lint};
use axisor_stack::{
    Component, ControlError, Endpoint, Progress, ProvisionError, Stack, StartError, TailSampling,
    Watch, provision,
};
use clap::{Args, Parser, Subcommand};
use error_reporter::Report;
use etcetera::BaseStrategy;
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

/// The stack behind axisor-telemetry: Collector, Prometheus, Alertmanager and Jaeger.
#[derive(Debug, Parser)]
#[command(name = "cargo stack", bin_name = "cargo stack")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the stack until Ctrl-C; in containers where Docker answers, else as processes.
    Up(Box<Up>),
    /// Builds the programs that are not cached yet, and says where they are.
    Provision,
    /// Says what in rules, dashboards and scrape jobs can never work; without a file, in those that are committed.
    Lint(Lint),
    /// Makes Grafana's dashboards from the catalogue and the rules, and writes them where they are committed.
    Dashboards,
}

#[derive(Debug, Args)]
struct Up {
    /// Run processes of this machine, even where Docker answers.
    #[arg(long, conflicts_with = "docker")]
    native: bool,
    /// Run containers, or fail.
    #[arg(long)]
    docker: bool,
    /// Listen elsewhere, e.g. `otlp-grpc=14317`; repeatable. Endpoints: otlp-grpc, otlp-http,
    /// exporter, collector-telemetry, collector-health, prometheus, alertmanager, jaeger,
    /// jaeger-otlp, jaeger-health, postgres-exporter, redis-exporter, nginx-exporter, node-exporter,
    /// blackbox-exporter.
    #[arg(long = "port", value_name = "ENDPOINT=PORT", value_parser = pair::<Endpoint, u16>)]
    ports: Vec<(Endpoint, u16)>,
    /// Listen on ports that are free.
    #[arg(long)]
    free_ports: bool,
    /// What Prometheus scrapes as a job, e.g. `axisor-backend=127.0.0.1:3010`; repeatable.
    #[arg(long = "target", value_name = "JOB=HOST:PORT", value_parser = pair::<String, String>)]
    targets: Vec<(String, String)>,
    /// Keep of the traces those with an error or a margin guard action, slow ones, and so many of a hundred others
    /// [default: all].
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    sample: Option<u8>,
    /// Keep logs and data here [default: axisor-telemetry/stack in the user's data directory].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The directory of the secrets that alerts are told with [default: collector/alertmanager/secrets].
    #[arg(long, value_name = "DIR", env = "AXISOR_SECRETS")]
    secrets: Option<PathBuf>,
    #[command(flatten)]
    watch: WatchArgs,
}

/// A URL with a password goes into the variable: arguments can be read by every user of the machine.
#[derive(Debug, Args)]
#[command(next_help_heading = "What to watch besides the services")]
struct WatchArgs {
    /// PostgreSQL, e.g. `postgres://axisor@127.0.0.1:5432/axisor`.
    #[arg(
        long,
        value_name = "URL",
        env = "AXISOR_WATCH_POSTGRES",
        hide_env_values = true
    )]
    postgres: Option<String>,
    /// Redis, e.g. `redis://127.0.0.1:6379`.
    #[arg(
        long,
        value_name = "URL",
        env = "AXISOR_WATCH_REDIS",
        hide_env_values = true
    )]
    redis: Option<String>,
    /// The page where nginx has `stub_status`, e.g. `http://127.0.0.1:8080/stub_status`.
    #[arg(
        long,
        value_name = "URL",
        env = "AXISOR_WATCH_NGINX",
        hide_env_values = true
    )]
    nginx: Option<String>,
    /// This machine.
    #[arg(long, env = "AXISOR_WATCH_HOST")]
    host: bool,
    /// The frontend; alive if it answers 2xx.
    #[arg(long, value_name = "URL", env = "AXISOR_WATCH_FRONTEND")]
    frontend: Option<String>,
    /// LN Markets, e.g. `https://api.lnmarkets.com/v2/user`; alive if it answers 2xx or 401.
    #[arg(long, value_name = "URL", env = "AXISOR_WATCH_LNMARKETS")]
    lnmarkets: Option<String>,
    /// The Lightning node, e.g. `127.0.0.1:10009`; alive if it takes connections.
    #[arg(long, value_name = "HOST:PORT", env = "AXISOR_WATCH_LND")]
    lnd: Option<String>,
}

impl WatchArgs {
    fn all(&self) -> impl Iterator<Item = Watch> {
        let at = |at: &Option<String>, watch: fn(String) -> Watch| at.clone().map(watch);
        let all = [
            at(&self.postgres, Watch::Postgres),
            at(&self.redis, Watch::Redis),
            at(&self.nginx, Watch::Nginx),
            self.host.then_some(Watch::Host),
            at(&self.frontend, Watch::Frontend),
            at(&self.lnmarkets, Watch::LnMarkets),
            at(&self.lnd, Watch::Lnd),
        ];
        all.into_iter().flatten()
    }
}

#[derive(Debug, Args)]
struct Lint {
    /// A file of rules; repeatable.
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// A Grafana dashboard as JSON; repeatable.
    #[arg(long = "dashboard", value_name = "FILE")]
    dashboards: Vec<PathBuf>,
    /// The Prometheus configuration with the scrape jobs [default: the committed one].
    #[arg(long, value_name = "FILE")]
    scrape: Option<PathBuf>,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error("cannot listen for signals")]
    Signal(#[source] io::Error),
    #[error("`{}` is no directory to keep logs and data in", dir.display())]
    Directory { dir: PathBuf, source: io::Error },
    #[error(
        "an argument has a password, which every user of this machine can read: put the URL into a variable (AXISOR_WATCH_POSTGRES, AXISOR_WATCH_REDIS, AXISOR_WATCH_NGINX)"
    )]
    Password,
    #[error("no home directory: say with `--dir` where logs and data are kept")]
    NoHome,
    #[error(transparent)]
    Lint(#[from] LintError),
    #[error(transparent)]
    Dashboards(#[from] DashboardError),
    #[error("{0} findings")]
    Findings(usize),
}

fn pair<K, V>(text: &str) -> Result<(K, V), String>
where
    K: FromStr<Err: ToString>,
    V: FromStr<Err: ToString>,
{
    let (key, value) = text
        .split_once('=')
        .ok_or("expected NAME=VALUE".to_owned())?;
    let key = key.parse().map_err(|error: K::Err| error.to_string())?;
    let value = value.parse().map_err(|error: V::Err| error.to_string())?;
    Ok((key, value))
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Up(up) => up.run().await,
        Command::Provision => provision_all().await,
        Command::Lint(lint) => lint.run(),
        Command::Dashboards => write_dashboards(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", Report::new(error));
            ExitCode::FAILURE
        }
    }
}

fn write_dashboards() -> Result<(), CommandError> {
    for file in dashboards::write(&dashboards::committed_dir())? {
        println!("{}", file.display());
    }
    Ok(())
}

async fn provision_all() -> Result<(), CommandError> {
    for component in Component::ALL {
        let Some(version) = component.version() else {
            continue;
        }; // an exporter: had when it is wanted
        let dir = provision(component, Progress::Stderr).await?;
        println!("{component:<14}{version:<10}{}", dir.display());
    }
    Ok(())
}

impl Lint {
    fn run(self) -> Result<(), CommandError> {
        let findings = lint(&self.files()?)?;
        for finding in &findings {
            println!("{finding}");
        }
        match findings.len() {
            0 => Ok(()),
            count => Err(CommandError::Findings(count)),
        }
    }

    fn files(self) -> Result<LintFiles, LintError> {
        let mut files = LintFiles::committed()?;
        if !self.rules.is_empty() || !self.dashboards.is_empty() {
            files.rules = self.rules;
            files.dashboards = self.dashboards;
        }
        if let Some(scrape) = self.scrape {
            files.scrape = scrape;
        }
        Ok(files)
    }
}

impl Up {
    async fn run(self) -> Result<(), CommandError> {
        if std::env::args().any(|argument| has_password(&argument)) {
            return Err(CommandError::Password);
        }
        let mut terminate = signal(SignalKind::terminate()).map_err(CommandError::Signal)?;
        let mut asked_to_end = std::pin::pin!(async {
            tokio::select! {
                _ = ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        });
        let stack = tokio::select! {
            stack = self.start() => stack?,
            () = &mut asked_to_end => return Ok(()),
        };
        describe(&stack);
        asked_to_end.await;
        println!("\nstopping");
        stack.down().await?;
        println!("stopped");
        Ok(())
    }

    async fn start(&self) -> Result<Stack, CommandError> {
        let mut builder = Stack::builder().dir(self.dir()?).secrets(self.secrets());
        if self.native {
            builder = builder.native();
        }
        if self.docker {
            builder = builder.docker();
        }
        if self.free_ports {
            builder = builder.free_ports();
        }
        for (endpoint, port) in &self.ports {
            builder = builder.port(*endpoint, *port);
        }
        for (job, address) in &self.targets {
            builder = builder.target(job, address);
        }
        for watch in self.watch.all() {
            builder = builder.watch(watch);
        }
        if let Some(percent) = self.sample {
            let sampling = TailSampling::default();
            builder = builder.tail_sampling(TailSampling {
                percent,
                ..sampling
            });
        }
        Ok(builder.start().await?)
    }

    fn secrets(&self) -> PathBuf {
        let committed = || Path::new(env!("CARGO_MANIFEST_DIR")).join("alertmanager/secrets");
        self.secrets.clone().unwrap_or_else(committed)
    }

    fn dir(&self) -> Result<PathBuf, CommandError> {
        if let Some(dir) = &self.dir {
            return std::path::absolute(dir).map_err(|source| CommandError::Directory {
                dir: dir.clone(),
                source,
            });
        }
        let home = etcetera::choose_base_strategy().map_err(|_| CommandError::NoHome)?;
        Ok(home.data_dir().join("axisor-telemetry").join("stack"))
    }
}

/// Whether it is a URL with a password, alone or after `--name=`.
fn has_password(argument: &str) -> bool {
    let value = argument
        .strip_prefix("--")
        .and_then(|rest| rest.split_once('='));
    let url = Url::parse(value.map_or(argument, |(_, value)| value));
    url.is_ok_and(|url| url.password().is_some())
}

fn describe(stack: &Stack) {
    let places = [
        ("OTLP over gRPC", stack.otlp_grpc()),
        ("OTLP over HTTP", stack.otlp_http()),
        ("Collector's exporter", stack.exporter()),
        ("Collector's own series", stack.collector_telemetry()),
        ("Prometheus", stack.prometheus()),
        ("Alertmanager", stack.alertmanager()),
        ("Jaeger", stack.jaeger()),
        ("logs", stack.dir().join("logs").display().to_string()),
    ];
    let how = if stack.is_docker() {
        "containers"
    } else {
        "processes"
    };
    println!("the stack is up, as {how}; Ctrl-C stops it\n");
    for (what, place) in places {
        println!("  {what:<24}{place}");
    }
    match stack.channels().as_slice() {
        [] => println!("\nnobody is told of alerts: there are no secrets (`--secrets`)"),
        channels => println!("\nalerts are told to {}", channels.join("; ")),
    }
}
