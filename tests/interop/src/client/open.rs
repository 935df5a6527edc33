//! The connection's life (§2.4): open, close, idle time-out.

use crate::client::parts::{numbered, send_all};
use crate::server::Target;
use crate::verdict::{Check, ensure};
use amqp10::codec::{Fields, Multiple, Symbol};
use amqp10::proto::Pipelining;
use std::time::Duration;

/// Open with all that it can say, a session in between, a clean close.
pub(crate) async fn open_close(target: Target) -> Check {
    let mut properties = Fields::default();
    properties.insert(Symbol::from_static("product"), "amqp10-interop");
    properties.insert(Symbol::from_static("number"), 7_u64);
    let config = Target::config()
        .properties(properties)
        .channel_max(31)
        .outgoing_locales(Multiple::from(Symbol::from_static("en-GB")))
        .offered_capabilities(Multiple::from(Symbol::from_static("ANONYMOUS-RELAY")));
    let connection = target.builder(config).connect().await?;
    let open = connection.remote_open().ok_or("open, but no open has come")?;
    ensure!(open.max_frame_size >= 512, "max-frame-size {}", open.max_frame_size);
    let session = connection.session().await?;
    session.end().await?;
    Ok(connection.close().await?)
}

/// Header, SASL and open in one flight, where the login needs no answer.
pub(crate) async fn pipelined(target: Target) -> Check {
    let config = Target::config().pipelining(Pipelining::On);
    let connection = target.builder(config).connect().await?;
    let session = connection.session().await?;
    session.end().await?;
    Ok(connection.close().await?)
}

/// Nothing to say for three of both sides' heartbeats, and the connection still works.
pub(crate) async fn idle(target: Target) -> Check {
    let config = Target::config().idle_time_out(Some(Duration::from_secs(4)));
    let connection = target.builder(config).connect().await?;
    let session = connection.session().await?;
    let theirs = connection.remote_open().and_then(|open| open.idle_time_out);
    let theirs = theirs.map_or(0, |millis| u64::from(millis.min(4000)));
    tokio::time::sleep(Duration::from_millis(3 * theirs.max(4000) + 500)).await;
    let address = target.queue("idle").await?;
    send_all(&session, &address, [numbered(1)]).await?;
    Ok(connection.close().await?)
}
