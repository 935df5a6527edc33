//! Every future of the handles, dropped at every point where it can be: nobody else notices, credit is
//! conserved, nothing is lost, nothing is left behind.

use crate::support::*;
use amqp_async::proto::codec::Outcome;
use amqp_async::proto::{CreditMode, LinkOptions};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};

/// Runs `attempt` on a fresh pair with one more poll each time until it completes within its polls. It is
/// told how many polls its future gets, and says whether that was enough.
fn at_every_point(attempt: impl Fn(&Pair, usize) -> bool) {
    for polls in 0.. {
        let pair = Pair::open();
        if attempt(&pair, polls) {
            assert!(polls > 0, "nothing was tested");
            return;
        }
        assert!(polls < 200, "it never completes");
    }
}

/// The connection carries a message, with nothing of the dropped future left on it.
#[track_caller]
fn check_sound(pair: &Pair, served: &Rc<RefCell<Served>>, sessions: usize) {
    pair.world.settle();
    assert_eq!(pair.client.snapshot().sessions.len(), sessions, "sessions at the client");
    assert_eq!(pair.listener.snapshot().sessions.len(), sessions, "sessions at the listener");
    let client = pair.client.clone();
    let sent = pair.world.run(async move {
        let session = client.session().await?;
        let sender = session.sender("check").await?;
        Ok::<_, amqp_async::Error>(sender.send(b"sound".to_vec()).await)
    });
    assert!(matches!(sent, Ok(Ok(Outcome::Accepted))), "{sent:?}");
    assert_eq!(served.borrow().bodies.last().map(|body| &body[..]), Some(&b"sound"[..]));
}

#[test]
fn opened() {
    for polls in 0..20 {
        let (world, client, client_driver, listener, listener_driver, _) = unopened();
        world.drive(client_driver);
        world.drive(listener_driver);
        let _ = poll_at_most(&world, polls, client.opened());
        let listener = world.run(listener.open()).unwrap();
        world.run(client.opened()).unwrap();
        drop(listener);
    }
}

#[test]
fn begin() {
    at_every_point(|pair, polls| {
        let served = pair.serve();
        let done = poll_at_most(&pair.world, polls, pair.client.session()).is_some();
        check_sound(pair, &served, 0);
        done
    });
}

#[test]
fn attach_of_either_role() {
    at_every_point(|pair, polls| {
        let served = pair.serve();
        let session = pair.world.run(pair.client.session()).unwrap();
        let done = poll_at_most(&pair.world, polls, session.sender("x")).is_some();
        pair.world.settle();
        assert!(pair.client.snapshot().sessions[0].links.is_empty());
        assert!(pair.listener.snapshot().sessions[0].links.is_empty());
        check_sound(pair, &served, 1);
        done
    });
    at_every_point(|pair, polls| {
        let served = pair.serve();
        let session = pair.world.run(pair.client.session()).unwrap();
        let done = poll_at_most(&pair.world, polls, session.receiver("x")).is_some();
        pair.world.settle();
        assert!(pair.client.snapshot().sessions[0].links.is_empty());
        assert!(pair.listener.snapshot().sessions[0].links.is_empty());
        check_sound(pair, &served, 1);
        done
    });
}

/// Sends one message of `size` octets, dropped after so many polls; then another, which must come whole
/// and find its credit.
fn send_dropped(pair: &Pair, polls: usize, size: usize) -> bool {
    let served = pair.serve();
    let session = pair.world.run(pair.client.session()).unwrap();
    let sender = pair.world.run(session.sender("x")).unwrap();
    pair.world.settle();
    let done = poll_at_most(&pair.world, polls, sender.send(vec![b'a'; size])).is_some();
    let outcome = pair.world.run(sender.send(vec![b'b'; size])).unwrap();
    assert!(matches!(outcome, Outcome::Accepted));
    pair.world.settle();
    let bodies = std::mem::take(&mut served.borrow_mut().bodies);
    let (last, before) = bodies.split_last().unwrap();
    assert!(last.len() == size && last.iter().all(|octet| *octet == b'b'));
    assert!(before.len() <= 1 && before.iter().all(|body| body.len() == size), "all of it or nothing");
    assert_eq!(before.len(), usize::from(polls > 0), "once polled it is handed over, since nothing blocks");
    assert_eq!(sender.unsettled(), 0);
    assert_eq!(sender.credit(), served.borrow().receivers[0].credit(), "both ends count the same credit");
    check_sound(pair, &served, 1);
    done
}

#[test]
fn send_of_one_frame_and_of_many() {
    at_every_point(|pair, polls| send_dropped(pair, polls, 100));
    at_every_point(|pair, polls| send_dropped(pair, polls, 300_000));
}

