//! As [`cancel`](super::cancel), for the verbs that say more than their twins: with options, with an error, for a node.

use crate::support::*;
use amqp_async::proto::codec::{self, Condition, Outcome, SaslCode};
use amqp_async::proto::{CreditMode, LinkOptions, Mechanism, Outgoing, SaslClient, SaslListener, SessionOptions};
use amqp_async::{Connection, IncomingConnection};

fn why() -> codec::Error {
    codec::Error::new(Condition::RESOURCE_DELETED, "gone")
}

/// Again and again on a new pair, with one more poll each time, until that was enough.
fn at_every_point(attempt: impl Fn(&Pair, usize) -> bool) {
    let enough = (0..200).find(|polls| attempt(&Pair::open(), *polls));
    assert!(enough.expect("it never completes") > 0, "nothing was tested");
}

#[test]
fn with_options() {
    at_every_point(|pair, polls| {
        let _served = pair.serve();
        let done = poll_at_most(&pair.world, polls, pair.client.begin(SessionOptions::default())).is_some();
        pair.world.settle();
        assert!(pair.client.snapshot().sessions.is_empty() && pair.listener.snapshot().sessions.is_empty());
        done
    });
    at_every_point(|pair, polls| {
        let _served = pair.serve();
        let session = pair.world.run(pair.client.session()).unwrap();
        let options = LinkOptions::sender("name", "x");
        let done = poll_at_most(&pair.world, polls, session.attach_sender(options.clone())).is_some();
        let options = LinkOptions::receiver("other name", "x");
        let done = poll_at_most(&pair.world, polls, session.attach_receiver(options)).is_some() && done;
        pair.world.settle();
        assert!(pair.client.snapshot().sessions[0].links.is_empty());
        // the names are free again
        drop(pair.world.run(session.attach_sender(LinkOptions::sender("name", "x"))).unwrap());
        done
    });
}

#[test]
fn with_an_error() {
    at_every_point(|pair, polls| {
        let sessions = pair.session();
        let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
        let done = poll_at_most(&pair.world, polls, sender.close_with(why())).is_some();
        pair.world.settle();
        assert_eq!(sender.snapshot().is_none(), polls > 0, "once polled it takes its course");
        let told = pair.world.run_within(STEP / 2, receiver.detached()).and_then(|error| error.condition());
        assert_eq!(told, (polls > 0).then_some(Condition::RESOURCE_DELETED));
        pair.check_sound();
        done
    });
    at_every_point(|pair, polls| {
        let sessions = pair.session();
        let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
        let done = poll_at_most(&pair.world, polls, receiver.close_with(why())).is_some();
        pair.world.settle();
        let told = pair.world.run_within(STEP / 2, sender.detached()).and_then(|error| error.condition());
        assert_eq!(told, (polls > 0).then_some(Condition::RESOURCE_DELETED));
        pair.check_sound();
        done
    });
    at_every_point(|pair, polls| {
        let (ours, theirs) = pair.session();
        let done = poll_at_most(&pair.world, polls, ours.end_with(why())).is_some();
        pair.world.settle();
        let told = pair.world.run_within(STEP / 2, theirs.ended()).and_then(|error| error.condition());
        assert_eq!(told, (polls > 0).then_some(Condition::RESOURCE_DELETED));
        pair.check_sound();
        done
    });
    at_every_point(|pair, polls| {
        let done = poll_at_most(&pair.world, polls, pair.client.close_with(why())).is_some();
        pair.world.settle();
        let told = pair.world.run_within(STEP / 2, pair.listener.closed()).and_then(|error| error.condition());
        assert_eq!(told, (polls > 0).then_some(Condition::RESOURCE_DELETED));
        done
    });
}

#[test]
fn a_drain_that_is_wanted() {
    for polls in 0..4 {
        let pair = Pair::open();
        let sessions = pair.session();
        let (receiver, sender) = pair.receiving(&sessions, CreditMode::Manual);
        sender.hold_drains();
        receiver.add_credit(3).unwrap();
        assert!(poll_at_most(&pair.world, polls, sender.drain_wanted()).is_none());
        let draining = pair.world.spawn("drain", async move { receiver.drain().await });
        pair.world.settle();
        assert_eq!(poll_at_most(&pair.world, polls, sender.drain_wanted()).is_some(), polls > 0);
        // who was not told is told the next time
        pair.world.run(sender.drain_wanted()).unwrap();
        sender.drained().unwrap();
        pair.world.settle();
        assert!(matches!(draining.take(), Some(Ok(_))));
        assert_eq!(sender.credit(), 0);
    }
}

#[test]
fn a_data_section() {
    at_every_point(|pair, polls| {
        let sessions = pair.session();
        let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
        let mut writer = pair.world.run(sender.writer(Outgoing::default())).unwrap();
        let done = poll_at_most(&pair.world, polls, writer.write_data(vec![7; 100_000])).is_some();
        pair.world.run(writer.write_data(vec![8; 10])).unwrap();
        let settlement = pair.world.run(writer.finish(Vec::new())).unwrap();
        let delivery = pair.world.run(receiver.recv()).unwrap();
        let octets = delivery.message().unwrap().body.to_data().unwrap();
        assert_eq!(octets.len(), if polls > 0 { 100_010 } else { 10 }, "taken whole, or not at all");
        delivery.accept().unwrap();
        assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
        done
    });
}

/// A listener that looks away in the middle of a login loses nothing of it.
#[test]
fn login() {
    for polls in 0..20 {
        let world = World::new();
        let (near, far, _) = pipe(4096);
        let login = SaslClient::plain("me", "secret").insecure_allowed(true);
        let (client, driver) = Connection::client(&client_options(), Some(login), near.stream(), world.timer());
        world.drive(driver);
        let offered = SaslListener::new([Mechanism::Plain]).insecure_allowed(true);
        let (mut incoming, driver) =
            IncomingConnection::new(&listener_options(), Some(offered), far.stream(), world.timer());
        world.drive(driver);
        if poll_at_most(&world, polls, incoming.login()).is_none() {
            assert!(world.run(incoming.login()).unwrap().is_some());
        }
        incoming.answer(SaslCode::Ok).unwrap();
        world.run(incoming.open()).unwrap();
        world.run(client.opened()).unwrap();
    }
}

/// Who gives up a client that is not yet in gives up the connection: the client learns it, and both drivers end.
#[test]
fn open() {
    for polls in 0..20 {
        let (world, client, driver, incoming, listener_driver, _) = unopened();
        let drivers = [world.drive(driver), world.drive(listener_driver)];
        drop(poll_at_most(&world, polls, incoming.open()));
        assert!(world.run_within(STEP, client.closed()).is_some(), "after {polls} polls");
        world.advance(STEP);
        assert!(drivers.iter().all(|driver| driver.take().is_some()), "after {polls} polls");
    }
}
