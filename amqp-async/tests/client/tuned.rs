//! Credit that follows what comes.

use crate::relay::slow_pipe;
use crate::support::*;
use amqp_async::client::TunedReceiver;
use amqp_async::proto::{Config, CreditMode, LinkOptions, SessionOptions};
use amqp_async::{Connection, IncomingConnection, IncomingLink, Options, Receiver, Session, Timer};
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A client that is to receive from a listener so far away, which sends messages of this size: as many as it may, or one
/// in each such time.
fn far_away(round_trip: Duration, size: usize, every: Option<Duration>) -> (World, Session, Receiver) {
    let world = World::new();
    let (near, far, _) = slow_pipe(&world, round_trip / 2);
    let options = |name| Config::builder(name).idle_time_out(None).build().unwrap();
    let (client, driver) = Connection::client(&Options::client(options("client")), None, near, world.timer());
    world.spawn("client", driver);
    let (incoming, driver) = IncomingConnection::new(&Options::listener(options("listener")), None, far, world.timer());
    world.spawn("listener", driver);
    let mut timer = world.timer();
    world.spawn("send", async move {
        let peer = incoming.open().await.unwrap();
        let session = peer.incoming_session().await.unwrap().accept(SessionOptions::default()).unwrap();
        let IncomingLink::Sender(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions::answering(link.attach());
        let sender = link.accept(options).unwrap();
        while let Ok(settlement) = sender.submit(vec![7; size]).await {
            drop(settlement);
            if let Some(every) = every {
                let at = timer.now().saturating_add(every);
                poll_fn(|cx| timer.poll_until(cx, at)).await;
            }
        }
    });
    let session = world.run_within(SECOND, client.session()).unwrap().unwrap();
    let options = LinkOptions { credit: CreditMode::Manual, ..LinkOptions::receiver("in", "queue") };
    let receiver = world.run_within(SECOND, session.attach_receiver(options)).unwrap().unwrap();
    (world, session, receiver)
}

/// How many messages come in the second half of so much time, and the most credit that is out then.
fn rate(world: &World, receiver: TunedReceiver, time: Duration) -> (usize, u32) {
    let (count, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (counter, highest) = (Rc::clone(&count), Rc::clone(&most));
    world.spawn("receive", async move {
        while let Ok(delivery) = receiver.recv().await {
            counter.set(counter.get() + 1);
            highest.set(highest.get().max(receiver.receiver().credit()));
            delivery.accept().unwrap();
        }
    });
    world.advance(time / 2);
    let before = count.get();
    most.set(0);
    world.advance(time / 2);
    (count.get() - before, most.get())
}

#[test]
fn s7_7_credit_by_rate_keeps_a_distant_sender_busy_and_no_more_out_than_that_takes() {
    let round_trip = Duration::from_millis(20);
    // one who sends whatever may be sent: the credit is what bounds it
    let (world, _session, receiver) = far_away(round_trip, 10, None);
    let tuned = world.run_within(SECOND, TunedReceiver::by_rate(receiver, 10, 500, SECOND)).unwrap().unwrap();
    let (came, _) = rate(&world, tuned, 4 * SECOND);
    let ideal = 500 * 2 * 50;
    assert!(came * 10 >= ideal * 9, "{came} of {ideal}");
    // one who has a message each millisecond: 20 are under way, and credit is renewed at half
    let (world, _session, receiver) = far_away(round_trip, 10, Some(Duration::from_millis(1)));
    let tuned = world.run_within(SECOND, TunedReceiver::by_rate(receiver, 1, 500, SECOND)).unwrap().unwrap();
    let (came, most) = rate(&world, tuned, 4 * SECOND);
    assert!(came >= 1900 && most <= 80, "{came} of 2000 with {most} out");
}

#[test]
fn credit_by_octets_lets_in_no_more_than_those() {
    const BUDGET: u64 = 100_000;
    for size in [100, 5000, 60_000] {
        let (world, session, receiver) = far_away(Duration::from_millis(2), size, None);
        let tuned = TunedReceiver::by_octets(receiver, BUDGET, 1000).unwrap();
        for _ in 0..200 {
            world.run_within(SECOND, tuned.recv()).unwrap().unwrap().accept().unwrap();
        }
        // nobody takes any more
        world.advance(SECOND);
        let unread = session.windows().unwrap().buffered_octets;
        let most = BUDGET.min(1000 * (size as u64 + 10));
        assert!(unread <= BUDGET && unread * 3 >= most, "{size}: {unread} octets");
    }
}
