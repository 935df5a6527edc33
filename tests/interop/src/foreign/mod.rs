//! Foreign clients against our listener: which, and what each plays.

mod call;
mod cannot;
mod expect;
mod seen;

use crate::broker::{Broker, Setting};
use crate::script::Scripts;
use crate::server::Scale;
use crate::verdict::{Check, Fault, ensure};
use crate::watch::Watch;
use call::Call;
pub(crate) use call::needs_tls;
pub(crate) use cannot::cannot;
use expect::expected;
use std::path::PathBuf;
use std::time::Duration;

/// A foreign client library, and the script that plays scenarios with it.
#[derive(Debug)]
pub(crate) struct Client {
    /// As in `--peer` and in the table.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) title: &'static str,
    script: &'static str,
    /// The script whose scenario is `roundtrip`, if it is one of its own.
    round_trip: Option<&'static str>,
    /// What the script plays, in this order.
    pub(crate) scenarios: &'static str,
    /// Installing may take so long, in seconds.
    patience: u64,
    /// It speaks TLS only.
    pub(crate) needs_tls: bool,
    /// In the quick subset.
    pub(crate) quick: bool,
}

/// All clients, the most used first.
pub(crate) const CLIENTS: &[Client] = &[
    Client {
        name: "proton-client",
        title: "python-qpid-proton 0.40.0",
        script: "scenarios-proton.py",
        round_trip: Some("proton-roundtrip.py"),
        scenarios: "\
            roundtrip open-close sasl-plain sasl-anonymous sasl-none sasl-fail sasl-no-mechanism \
            send-settled send-unsettled receive-settled rcv-second pipelined-transfers \
            large-small-frames large-4096 large-1m credit drain outcomes accepted-range \
            unsettled-at-close unknown-address unauthorized redirect sessions idle-timeout links \
            same-name no-coordinator selector dynamic dynamic-target anonymous-relay peer-detaches \
            peer-ends peer-closes peer-rejects peer-releases peer-modifies client-errors \
            types-properties types-body types-nested bodies no-body properties abort partial \
            detach-reattach link-fields browse open-fields vanish tls-roundtrip sasl-external sasl-scram \
            sasl-scram-1 sasl-scram-fail sizes-512 sizes-4096 sizes-default unsettled-10000 \
            presettled-10000 credit-large links-100 sessions-20 shutdown",
        patience: 240,
        needs_tls: false,
        quick: true,
    },
    Client {
        name: "rhea-client",
        title: "rhea 3.0.5",
        script: "scenarios-rhea.js",
        round_trip: Some("rhea-roundtrip.js"),
        scenarios: "\
            roundtrip open-close sasl-plain sasl-anonymous sasl-none sasl-fail send-settled \
            send-unsettled receive-settled rcv-second pipelined-transfers large-4096 large-1m credit \
            drain outcomes unknown-address unauthorized redirect sessions idle-timeout links selector \
            dynamic anonymous-relay peer-detaches peer-ends peer-closes peer-rejects peer-releases \
            peer-modifies client-errors types-properties types-body types-nested bodies properties same-name large-512 \
            detach-reattach open-fields tls-roundtrip sasl-external sizes-512 sizes-4096 sizes-default \
            unsettled-10000 presettled-10000 credit-large links-100 sessions-20 shutdown",
        patience: 120,
        needs_tls: false,
        quick: true,
    },
    Client {
        name: "pyamqp",
        title: "Azure's pure-Python stack in azure-servicebus 7.15.0",
        script: "scenarios-pyamqp.py",
        round_trip: Some("pyamqp-roundtrip.py"),
        scenarios: "\
            roundtrip roundtrip-second open-close send outcomes large unknown-address sasl-fail \
            idle-timeout filter tls-roundtrip roundtrip-10000 send-settled settled-transfers sasl-plain \
            sasl-anonymous sasl-none sasl-external open-fields types-body types-properties types-decimal128 \
            sizes-512 sizes-4096 sizes-default \
            sizes-512-wide sizes-4096-wide unsettled-10000 presettled-10000 credit credit-large drain links-100 \
            sessions-20 session-end same-name dynamic unauthorized redirect peer-detaches peer-ends peer-closes peer-rejects \
            peer-releases peer-modifies shutdown",
        patience: 240,
        needs_tls: false,
        quick: true,
    },
    Client {
        name: "go-amqp",
        title: "Azure's go-amqp 1.0.2",
        script: "scenarios-go.sh",
        round_trip: None,
        scenarios: "\
            roundtrip open-close send-settled mixed rcv-second large-4096 credit outcomes \
            unknown-address selector dynamic link-fields idle-timeout sasl-none sasl-fail open-fields \
            peer-detaches peer-ends peer-closes peer-rejects peer-releases peer-modifies tls-roundtrip \
            sizes-512 sizes-4096 sizes-default unsettled-10000 presettled-10000 credit-large links-100 \
            sessions-20 shutdown sasl-plain sasl-anonymous sasl-external unauthorized same-name",
        patience: 300,
        needs_tls: false,
        quick: true,
    },
    Client {
        name: "protonj",
        title: "Qpid Proton-J 0.34.0",
        script: "scenarios-protonj.sh",
        round_trip: None,
        scenarios: "\
            roundtrip open-close send-settled large-4096 drain outcomes unknown-address idle-timeout \
            sasl-none sasl-fail sizes-512 sizes-4096 sizes-default unsettled-10000 presettled-10000 credit \
            credit-large links-100 sessions-20 shutdown peer-rejects peer-releases peer-modifies sasl-plain \
            sasl-anonymous sasl-external tls-roundtrip open-fields unauthorized peer-detaches same-name dynamic \
            selector",
        patience: 240,
        needs_tls: false,
        quick: false,
    },
    Client {
        name: "erlang",
        title: "RabbitMQ's amqp10_client 4.0.5",
        script: "scenarios-erlang.sh",
        round_trip: None,
        scenarios: "\
            roundtrip open-close send-settled large-4096 drain credit outcomes unknown-address filter \
            idle-timeout sasl-none sasl-fail sizes-512 sizes-4096 sizes-default \
            sizes-512-wide sizes-4096-wide unsettled-10000 presettled-10000 \
            credit-large links-100 peer-rejects peer-releases peer-modifies sessions-20 shutdown unauthorized \
            sasl-plain sasl-anonymous sasl-external tls-roundtrip open-fields peer-detaches same-name",
        patience: 240,
        needs_tls: false,
        quick: false,
    },
    Client {
        name: "fe2o3-client",
        title: "fe2o3-amqp 0.18.4",
        script: "scenarios-fe2o3.sh",
        round_trip: None,
        scenarios: "\
            roundtrip open-close send-settled rcv-second drain outcomes unknown-address detach-resume \
            large-4096 idle-timeout sasl-none sasl-fail sasl-scram sizes-512 sizes-4096 sizes-default unsettled-10000 \
            presettled-10000 links-100 sessions-20 peer-rejects peer-releases peer-modifies credit credit-large \
            same-name dynamic selector unauthorized peer-detaches peer-ends peer-closes shutdown \
            sasl-plain sasl-anonymous sasl-external tls-roundtrip open-fields",
        patience: 600,
        needs_tls: false,
        quick: false,
    },
    Client {
        name: "amqp10-js",
        title: "amqp10 3.6.0 (npm)",
        script: "scenarios-amqp10.js",
        round_trip: None,
        scenarios: "\
            roundtrip open-close send-receive outcomes unknown-address sasl-fail sasl-plain sasl-anonymous \
            sasl-external tls-roundtrip open-fields open-capabilities types-body types-properties types-char \
            sizes-512 sizes-4096 sizes-default \
            sizes-512-wide sizes-4096-wide unsettled-10000 presettled-10000 credit credit-large drain links-100 \
            sessions-20 peer-rejects peer-releases peer-modifies unauthorized peer-detaches shutdown idle-timeout \
            same-name dynamic selector",
        patience: 120,
        needs_tls: false,
        quick: false,
    },
    Client {
        name: "uamqp",
        title: "uamqp 1.6.11 (Azure's C library)",
        script: "scenarios-uamqp.py",
        round_trip: Some("uamqp-roundtrip.py"),
        scenarios: "\
            roundtrip roundtrip-second low-level outcomes settled large unknown-address sasl-fail \
            heartbeat roundtrip-10000 open-close open-fields sasl-plain sasl-anonymous types-body types-properties types-char \
            sizes-512 sizes-4096 sizes-default \
            sizes-512-wide sizes-4096-wide unsettled-10000 presettled-10000 credit credit-one credit-large drain \
            links-100 sessions-20 same-name dynamic selector unauthorized redirect peer-detaches peer-ends peer-closes \
            peer-rejects peer-releases peer-modifies shutdown",
        patience: 240,
        needs_tls: true,
        quick: false,
    },
];