#[test]
fn submit_that_waits_for_credit() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    for polls in 0..5 {
        assert!(poll_at_most(&pair.world, polls, sender.submit("dropped")).is_none());
    }
    receiver.add_credit(1).unwrap();
    pair.world.settle();
    let settlement = pair.world.run(sender.submit("sent")).unwrap();
    let delivery = pair.world.run(receiver.recv()).unwrap();
    assert_eq!(delivery.message().unwrap().body.as_str(), Some("sent"), "the credit was not used up");
    delivery.accept().unwrap();
    assert!(matches!(pair.world.run(settlement), Ok(Outcome::Accepted)));
    assert_eq!((sender.credit(), receiver.credit()), (0, 0));
}

#[test]
fn a_waiter_that_is_dropped_when_called_passes_the_call_on() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Manual);
    let signal = Signal::new();
    let waker = Waker::from(Arc::clone(&signal));
    let mut first = Box::pin(sender.submit("first"));
    assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let waiting = |text: &'static str| {
        let sender = sender.clone();
        pair.world.spawn(text, async move { sender.submit(text).await.map(drop) })
    };
    let others = [waiting("second"), waiting("third")];
    pair.world.settle();
    receiver.add_credit(2).unwrap();
    pair.world.settle();
    assert_eq!(signal.count.load(Ordering::SeqCst), 1, "it has been called");
    assert!(others.iter().all(|other| other.take().is_none()), "and nobody else");
    drop(first);
    pair.world.settle();
    assert!(others.iter().all(|other| other.take().is_some()), "both credits are used");
}

#[test]
fn settlement() {
    at_every_point(|pair, polls| {
        let served = pair.serve();
        let session = pair.world.run(pair.client.session()).unwrap();
        let sender = pair.world.run(session.sender("x")).unwrap();
        let settlement = pair.world.run(sender.submit(b"1".to_vec())).unwrap();
        let done = poll_at_most(&pair.world, polls, settlement).is_some();
        assert!(matches!(pair.world.run(sender.send(b"2".to_vec())), Ok(Outcome::Accepted)));
        assert_eq!(served.borrow().bodies.len(), 2);
        check_sound(pair, &served, 1);
        done
    });
}

#[test]
fn recv() {
    at_every_point(|pair, polls| {
        let served = pair.serve();
        let session = pair.world.run(pair.client.session()).unwrap();
        let options = LinkOptions { credit: CreditMode::Auto(4), ..LinkOptions::receiver("in", "numbers") };
        let receiver = pair.world.run(session.attach_receiver(options)).unwrap();
        let mut next = 0_u64;
        let first = poll_at_most(&pair.world, polls, receiver.recv());
        let done = first.is_some();
        if let Some(delivery) = first {
            delivery.unwrap().accept().unwrap();
            next = 1;
        }
        for number in next..20 {
            let delivery = pair.world.run(receiver.recv()).unwrap();
            let body = delivery.message().unwrap().body.to_data().unwrap();
            assert_eq!(&body[..], number.to_be_bytes(), "nothing is lost");
            delivery.accept().unwrap();
        }
        pair.world.settle();
        assert_eq!(receiver.unsettled(), 4, "those that wait");
        check_sound(pair, &served, 1);
        done
    });
}

#[test]
fn detach_end_and_close() {
    at_every_point(|pair, polls| {
        let served = pair.serve();
        let session = pair.world.run(pair.client.session()).unwrap();
        let sender = pair.world.run(session.sender("x")).unwrap();
        let done = poll_at_most(&pair.world, polls, sender.close()).is_some();
        pair.world.settle();
        assert_eq!(pair.client.snapshot().sessions[0].links.is_empty(), polls > 0, "once polled it takes its course");
        check_sound(pair, &served, 1);
        done
    });
    at_every_point(|pair, polls| {
        let served = pair.serve();
        let session = pair.world.run(pair.client.session()).unwrap();
        let done = poll_at_most(&pair.world, polls, session.end()).is_some();
        check_sound(pair, &served, usize::from(polls == 0));
        done
    });
    at_every_point(|pair, polls| {
        let done = poll_at_most(&pair.world, polls, pair.client.close()).is_some();
        pair.world.settle();
        assert_eq!(pair.client_driver.take().is_some(), polls > 0);
        done
    });
}

#[test]
fn drain() {
    at_every_point(|pair, polls| {
        let sessions = pair.session();
        let (receiver, sender) = pair.receiving(&sessions, CreditMode::Auto(10));
        let done = poll_at_most(&pair.world, polls, receiver.drain()).is_some();
        pair.world.settle();
        assert_eq!(sender.credit(), receiver.credit());
        assert_eq!(sender.credit() == 0, polls > 0);
        pair.check_sound();
        done
    });
}

#[test]
fn waiting_for_the_peer_to_ask() {
    let pair = Pair::open();
    for polls in 0..4 {
        assert!(poll_at_most(&pair.world, polls, pair.listener.incoming_session()).is_none());
    }
    let sessions = pair.session();
    for polls in 0..4 {
        assert!(poll_at_most(&pair.world, polls, sessions.1.incoming_link()).is_none());
    }
    let (sender, _receiver) = pair.sending(&sessions, CreditMode::Auto(1));
    assert_eq!(sender.why_blocked(), None);
}
