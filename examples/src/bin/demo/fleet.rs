//! The services as processes of their own: started, watched, always ended.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use reqwest::Client;
use tokio::time::{sleep, timeout};

use super::exposition::samples;
use super::ports::{Kind, Place, Ports};
use super::process::{Orders, Running, SharedTrees};
use super::summary::Scrape;

/// How long services may take until they answer.
const START: Duration = Duration::from_secs(20);

/// Why the services do not run, or no longer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FleetError {
    /// There is no free port.
    #[error("no free port can be had")]
    NoPort,
    /// A process cannot be started.
    #[error("{name} cannot be started")]
    Spawn {
        name: &'static str,
        source: io::Error,
    },
    /// A process has ended though nobody asked it to.
    #[error("{name} (pid {pid}) died: {status}; it said last:\n{last_words}")]
    Died {
        name: &'static str,
        pid: u32,
        status: ExitStatus,
        last_words: String,
    },
    /// A process runs and does not answer.
    #[error("{name} did not answer at {url} within {START:?}")]
    NotReady { name: &'static str, url: String },
}

/// The running services.
#[derive(Debug)]
pub(crate) struct Fleet {
    services: Vec<Running>,
    /// What belongs to others.
    outside: Vec<Running>,
    launch: Launch,
    http: Client,
}

/// How each is started.
#[derive(Debug)]
struct Launch {
    ports: Ports,
    orders: Orders,
    trees: SharedTrees,
}

impl Launch {
    fn start(&self, kind: &Kind, place: Place) -> Result<Running, FleetError> {
        let arguments = self.ports.arguments(kind, place);
        Running::start(kind, place.port, &arguments, &self.orders, &self.trees)
    }

    fn again(&self, name: &str) -> Result<Running, FleetError> {
        let mut places = self.ports.places().chain(self.ports.outside());
        let place = places.find(|(kind, _)| kind.name == name);
        let (kind, place) = place.expect("every process has a place");
        self.start(kind, place)
    }
}

impl Fleet {
    /// Starts every service as a process of this program, ended with this value at the latest.
    pub(crate) fn start(
        ports: &Ports,
        orders: Orders,
        trees: &SharedTrees,
    ) -> Result<Self, FleetError> {
        let launch = Launch {
            ports: ports.clone(),
            orders,
            trees: SharedTrees::clone(trees),
        };
        let start = |(kind, place)| launch.start(kind, place);
        Ok(Self {
            outside: ports.outside().map(start).collect::<Result<_, _>>()?,
            services: ports.places().map(start).collect::<Result<_, _>>()?,
            launch,
            http: client(),
        })
    }

    /// Starts a service again that was killed, or what belongs to others.
    pub(crate) fn start_again(&mut self, name: &str) -> Result<(), FleetError> {
        let started = self.launch.again(name)?;
        *self.process(name) = started;
        Ok(())
    }

    /// The process of a service, or of what belongs to others.
    ///
    /// # Panics
    /// If there is none of this name.
    pub(crate) fn process(&mut self, name: &str) -> &mut Running {
        let processes = self.services.iter_mut().chain(&mut self.outside);
        let mut processes = processes.filter(|process| process.name == name);
        processes.next().expect("a process of the system")
    }

    /// Every service's name, process id and address.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&'static str, u32, &str)> {
        let services = self.services.iter();
        services.map(|service| (service.name, service.pid, service.url.as_str()))
    }

    /// The name, process id and address of what belongs to others.
    pub(crate) fn outside(&self) -> impl Iterator<Item = (&'static str, u32, &str)> {
        let outside = self.outside.iter();
        outside.map(|process| (process.name, process.pid, process.url.as_str()))
    }

    /// The backend's address.
    pub(crate) fn backend(&self) -> &str {
        &self.services[0].url
    }

    /// Waits until every service answers.
    pub(crate) async fn ready(&mut self) -> Result<(), FleetError> {
        let http = self.http.clone();
        for service in self.services.iter_mut().chain(&mut self.outside) {
            let answers = async {
                while http
                    .get(format!("{}/health", service.url))
                    .send()
                    .await
                    .is_err()
                {
                    service.check()?;
                    sleep(Duration::from_millis(50)).await;
                }
                Ok(())
            };
            let answered = timeout(START, answers).await;
            answered.unwrap_or_else(|_| {
                let (name, url) = (service.name, service.url.clone());
                Err(FleetError::NotReady { name, url })
            })?;
        }
        Ok(())
    }

    /// Whether every service still runs.
    pub(crate) fn check(&mut self) -> Result<(), FleetError> {
        let mut processes = self.services.iter_mut().chain(&mut self.outside);
        processes.try_for_each(Running::check)
    }

    /// Asks every service for its health, as a load balancer would, and reads its `/metrics`.
    pub(crate) async fn scrape(&self) -> Scrape {
        let mut scrape = Scrape::new();
        for service in &self.services {
            let _ = self
                .http
                .get(format!("{}/health", service.url))
                .send()
                .await;
            let page = self
                .http
                .get(format!("{}/metrics", service.url))
                .send()
                .await;
            if let Ok(page) = page
                && let Ok(page) = page.text().await
            {
                scrape.insert(service.name, samples(&page));
            }
        }
        scrape
    }

    /// Ends every service, callers first, and gives what each said at its end.
    pub(crate) async fn stop(self) -> Vec<String> {
        let mut last_words = Vec::new();
        for service in self.services {
            last_words.push(service.stop().await);
        }
        for process in self.outside {
            process.stop().await; // nothing of ours is lost there
        }
        last_words
    }
}

/// A client of what is on loopback.
pub(crate) fn client() -> Client {
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(5));
    client
        .build()
        .expect("an HTTP client without TLS needs nothing")
}
