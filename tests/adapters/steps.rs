//! A peer that falls silent, or goes, at each step: a typed error that names it.

use super::basics::Dead;
use super::guarantees::poll_at_most;
use super::support::*;
use amqp_async::connect::{Builder, ConnectError, ConnectTimeouts, Runtime};
use amqp_async::proto::Config;
use amqp_async::{Fault, Recovery, Step};
use std::net::SocketAddr;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(300);

fn hasty<R: Runtime + Default>(address: SocketAddr) -> Builder<R> {
    Builder::<R>::new(Config::builder("client").handshake_timeout(Some(SHORT))).addresses([address])
}

#[track_caller]
fn check_timed_out(error: &ConnectError, expected: Step) {
    assert!(matches!(error, ConnectError::TimedOut { step, .. } if *step == expected), "{error:?}");
    assert!(error.to_string().contains(&expected.to_string()), "{error}");
    assert_eq!((error.fault(), error.recovery()), (Fault::Timeout, Recovery::Reconnect));
}

pub(crate) async fn silent_in_tcp<R: Runtime + Default>() {
    let dead = Dead::new();
    let timeouts = ConnectTimeouts { tcp: Some(SHORT), ..ConnectTimeouts::default() };
    let error = hasty::<R>(dead.address()).connect_timeouts(timeouts).connect().await.unwrap_err();
    check_timed_out(&error, Step::Connect);
}

pub(crate) async fn silent_in_login<R: Runtime + Default>() {
    for lines in [vec![], vec![OFFER]] {
        let error = hasty::<R>(raw_peer(lines, Then::Silence)).connect().await.unwrap_err();
        check_timed_out(&error, Step::Login);
    }
}

pub(crate) async fn silent_in_open<R: Runtime + Default>() {
    let error = hasty::<R>(raw_peer(vec![OFFER, WELCOME], Then::Silence)).connect().await.unwrap_err();
    check_timed_out(&error, Step::Open);
    let error = hasty::<R>(raw_peer(vec![], Then::Silence)).without_login().connect().await.unwrap_err();
    check_timed_out(&error, Step::Open);
}

pub(crate) async fn ends_in_login<R: Runtime + Default>() {
    for lines in [vec![], vec![OFFER]] {
        let error = builder::<R>(raw_peer(lines, Then::End)).connect().await.unwrap_err();
        assert!(matches!(error, ConnectError::Open { .. }), "{error:?}");
        assert_eq!((error.fault(), error.recovery()), (Fault::Transport, Recovery::Reconnect), "{error:?}");
    }
}

pub(crate) async fn ends_in_open<R: Runtime + Default>() {
    let error = builder::<R>(raw_peer(vec![OFFER, WELCOME], Then::End)).connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Open { .. }), "{error:?}");
    assert_eq!((error.fault(), error.recovery()), (Fault::Transport, Recovery::Reconnect), "{error:?}");
}

/// Whoever gives up leaves nothing: the peer sees the end at once.
pub(crate) async fn dropped_while_connecting<R: Runtime + Default>() {
    let listener = listener::<R>().await;
    let address = listener.local_addr().unwrap();
    let connecting = builder::<R>(address).connect();
    let accepting = async {
        let (mut incoming, _) = listener.accept().await.unwrap();
        incoming.login().await.unwrap();
        incoming
    };
    let incoming = first(async { Err(connecting.await) }, async { Ok(accepting.await) }).await;
    let error = incoming.expect("the client waits for an answer").open().await.unwrap_err();
    assert_eq!(error.fault(), Fault::Transport, "{error}");
}

/// Connecting and accepting, dropped wherever they stand: whoever comes next is let in.
pub(crate) async fn given_up_anywhere<R: Runtime + Default>() {
    let listener = listener::<R>().await;
    let address = listener.local_addr().unwrap();
    let serving = async {
        loop {
            for polls in 0..3 {
                // one that is there already is turned away
                drop(poll_at_most(polls, listener.accept()).await);
            }
            serve(listener.accept().await.unwrap().0).await;
        }
    };
    let connecting = async {
        for polls in 0..40 {
            drop(poll_at_most(polls, builder::<R>(address).connect()).await);
        }
        // who was given up before comes first; of those behind, two at most are turned away between two that are let in
        for _ in 0..3 {
            if let Ok(connection) = builder::<R>(address).connect().await {
                return send(&connection, 10).await;
            }
        }
        panic!("nobody is let in any more");
    };
    first(serving, connecting).await;
}
