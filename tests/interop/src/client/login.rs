//! SASL (§5.3).

use crate::server::Target;
use crate::verdict::{Check, Fault, ensure};
use amqp10::proto::SaslClient;
use amqp10::tokio::ConnectError;
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

/// Refused by the outcome, as a refused login and as nothing else.
pub(crate) async fn wrong_password(target: Target) -> Check {
    match target.builder(Target::config()).login(SaslClient::plain("guest", "wrong")).connect().await {
        Ok(_) => Err("a wrong password was let in".into()),
        Err(ConnectError::Open { source, .. }) if source.is_login() => Ok(()),
        Err(error) => Err(Fault::from(error)),
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
