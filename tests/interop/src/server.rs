//! The foreign servers, and one of them up and running.

use crate::script::{Finished, Scripts};
use crate::verdict::Fault;
use crate::watch::Watch;
use amqp10::Connection;
use amqp10::proto::{Config, ConfigBuilder, RecordedAt, SaslClient};
use amqp10::tokio::Builder;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What a server's implementation calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// RabbitMQ 4: queues have to be declared; v2 addresses.
    Rabbit4,
    /// RabbitMQ 3.10 with its plugin: `/queue/NAME` declares the queue.
    Rabbit3,
    /// A small broker of ours on the peer's library: a queue is made when first named, some names act up.
    ActingUp,
    /// The same with fewer names that act up: missing, reject, release, modify.
    Acceptor,
    /// An example broker that comes with the library: a queue is made when first named.
    Plain,
}

/// A foreign server.
#[derive(Debug)]
pub(crate) struct Server {
    /// As in `--peer` and in the table.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    /// Its script, and what that is told to start it as we want it.
    script: &'static str,
    start: &'static [&'static str],
    port: u16,
    /// Installing may take so long, in seconds.
    patience: u64,
    /// In the quick subset.
    pub(crate) quick: bool,
}

/// All servers, the most used first.
pub(crate) const SERVERS: &[Server] = &[
    Server {
        name: "rabbitmq4",
        title: "RabbitMQ 4.0, from Debian trixie",
        kind: Kind::Rabbit4,
        script: "rabbitmq4.sh",
        start: &[],
        port: 17550,
        patience: 240,
        quick: true,
    },
    Server {
        name: "rabbitmq43",
        title: "RabbitMQ 4.3, from Debian forky",
        kind: Kind::Rabbit4,
        script: "rabbitmq43.sh",
        start: &[],
        port: 17570,
        patience: 240,
        quick: false,
    },
    Server {
        name: "proton",
        title: "broker on python-qpid-proton 0.40.0",
        kind: Kind::ActingUp,
        script: "proton-broker.sh",
        start: &["--", "--idle-timeout", "2"],
        port: 17510,
        patience: 240,
        quick: true,
    },
    Server {
        name: "rhea",
        title: "broker on rhea 3.0.5",
        kind: Kind::ActingUp,
        script: "rhea-server.sh",
        start: &["--", "--idle-timeout", "2000"],
        port: 17520,
        patience: 120,
        quick: true,
    },
    Server {
        name: "fe2o3",
        title: "broker on fe2o3-amqp 0.18.4",
        kind: Kind::Acceptor,
        script: "fe2o3-peer.sh",
        start: &[],
        port: 17530,
        patience: 600,
        quick: false,
    },
    Server {
        name: "proton-cpp",
        title: "Proton's C++ example broker 0.37.0",
        kind: Kind::Plain,
        script: "proton-cpp-broker.sh",
        start: &[],
        port: 17540,
        patience: 240,
        quick: false,
    },
    Server {
        name: "rabbitmq3",
        title: "RabbitMQ 3.10 with its plugin rabbitmq_amqp1_0, from Debian bookworm",
        kind: Kind::Rabbit3,
        script: "rabbitmq3.sh",
        start: &[],
        port: 17560,
        patience: 240,
        quick: false,
    },
];

impl Server {
    fn arguments<'a>(&'a self, command: &'a str, folder: &'a str, port: &'a str) -> Vec<&'a str> {
        vec![command, "--dir", folder, "--port", port]
    }

    fn run(&self, scripts: &Scripts, command: &str, more: &[&str], patience: u64) -> Result<Finished, Fault> {
        // the two RabbitMQs and so on keep to folders of their own
        let folder = scripts.folder(self.name).to_string_lossy().into_owned();
        let port = self.port.to_string();
        let mut arguments = self.arguments(command, &folder, &port);
        arguments.extend(more);
        Ok(scripts.run(self.script, &arguments, &[], Duration::from_secs(patience))?)
    }

    /// Installs what it needs and starts it. Blocks.
    pub(crate) fn start(&'static self, scripts: &Scripts) -> Result<(), Fault> {
        let started = self.run(scripts, "start", self.start, self.patience)?;
        if started.success { Ok(()) } else { Err(started.tail().into()) }
    }