/// What the quick subset plays, of what a client has.
const QUICK: &str = "\
    roundtrip roundtrip-second sasl-fail rcv-second pipelined-transfers large large-4096 drain outcomes \
    unknown-address idle-timeout selector filter dynamic anonymous-relay same-name peer-detaches \
    peer-closes types-body bodies detach-reattach tls-roundtrip sasl-external sasl-scram links-100 \
    sessions-20 shutdown";

impl Client {
    /// What is played of what it has.
    pub(crate) fn scenarios(&self, scale: Scale) -> impl Iterator<Item = &'static str> {
        let quick = |name: &&str| QUICK.split_whitespace().any(|it| it == *name);
        self.scenarios.split_whitespace().filter(move |name| scale == Scale::Whole || quick(name))
    }

    /// Where its certificates are, and ours for it: of its own, since clients are installed side by side.
    fn certificates(&self, scripts: &Scripts) -> PathBuf {
        scripts.folder(&format!("certs-{}", self.name))
    }

    /// Installs what it needs. Blocks.
    pub(crate) fn install(&self, scripts: &Scripts) -> Result<(), Fault> {
        let state = scripts.folder("").to_string_lossy().into_owned();
        let limit = Duration::from_secs(self.patience);
        let installed = scripts.run("with.sh", &["--dir", &state, "--install", self.script], &[], limit)?;
        ensure!(installed.success, "{}", installed.tail());
        let certificates = self.certificates(scripts).to_string_lossy().into_owned();
        let made = scripts.run("certs.sh", &[&certificates], &[], limit)?;
        ensure!(made.success, "{}", made.tail());
        Ok(())
    }
}

/// Plays one scenario against a broker of its own.
pub(crate) async fn play(client: &'static Client, scenario: &'static str, scripts: &Scripts, watch: Watch) -> Check {
    let call = Call::new(client, scenario, scripts);
    let broker = Broker::start(Setting { watch, ..call.setting() }).await?;
    let port = broker.port();
    let finished = tokio::task::spawn_blocking(move || call.run(port)).await??;
    let complaints = broker.complaints().await.join("; ");
    ensure!(finished.success, "{}; our listener: {complaints}", finished.tail());
    match expected(scenario) {
        Some(text) => {
            // fe2o3 prints conditions as NotFound, and ConnectionForced
            let output = finished.output.to_lowercase();
            let (output, text) = (output.replace(['-', ':'], ""), text.replace(['-', ':'], ""));
            ensure!(output.contains(&text), "{text:?} was to be said: {}", finished.tail());
        }
        // "refused: <nil>" is how go-amqp's script says that it was let in
        None => ensure!(!finished.output.replace("refused: <nil>", "").contains("refused"), "{}", finished.tail()),
    }
    ensure!(complaints.is_empty(), "our listener complains: {complaints}");
    seen::check(client.name, scenario, &broker.opens())
}
