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

/// What is called and belongs to others: the exchange, and the node. The program can be both, and each has its own.
pub(crate) const OUTSIDE: [Kind; 2] = [outside("LN Markets", 3030), outside("LND", 3031)];

const fn outside(name: &'static str, port: u16) -> Kind {
    Kind {
        name,
        command: "outside",
        port,
        jobs_port: None,
    }
}

/// Where every service listens.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    services: Vec<Place>,
    outside: Vec<Place>,
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
        let mut place = |kind: &Kind| {
            let (port, jobs_port) = (
                choose(kind.port)?,
                kind.jobs_port.map(&mut choose).transpose()?,
            );
            Ok(Place { port, jobs_port })
        };
        Ok(Self {
            services: KINDS.iter().map(&mut place).collect::<Result<_, _>>()?,
            outside: OUTSIDE.iter().map(place).collect::<Result<_, _>>()?,
        })
    }

    /// Every service and its place.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&'static Kind, Place)> {
        KINDS.iter().zip(self.services.iter().copied())
    }

    /// What belongs to others, and its place.
    pub(crate) fn outside(&self) -> impl Iterator<Item = (&'static Kind, Place)> {
        OUTSIDE.iter().zip(self.outside.iter().copied())
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

    /// Where a worker takes jobs.
    pub(crate) fn jobs_url(&self, name: &str) -> String {
        let mut places = self.places().filter(|(kind, _)| kind.name == name);
        let port = places.find_map(|(_, place)| place.jobs_port);
        format!("http://127.0.0.1:{}", port.unwrap_or_default())
    }

    /// The address of what belongs to others.
    pub(crate) fn outside_address(&self, name: &str) -> String {
        let mut places = self.outside().filter(|(kind, _)| kind.name == name);
        let port = places.next().map(|(_, place)| place.port);
        format!("127.0.0.1:{}", port.unwrap_or_default())
    }

    pub(crate) fn arguments(&self, kind: &Kind, place: Place) -> Vec<String> {
        let calls = |flag: &str, name| [format!("--{flag}"), self.jobs_url(name)];
        let calls_outside = |flag: &str, kind: &Kind| {
            let address = self.outside_address(kind.name);
            [format!("--{flag}"), format!("http://{address}")]
        };
        let [exchange, lnd] = &OUTSIDE;
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
            automation_executor::NAME => [monitor, calls_outside("exchange", exchange)].concat(),
            margin_monitor::NAME => [
                calls("notification-worker", notification_worker::NAME),
                calls_outside("exchange", exchange),
                calls_outside("lnd", lnd),
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
