//! What this crate adds to the handles: threads, sockets, clocks, deadlines. The handles' own behaviour is tested in
//! `amqp-async`, without any of them. Real sockets, on the loopback.

mod client;
mod deadlines;
mod driven;
mod load;
mod modes;
mod pieces;
mod support;
#[cfg(feature = "rustls")]
mod tls;

use amqp_blocking::{
    Connection, Delivery, IncomingConnection, IncomingLink, IncomingSession, Listener, Pump, Receiver, Sender, Session,
    Settlement,
};

/// Whatever a thread may hold, another may be given; and handles can be shared.
#[test]
fn handles_go_where_threads_go() {
    fn sent<T: Send>() {}
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Connection>();
    shared::<Session>();
    shared::<Sender>();
    shared::<Receiver>();
    shared::<Listener>();
    shared::<Pump>();
    sent::<Delivery>();
    sent::<Settlement>();
    sent::<IncomingConnection>();
    sent::<IncomingSession>();
    sent::<IncomingLink>();
}
