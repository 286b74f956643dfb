//! A small trading system, as five services that send each other HTTP requests.
//!
//! ```text
//! client ──► axisor-backend ──► automation-executor ──► margin-monitor ──► notification-worker
//!                 │                                          ▲  │
//!                 ├──────────── positions ───────────────────┘  └──► LN Markets (HTTP), LND (gRPC)
//!                 └──► payment-validator
//! ```
//!
//! An automation that a user executes at the backend is run by the executor, may have the margin monitor act on the
//! user's position, and ends with a notification: one trace over four processes. The market, the databases and
//! what belongs to others are simulated; what goes wrong, and when, follows from a seed.
//!
//! | module | what it answers |
//! |---|---|
//! | [`market`] [`users`] [`positions`] [`guard`] | the domain: prices, plans, margin, what is done about it |
//! | [`fate`] [`dependencies`] | what is simulated around it: slow calls, failures, databases |
//! | [`outside`] | LN Markets' API and a Lightning node, simulated in a process of their own |
//! | [`stores`] | a real PostgreSQL and Redis behind the backend, when it is given their URLs |
//! | [`wire`] [`peer`] | what services say to each other, and how the trace goes along |
//! | [`backend`] [`automation_executor`] [`margin_monitor`] [`notification_worker`] [`payment_validator`] | the services |
//! | [`service`] | what every service does from its start to its end |

pub mod automation_executor;
pub mod backend;
pub mod dependencies;
pub mod fate;
pub mod guard;
pub mod margin_monitor;
pub mod market;
pub mod notification_worker;
pub mod outside;
pub mod payment_validator;
pub mod peer;
pub mod positions;
pub mod service;
pub mod stores;
pub mod users;
pub mod wire;
