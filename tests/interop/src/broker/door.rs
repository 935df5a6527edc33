//! Who comes in, and how: TLS, SASL, what a recording sees.

use crate::verdict::Fault;
use crate::watch::Watch;
use amqp10::codec::{SaslCode, Symbol};
use amqp10::proto::{Config, Mechanism, RecordedAt, SaslAnswer, SaslListener, SaslRequest, ScramCredential, ScramHash};
use amqp10::tls::{ClientCertificates, TlsServer};
use amqp10::tokio::{Io, Listener};
use amqp10::{IncomingConnection, Options};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::TcpListener;

/// How the broker is set up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    /// Serves TLS.
    pub(crate) certificates: Option<Certificates>,
    /// Our max-frame-size; default 65536, more than which uamqp cannot send in one frame.
    pub(crate) max_frame_size: Option<u32>,
    /// Our idle-time-out; default 10 s.
    pub(crate) idle_time_out: Option<Duration>,
    /// Offers this mechanism and no other.
    pub(crate) only: Option<Mechanism>,
    pub(crate) watch: Watch,
}

/// Of `peers/certs.sh`: ours in this folder, and whether clients show one.
#[derive(Clone, Debug)]
pub(crate) struct Certificates {
    pub(crate) folder: PathBuf,
    pub(crate) of_clients: bool,
}

impl Setting {
    async fn listener(&self) -> Result<Listener, Fault> {
        let mut config = Config::builder("amqp10-interop-broker")
            .idle_time_out(Some(self.idle_time_out.unwrap_or(Duration::from_secs(10))))
            .offered_capabilities(Symbol::from_static("ANONYMOUS-RELAY").into());
        if let Some(octets) = self.max_frame_size {
            config = config.max_frame_size(octets);
        }
        if let Some(tap) = self.watch.tap(RecordedAt::Listener) {
            config = config.frame_tap(tap);
        }
        // foreign clients log in over plain TCP here, on this machine
        let sasl = match self.only {
            Some(mechanism) => SaslListener::new([mechanism]),
            None => SaslListener::new([Mechanism::Plain, Mechanism::Anonymous]).optional(),
        };
        let options = Options::listener(config.build()?);
        let listener = Listener::bind("127.0.0.1:0", options, Some(sasl.insecure_allowed(true))).await?;
        Ok(match &self.certificates {
            Some(certificates) => listener.tls(certificates.server()?),
            None => listener,
        })
    }
}

impl Certificates {
    fn server(&self) -> Result<TlsServer, Fault> {
        let read = |file| std::fs::read(self.folder.join(file));
        let clients = match self.of_clients {
            true => ClientCertificates::Demanded(read("ca.pem")?),
            false => ClientCertificates::Ignored,
        };
        Ok(TlsServer::builder(read("server.pem")?, read("server.key")?).client_certificates(clients).build()?)
    }
}

/// Where clients come in.
pub(super) enum Door {
    Listener(Box<Listener>),
    /// A listener has one tap for all its clients, and a recording is of one connection: each client gets a listener
    /// of its own, whose port nobody knows.
    Recorded(TcpListener, Setting),
}

impl Door {
    pub(super) async fn open(setting: Setting) -> Result<(Self, u16), Fault> {
        if let Watch::Recorded { .. } = setting.watch {
            let door = TcpListener::bind("127.0.0.1:0").await?;
            let port = door.local_addr()?.port();
            return Ok((Self::Recorded(door, setting), port));
        }
        let listener = setting.listener().await?;
        let port = listener.local_addr()?.port();
        Ok((Self::Listener(Box::new(listener)), port))
    }

    pub(super) async fn next(&self) -> Result<IncomingConnection, Fault> {
        match self {
            Self::Listener(listener) => Ok(listener.accept().await?.0),
            Self::Recorded(door, setting) => {
                let (stream, _) = door.accept().await?;
                Ok(setting.listener().await?.accept_on(Io::new(stream)))
            }
        }
    }
}

/// Lets in guest with its password, anybody anonymous, and whoever has a certificate that our authority vouches for.
pub(super) fn judge(request: &SaslRequest, certificates: &[Vec<u8>]) -> SaslAnswer {
    let good = match request {
        SaslRequest::Anonymous { .. } => true,
        SaslRequest::Plain { user, password, .. } => user.as_str() == "guest" && password.matches(b"guest"),
        SaslRequest::External { .. } => !certificates.is_empty(),
        SaslRequest::Scram { hash, user, .. } => {
            return SaslAnswer::Scram((user.as_str() == "guest").then(|| scram_credential(*hash)));
        }
        _ => false,
    };
    SaslAnswer::Outcome(if good { SaslCode::Ok } else { SaslCode::Auth })
}

fn scram_credential(hash: ScramHash) -> ScramCredential {
    ScramCredential::derive(hash, "guest", *b"the salt of guest", 4096)
}
