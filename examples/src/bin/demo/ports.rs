//! Which services there are, where each listens, and what it is told about the others.

use std::net::{Ipv4Addr, TcpListener};

use axisor_examples::{
    automation_executor, backend, margin_monitor, notification_worker, payment_validator,
};

use super::fleet::FleetError;

/// A service of the system.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) command: &'static str,
    /// The port of `/metrics` and `/health`.
    port: u16,
    /// The port for jobs, if that is another.
    jobs_port: Option<u16>,
}

const fn worker(name: &'static str, port: u16, jobs_port: u16) -> Kind {
    Kind {
        name,
        command: name,
        port,
        jobs_port: Some(jobs_port),
    }
}

/// In the order in which they are stopped: who calls before who is called.
pub(crate) const KINDS: [Kind; 5] = [
    Kind {
        name: backend::NAME,
        command: "backend",
        port: 3010,
        jobs_port: None,
    },
    worker(automation_executor::NAME, 3011, 3021),
    worker(margin_monitor::NAME, 3012, 3022),
    worker(notification_worker::NAME, 3013, 3023),
    worker(payment_validator::NAME, 3014, 3024),
];

/// What is called and belongs to others.
pub(crate) const OUTSIDE: Kind = Kind {
    name: "LN Markets and LND",
    command: "outside",
    port: 3030,
    jobs_port: None,
};

/// Where every service listens.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    services: Vec<Place>,
    outside: u16,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) port: u16,
    jobs_port: Option<u16>,
}

impl Ports {
    /// The usual ports, or free ones where those are taken or `free` ones are wanted.
    pub(crate) fn choose(free: bool) -> Result<Self, FleetError> {
        let mut others = free_ports();
        let mut choose = |usual: u16| {
            if !free && is_free(usual) {
                return Ok(usual);
            }
            others.next().ok_or(FleetError::NoPort)
        };
        let place = |kind: &Kind| {
            let (port, jobs_port) = (
                choose(kind.port)?,
                kind.jobs_port.map(&mut choose).transpose()?,
            );
            Ok(Place { port, jobs_port })
        };
        Ok(Self {
            services: KINDS.iter().map(place).collect::<Result<_, _>>()?,
            outside: choose(OUTSIDE.port)?,
        })
    }

    /// Every service and its place.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&'static Kind, Place)> {
        KINDS.iter().zip(self.services.iter().copied())
    }

    /// The port of what belongs to others.
    pub(crate) fn outside(&self) -> u16 {
        self.outside
    }

    /// Every service's name and the address it is scraped at.
    pub(crate) fn targets(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.places()
            .map(|(kind, place)| (kind.name, format!("127.0.0.1:{}", place.port)))
    }

    /// The usual ports that somebody else holds, and what was taken in their place.
    pub(crate) fn moved(&self) -> impl Iterator<Item = (&'static str, u16, u16)> {
        let moved = self
            .places()
            .filter(|(kind, place)| kind.port != place.port);
        moved.map(|(kind, place)| (kind.name, kind.port, place.port))
    }

    fn jobs_url(&self, name: &str) -> String {
        let mut places = self.places().filter(|(kind, _)| kind.name == name);
        let port = places.find_map(|(_, place)| place.jobs_port);
        format!("http://127.0.0.1:{}", port.unwrap_or_default())
    }

    fn calls_outside(&self, flag: &str) -> [String; 2] {
        [
            format!("--{flag}"),
            format!("http://127.0.0.1:{}", self.outside),
        ]
    }

    pub(crate) fn arguments(&self, kind: &Kind, place: Place) -> Vec<String> {
        let calls = |flag: &str, name| [format!("--{flag}"), self.jobs_url(name)];
        let monitor = calls("margin-monitor", margin_monitor::NAME);
        let own = match place.jobs_port {
            None => vec![format!("--port={}", place.port)],
            Some(jobs) => vec![
                format!("--metrics-port={}", place.port),
                format!("--jobs-port={jobs}"),
            ],
        };
        let called = match kind.name {
            backend::NAME => [
                calls("automation-executor", automation_executor::NAME),
                monitor,
                calls("payment-validator", payment_validator::NAME),
            ]
            .concat(),
            automation_executor::NAME => monitor.to_vec(),
            margin_monitor::NAME => [
                calls("notification-worker", notification_worker::NAME),
                self.calls_outside("exchange"),
                self.calls_outside("lnd"),
            ]
            .concat(),
            _ => Vec::new(),
        };
        [own, called].concat()
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

/// Ports nobody listens on, below those the kernel takes for outgoing connections. Demos that start at the same time
/// begin at different ones.
fn free_ports() -> impl Iterator<Item = u16> {
    const FIRST: u16 = 10_000;
    const COUNT: u16 = 10_000;
    const BLOCK: u32 = 16;
    let start = (std::process::id() * BLOCK) % u32::from(COUNT);
    let start = u16::try_from(start).unwrap_or_default();
    (0..COUNT)
        .map(move |step| FIRST + (start + step) % COUNT)
        .filter(|port| is_free(*port))
}
