//! How a script is called to play one scenario.

use super::Client;
use crate::broker::{Certificates, Setting};
use crate::script::{Finished, Scripts};
use amqp10::proto::{Mechanism, ScramHash};
use std::io;
use std::time::Duration;

/// No scenario of a script takes longer.
const LIMIT: Duration = Duration::from_secs(60);

/// One scenario of one client.
pub(super) struct Call {
    client: &'static Client,
    /// As the script knows it.
    scenario: &'static str,
    tls: bool,
    scripts: Scripts,
}

impl Call {
    /// `tls-NAME` is NAME over TLS.
    pub(super) fn new(client: &'static Client, scenario: &'static str, scripts: &Scripts) -> Self {
        let tls = needs_tls(client, scenario);
        Self { client, scenario: scenario.strip_prefix("tls-").unwrap_or(scenario), tls, scripts: scripts.clone() }
    }

    /// What our broker has to be for it.
    pub(super) fn setting(&self) -> Setting {
        let folder = self.client.certificates(&self.scripts);
        Setting {
            max_frame_size: (self.scenario == "large-small-frames").then_some(512),
            certificates: self.tls.then(|| Certificates { folder, of_clients: self.scenario == EXTERNAL }),
            // so that three heartbeats of both sides go by
            idle_time_out: matches!(self.scenario, "idle-timeout" | "heartbeat").then_some(Duration::from_secs(2)),
            only: match self.scenario {
                EXTERNAL => Some(Mechanism::External),
                ANONYMOUS => Some(Mechanism::Anonymous),
                "sasl-plain" => Some(Mechanism::Plain),
                "sasl-scram" | "sasl-scram-fail" => Some(Mechanism::Scram(ScramHash::Sha256)),
                "sasl-scram-1" => Some(Mechanism::Scram(ScramHash::Sha1)),
                _ => None,
            },
            ..Setting::default()
        }
    }

    /// Plays it against the broker on this port. Blocks.
    pub(super) fn run(&self, port: u16) -> io::Result<Finished> {
        let state = self.scripts.folder("").to_string_lossy().into_owned();
        let pem = |file| self.client.certificates(&self.scripts).join(file).to_string_lossy().into_owned();
        let (authority, certificate, key) = (pem("ca.pem"), pem("client.pem"), pem("client.key"));
        let mut environment = vec![("PEER_CA", authority.as_str())];
        match self.scenario {
            "roundtrip-second" => environment.push(("PEER_RCV_MODE", "second")),
            EXTERNAL => environment.extend([("PEER_CERT", certificate.as_str()), ("PEER_KEY", key.as_str())]),
            _ => {}
        }
        let (url, count) = (self.url(port), self.count().to_string());
        if self.count() > 1000 {
            // ten thousand small messages are enough
            environment.push(("PEER_SKIP", "data-large"));
        }
        let mut arguments = vec!["--dir", state.as_str()];
        match self.client.round_trip {
            Some(script) if self.scenario.starts_with("roundtrip") => arguments.extend([script, &url, "test", &count]),
            _ => arguments.extend([self.client.script, &url, self.scenario, "{}"]),
        }
        self.scripts.run("with.sh", &arguments, &environment, LIMIT)
    }

    /// `roundtrip-N` is a round trip of so many messages.
    fn count(&self) -> u32 {
        self.scenario.strip_prefix("roundtrip-").and_then(|count| count.parse().ok()).unwrap_or(100)
    }

    fn url(&self, port: u16) -> String {
        let login = if [EXTERNAL, ANONYMOUS].contains(&self.scenario) { "" } else { "guest:guest@" };
        // the names in the certificate
        let (scheme, host) = if self.tls { ("amqps", "localhost") } else { ("amqp", "127.0.0.1") };
        format!("{scheme}://{login}{host}:{port}")
    }
}

/// Whether the scenario is played over TLS.
pub(crate) fn needs_tls(client: &Client, scenario: &str) -> bool {
    client.needs_tls || scenario.starts_with("tls-") || scenario == EXTERNAL
}

const EXTERNAL: &str = "sasl-external";
const ANONYMOUS: &str = "sasl-anonymous";
