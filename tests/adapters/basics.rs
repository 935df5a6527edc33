//! A connection comes about, or it is refused; and what is left of it.

use super::support::*;
use amqp_async::connect::{ConnectError, Runtime, TcpOptions};
use amqp_async::{Fault, Recovery};
use std::net::{SocketAddr, TcpListener};

pub(crate) async fn round_trip<R: Runtime + Default>() {
    let listener = listener::<R>().await;
    let url = format!("amqp://guest:guest@{}", listener.local_addr().unwrap());
    let serving = async { serve(listener.accept().await.unwrap().0).await };
    let sending = async {
        let connection = amqp_async::connect::Builder::<R>::default().url(&url).unwrap().connect().await.unwrap();
        send(&connection, 100).await;
    };
    let ((count, error), ()) = both(serving, sending).await;
    assert!(count == 100 && error.is_clean(), "{count} {error}");
}

pub(crate) async fn wrong_password<R: Runtime + Default>() {
    let listener = listener::<R>().await;
    let address = listener.local_addr().unwrap();
    let url = format!("amqp://guest:wrong@{address}");
    let serving = async { serve(listener.accept().await.unwrap().0).await };
    let connecting = async { builder::<R>(address).url(&url).unwrap().connect().await.unwrap_err() };
    let (_, error) = both(serving, connecting).await;
    assert!(matches!(&error, ConnectError::Login { target, .. } if *target == address.to_string()), "{error:?}");
    assert!(error.to_string().contains("wrong user name or password"), "{error}");
    assert!(!format!("{error:?} {error}").contains("guest:wrong"));
    assert_eq!((error.fault(), error.recovery()), (Fault::Remote, Recovery::GiveUp));
}

/// A port of this machine where nobody listens.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) async fn nobody_listens<R: Runtime + Default>() {
    let (one, other) = (free(), free());
    let error = builder::<R>(one).addresses([one, other]).connect().await.unwrap_err();
    let ConnectError::Connect { attempts, .. } = &error else { panic!("{error:?}") };
    assert_eq!(attempts.len(), 2);
    assert!([one, other].iter().all(|address| error.to_string().contains(&address.to_string())), "{error}");
    assert_eq!((error.fault(), error.recovery()), (Fault::Transport, Recovery::Reconnect));
    // and a socket that cannot even begin is no different
    let tcp = TcpOptions::default().bind("[::1]:0".parse().unwrap());
    let error = builder::<R>(one).tcp(tcp).connect().await.unwrap_err();
    assert!(matches!(&error, ConnectError::Connect { attempts, .. } if attempts.len() == 1), "{error:?}");
}

pub(crate) async fn dead_address_first<R: Runtime + Default>() {
    let listener = listener::<R>().await;
    let (address, dead) = (listener.local_addr().unwrap(), Dead::new());
    let serving = async { serve(listener.accept().await.unwrap().0).await };
    let connecting = async {
        let addresses = [dead.address(), free(), address];
        builder::<R>(address).addresses(addresses).connect().await.unwrap().close().await.unwrap();
    };
    let ((_, error), ()) = both(serving, connecting).await;
    assert!(error.is_clean(), "{error}");
}

/// A host whose answers do not come: a socket whose queue of clients is full.
pub(super) struct Dead {
    socket: socket2::Socket,
    _waiting: Vec<std::net::TcpStream>,
}

impl Dead {
    pub(super) fn new() -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        socket.listen(0).unwrap();
        let mut dead = Self { socket, _waiting: Vec::new() };
        let begun = |address| TcpOptions::default().start(address).unwrap();
        dead._waiting = (0..8).map(|_| begun(dead.address())).collect();
        dead
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap().as_socket().unwrap()
    }
}

pub(crate) async fn last_handle_dropped<R: Runtime + Default>() {
    let listener = listener::<R>().await;
    let address = listener.local_addr().unwrap();
    let serving = async { serve(listener.accept().await.unwrap().0).await };
    let connecting = async { drop(builder::<R>(address).connect().await.unwrap()) };
    // the driver says close and ends: the listener sees a clean end
    let ((_, error), ()) = both(serving, connecting).await;
    assert!(error.is_clean(), "{error}");
}

pub(crate) async fn password_stays_here<R: Runtime + Default>() {
    let listener = listener::<R>().await;
    let address = listener.local_addr().unwrap();
    let stream = R::default().connect(address, &TcpOptions::default()).await.unwrap();
    let builder = builder::<R>(address).url("amqp://guest:secret@example.com").unwrap();
    let error = builder.connect_on(stream).await.unwrap_err();
    assert!(matches!(error, ConnectError::ClearText { .. }), "{error:?}");
    assert_eq!(error.recovery(), Recovery::GiveUp);
}

/// Runs a test in a process of its own, with `AMQP_TRACE` in its environment: all its connections are in the file, and
/// nothing of their logins.
pub(crate) fn recorded(test: &str) {
    let (_, test) = test.split_once("::").unwrap();
    let file = std::env::temp_dir().join(format!("amqp10-{}-{}.trace", std::process::id(), test.replace("::", "-")));
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", test]).env("AMQP_TRACE", &file).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    for end in ["\"conn\":1,\"dir\":\"c2s\"", "\"conn\":1,\"dir\":\"s2c\"", "\"conn\":2,"] {
        assert!(text.lines().any(|line| line.contains(end)), "{end}: {text}");
    }
    assert!(text.contains("414d515000010000") && !text.contains("414d515003010000"), "{text}");
}
