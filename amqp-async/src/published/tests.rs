//! What a look sees and costs, and what being looked at costs.

use super::Published;
use crate::connection::ConnectionRoot;
use crate::error::Step;
use crate::link::LinkRoot;
use crate::options::Options;
use crate::receiver::Receiver;
use crate::session::{Session, SessionRoot};
use crate::state::Shared;
use amqp_proto::codec::SequenceNo;
use amqp_proto::{Config, Connection, CreditMode, Instant, LinkOptions, SessionOptions, Windows};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

fn connection() -> Arc<ConnectionRoot> {
    let options = Options::client(Config::builder("client").build().unwrap());
    let machine = Connection::client(options.config.clone(), None, Instant::ZERO);
    Arc::new(ConnectionRoot { shared: Shared::new(machine, Step::Open, &options) })
}

fn begin(connection: &Arc<ConnectionRoot>) -> Session {
    Session::new(SessionRoot::begin(connection, SessionOptions::default()).unwrap())
}

fn session() -> Session {
    begin(&connection())
}

fn receiver(session: &Session, name: &str) -> Receiver {
    let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver(name, "queue") };
    Receiver::new(LinkRoot::attach(session.root(), false, |mut session| session.attach_receiver(options)).unwrap())
}

/// How long each takes: the quickest of many, so that whatever else this machine does is not counted.
fn each(mut act: impl FnMut()) -> Duration {
    let batch = 1000;
    let mut time = || {
        let begin = std::time::Instant::now();
        (0..batch).for_each(|_| act());
        begin.elapsed()
    };
    (0..200).map(|_| time()).min().unwrap() / batch
}

/// Takes less than 100 ns; what is not optimized takes ten times as long.
fn takes_next_to_no_time(look: impl FnMut()) {
    let bound = Duration::from_nanos(if cfg!(debug_assertions) { 1000 } else { 100 });
    let each = each(look);
    assert!(each < bound, "{each:?}");
}

#[test]
fn what_is_read_is_what_was_shown() {
    let mut number = 0;
    let mut next = || {
        number += 0x0123_4567;
        number
    };
    let all = Windows {
        next_incoming_id: Some(SequenceNo(next())),
        incoming_window: next(),
        incoming_window_max: next(),
        buffered: next(),
        buffered_octets: u64::MAX - 1,
        next_outgoing_id: SequenceNo(next()),
        outgoing_window: next(),
        remote_incoming_window: next(),
        remote_outgoing_window: next(),
    };
    let published = Published::new(session().root().id, &all);
    assert_eq!(published.get(), Some(all));
    let begun = Windows { next_incoming_id: None, ..all };
    assert!(published.set(Some(&begun)) && !published.set(Some(&begun)));
    assert_eq!(published.get(), Some(begun));
    let full = Windows { next_incoming_id: Some(SequenceNo(u32::MAX)), buffered_octets: u64::MAX, ..all };
    published.set(Some(&full));
    assert_eq!(published.get(), Some(full));
    published.set(None);
    assert_eq!(published.get(), None);
}

#[test]
#[cfg_attr(miri, ignore = "time says nothing under Miri")]
fn s8_6_a_look_at_the_windows_takes_no_lock_and_next_to_no_time() {
    let session = session();
    assert_eq!(session.windows().unwrap().incoming_window_max, 2048);
    session.set_incoming_window(7).unwrap();
    // would stand still for ever if it took this
    let locked = session.root().shared().lock();
    assert_eq!(session.windows().unwrap().incoming_window_max, 7, "as the handle left them");
    takes_next_to_no_time(|| assert!(black_box(&session).windows().is_some()));
    drop(locked);
}

#[test]
#[cfg_attr(miri, ignore = "time says nothing under Miri")]
fn s8_6_a_look_at_the_credit_takes_no_lock_and_next_to_no_time() {
    let session = session();
    let receiver = receiver(&session, "receiver");
    let options = LinkOptions::sender("sender", "queue");
    let sender = LinkRoot::attach(session.root(), false, |mut session| session.attach_sender(options)).unwrap();
    let sender = crate::sender::Sender::new(sender);
    assert_eq!((receiver.credit(), sender.credit()), (0, 0));
    receiver.set_credit(7).unwrap();
    // would stand still for ever if it took this
    let locked = session.root().shared().lock();
    assert_eq!((receiver.credit(), sender.credit()), (7, 0), "as the handle left it");
    takes_next_to_no_time(|| assert_eq!(black_box(&receiver).credit(), 7));
    takes_next_to_no_time(|| assert_eq!(black_box(&sender).credit(), 0));
    drop(locked);
}

#[test]
#[cfg_attr(miri, ignore = "time says nothing under Miri")]
fn s8_6_a_turn_of_a_link_costs_the_same_however_many_are_looked_at() {
    let connection = connection();
    let sessions: Vec<Session> = (0..200).map(|_| begin(&connection)).collect();
    let links: Vec<Receiver> = (0..200).map(|number| receiver(&sessions[0], &number.to_string())).collect();
    let turn = || assert!(black_box(&links)[0].try_recv().unwrap().is_none());
    assert!(links[0].credit() == 0 && sessions[0].windows().is_some());
    let alone = each(turn);
    links.iter().for_each(|link| assert_eq!(link.credit(), 0));
    let among_links = each(turn);
    assert!(among_links < 5 * alone, "{among_links:?}, {alone:?} if there is no other");
    sessions.iter().for_each(|session| assert!(session.windows().is_some()));
    let among_sessions = each(turn);
    assert!(among_sessions < 5 * alone, "{among_sessions:?}, {alone:?} if there is no other");
}
