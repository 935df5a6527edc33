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
        let within_tls = scenario.strip_prefix("tls-");
        let tls = client.needs_tls || within_tls.is_some() || scenario == EXTERNAL;
        Self { client, scenario: within_tls.unwrap_or(scenario), tls, scripts: scripts.clone() }
    }

    /// What our broker has to be for it.
    pub(super) fn setting(&self) -> Setting {
        let folder = self.scripts.folder("certs");
        Setting {
            max_frame_size: (self.scenario == "large-small-frames").then_some(512),
            certificates: self.tls.then(|| Certificates { folder, of_clients: self.scenario == EXTERNAL }),
            only: match self.scenario {
                EXTERNAL => Some(Mechanism::External),
                "sasl-scram" | "sasl-scram-fail" => Some(Mechanism::Scram(ScramHash::Sha256)),
                "sasl-scram-1" => Some(Mechanism::Scram(ScramHash::Sha1)),
                _ => None,
            },
            ..Setting::default()
        }
    }

    /// Plays it against the broker on this port. Blocks.
    pub(super) fn run(&self, port: u16) -> io::Result<Finished> {
        let path = |folder: &str| self.scripts.folder(folder).to_string_lossy().into_owned();
        let (state, authority) = (path(""), path("certs/ca.pem"));
        let (certificate, key) = (path("certs/client.pem"), path("certs/client.key"));
        let mut environment = vec![("PEER_CA", authority.as_str())];
        match self.scenario {
            "roundtrip-second" => environment.push(("PEER_RCV_MODE", "second")),
            EXTERNAL => environment.extend([("PEER_CERT", certificate.as_str()), ("PEER_KEY", key.as_str())]),
            _ => {}
        }
        let url = self.url(port);
        let mut arguments = vec!["--dir", state.as_str()];
        match self.client.round_trip {
            Some(script) if self.scenario.starts_with("roundtrip") => arguments.extend([script, &url, "test", "100"]),
            _ => arguments.extend([self.client.script, &url, self.scenario, "{}"]),
        }
        self.scripts.run("with.sh", &arguments, &environment, LIMIT)
    }

    fn url(&self, port: u16) -> String {
        let login = if self.scenario == EXTERNAL { "" } else { "guest:guest@" };
        // the names in the certificate
        let (scheme, host) = if self.tls { ("amqps", "localhost") } else { ("amqp", "127.0.0.1") };
        format!("{scheme}://{login}{host}:{port}")
    }
}

const EXTERNAL: &str = "sasl-external";
