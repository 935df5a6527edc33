//! A connection and a session to the receiver, or to a broker.

use amqp10_bench_e2e::{MAX_FRAME_SIZE, Place};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::{Connection, Session};
use std::error::Error;
use tokio::net::TcpStream;

/// Connects, with a login if it is a broker, and begins the session.
pub(crate) async fn connect(
    to: &Place,
    container_id: String,
) -> Result<(ConnectionHandle<()>, SessionHandle<()>), Box<dyn Error + Send + Sync>> {
    let stream = TcpStream::connect((&*to.host, to.port)).await?;
    stream.set_nodelay(true)?;
    let builder = Connection::builder().container_id(container_id).max_frame_size(MAX_FRAME_SIZE);
    let builder =
        if to.is_broker() { builder.sasl_profile(SaslProfile::Anonymous).hostname(&*to.host) } else { builder };
    let mut connection = builder.open_with_stream(stream).await?;
    let session = Session::builder().incoming_window(1 << 20).outgoing_window(1 << 20).handle_max(u32::from(u16::MAX));
    let session = session.begin(&mut connection).await?;
    Ok((connection, session))
}
