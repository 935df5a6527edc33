//! SASL (§5.3).

use crate::server::Target;
use crate::verdict::{Check, Fault, ensure};
use amqp10::proto::SaslClient;
use amqp10::tls::TlsClient;
use amqp10::tokio::{Builder, ConnectError};
use std::time::Duration;

async fn log_in(target: &Target, login: SaslClient) -> Check {
    let connection = target.builder(Target::config()).login(login).connect().await?;
    connection.session().await?;
    Ok(connection.close().await?)
}

pub(crate) async fn anonymous(target: Target) -> Check {
    log_in(&target, SaslClient::anonymous()).await
}

pub(crate) async fn plain(target: Target) -> Check {
    log_in(&target, SaslClient::plain("guest", "guest")).await
}

/// With a proof of the password, and of the server's knowing it.
pub(crate) async fn scram(target: Target) -> Check {
    log_in(&target, SaslClient::scram("guest", "guest")).await?;
    refused(&target, SaslClient::scram("guest", "wrong")).await
}

/// Refused by the outcome, as a refused login and as nothing else.
pub(crate) async fn wrong_password(target: Target) -> Check {
    refused(&target, SaslClient::plain("guest", "wrong")).await
}

async fn refused(target: &Target, login: SaslClient) -> Check {
    match target.builder(Target::config()).login(login).connect().await {
        Ok(_) => Err("a wrong password was let in".into()),
        Err(ConnectError::Login { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Without a SASL layer: taken, or answered with the header that the server wants, in either case soon.
pub(crate) async fn none(target: Target) -> Check {
    let config = Target::config().handshake_timeout(Some(Duration::from_secs(5)));
    match target.builder(config).without_login().connect().await {
        Ok(connection) => Ok(connection.close().await?),
        Err(ConnectError::Open { source, .. }) => {
            let refused = matches!(&*source, amqp10::Error::Closed(amqp10::proto::CloseReason::Header(_)));
            ensure!(refused, "neither taken nor refused by a header: {source}");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// TLS, and PLAIN within.
pub(crate) async fn tls(target: Target) -> Check {
    let tls = TlsClient::builder().roots_pem(pem(&target, "ca.pem")?).build()?;
    within_tls(target.builder(Target::config()).port(target.tls_port()).tls(tls)).await
}

/// TLS with a certificate of ours, and EXTERNAL within.
pub(crate) async fn external(target: Target) -> Check {
    let identity = (pem(&target, "client.pem")?, pem(&target, "client.key")?);
    let tls = TlsClient::builder().roots_pem(pem(&target, "ca.pem")?).identity_pem(identity.0, identity.1).build()?;
    let builder = target.builder(Target::config()).port(target.certificate_port()).tls(tls);
    within_tls(builder.login(SaslClient::external())).await
}

async fn within_tls(builder: Builder) -> Check {
    // the name in the certificate
    let connection = builder.host("localhost").connect().await?;
    connection.session().await?.end().await?;
    Ok(connection.close().await?)
}

fn pem(target: &Target, file: &str) -> Result<Vec<u8>, Fault> {
    Ok(std::fs::read(target.scripts.folder(target.server.name).join("certs").join(file))?)
}