    /// Stops it. Blocks.
    pub(crate) fn stop(&'static self, scripts: &Scripts) -> Result<(), Fault> {
        let stopped = self.run(scripts, "stop", &[], 60)?;
        if stopped.success { Ok(()) } else { Err(stopped.tail().into()) }
    }
}

/// A server that is up, and how scenarios get at it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) server: &'static Server,
    pub(crate) scripts: Scripts,
    pub(crate) scale: Scale,
    /// Who sees the frames of its connections.
    pub(crate) watch: Watch,
}

/// How much of a scenario is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Quick,
    Whole,
}

impl Target {
    /// How long any one thing may take that is not meant to be waited for.
    pub(crate) const SOON: Duration = Duration::from_secs(20);

    pub(crate) fn config() -> ConfigBuilder {
        Config::builder("amqp10-interop")
    }

    /// Settings to connect to it, with the login that it takes.
    pub(crate) fn builder(&self, config: ConfigBuilder) -> Builder {
        let config = match self.watch.tap(RecordedAt::Client) {
            Some(tap) => config.frame_tap(tap),
            None => config,
        };
        let login = match self.server.kind {
            Kind::Plain => SaslClient::anonymous(),
            Kind::Rabbit4 | Kind::Rabbit3 | Kind::ActingUp | Kind::Acceptor => SaslClient::plain("guest", "guest"),
        };
        Builder::new(config).host("127.0.0.1").port(self.server.port).login(login)
    }

    /// With the login that it takes.
    pub(crate) fn url(&self) -> String {
        let login = if self.server.kind == Kind::Plain { "" } else { "guest:guest@" };
        format!("amqp://{login}127.0.0.1:{}", self.server.port)
    }

    pub(crate) fn tls_port(&self) -> u16 {
        self.server.port + 1
    }

    /// The TLS port that asks for a certificate.
    pub(crate) fn certificate_port(&self) -> u16 {
        match self.server.kind {
            Kind::Rabbit4 | Kind::Rabbit3 => self.tls_port(),
            Kind::ActingUp | Kind::Acceptor | Kind::Plain => self.server.port + 2,
        }
    }

    pub(crate) async fn connect(&self) -> Result<Connection, Fault> {
        Ok(self.builder(Self::config()).connect().await?)
    }

    /// What it says it is in its open, if it does.
    pub(crate) async fn version(&self) -> Option<String> {
        let connection = self.connect().await.ok()?;
        let properties = connection.remote_open()?.properties?;
        let of = |name: &str| properties.get(name).and_then(|value| value.as_text().map(ToOwned::to_owned));
        let said = Some(format!("{} {}", of("product")?, of("version")?));
        connection.close().await.ok()?;
        said
    }

    /// The address of a node of this name, whether there is such a node or not.
    pub(crate) fn address(&self, name: &str) -> String {
        match self.server.kind {
            Kind::Rabbit4 => format!("/queues/{name}"),
            Kind::Rabbit3 => format!("/queue/{name}"),
            Kind::ActingUp | Kind::Acceptor | Kind::Plain => name.to_owned(),
        }
    }

    /// The address of a queue that is there and empty.
    pub(crate) async fn queue(&self, name: &str) -> Result<String, Fault> {
        /// Where a queue is made when it is first named, one that has not been named is empty.
        static NAMED: AtomicU32 = AtomicU32::new(0);
        if self.server.kind == Kind::Rabbit4 {
            let name = format!("interop-{name}");
            crate::client::management::fresh_queue(self, &name, "classic").await?;
            return Ok(self.address(&name));
        }
        Ok(self.address(&format!("interop-{name}-{}", NAMED.fetch_add(1, Ordering::Relaxed))))
    }

    /// Runs RabbitMQ's own administration.
    pub(crate) async fn rabbitmqctl(&self, arguments: &[&'static str]) -> Result<String, Fault> {
        let (target, mut more) = (self.clone(), vec!["--"]);
        more.extend(arguments);
        let done = blocking(move || target.server.run(&target.scripts, "ctl", &more, 60)).await?;
        if done.success { Ok(done.output) } else { Err(done.tail().into()) }
    }

    /// Stops the server, or starts it again.
    pub(crate) async fn stop(&self) -> Result<(), Fault> {
        let target = self.clone();
        blocking(move || target.server.stop(&target.scripts)).await
    }

    pub(crate) async fn start(&self) -> Result<(), Fault> {
        let target = self.clone();
        blocking(move || target.server.start(&target.scripts)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Fault> + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await?
}
