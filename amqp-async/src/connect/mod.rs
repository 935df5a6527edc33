//! Connecting and listening, written once for all runtimes: from a URL to an open connection, step by step, each with
//! its deadline.
//!
//! A binding such as `amqp-tokio` implements [`Runtime`] and has [`runtime_verbs!`](crate::runtime_verbs) define the rest.

mod builder;
mod deadline;
mod error;
mod listener;
mod race;
mod runtime;
mod steps;
mod tcp;
mod url;
mod verbs;

pub use builder::{Builder, ClearTextLogin, ConnectTimeouts};
pub use error::{Attempt, ConnectError};
pub use listener::Listener;
pub use runtime::Runtime;
pub use tcp::TcpOptions;
pub use url::{Url, UrlError, redacted};

use amqp_proto::{Config, ConfigBuilder};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;

/// A configuration with the protocol's defaults and a container-id made up at random.
pub fn default_config() -> ConfigBuilder {
    // the hasher's keys are drawn at random by the standard library
    let random = RandomState::new().build_hasher().finish();
    Config::builder(format!("amqp10-{random:016x}"))
}

/// Whether what is sent there stays on this machine: also as a listener for both families sees an IPv4 client.
fn stays_here(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::stays_here;

    #[test]
    fn what_stays_on_this_machine() {
        let stays = |address: &str| stays_here(address.parse().expect("an address"));
        assert!(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].into_iter().all(stays));
        assert!(!["10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"].into_iter().any(stays));
    }
}
