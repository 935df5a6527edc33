//! Many links received from by one task.

use crate::support::*;
use amqp_async::proto::codec::{Condition, Error as Wire, Outcome};
use amqp_async::proto::{CreditMode, Outgoing, ReceiverId};
use amqp_async::{Delivery, Error, Receiver, ReceiverGone, ReceiverSet, Sender, Session};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// So many links in a set, and their senders in the order of the links' ids.
fn set_of(pair: &Pair, sessions: &(Session, Session), count: usize) -> (ReceiverSet, Vec<(ReceiverId, Sender)>) {
    let mut set = ReceiverSet::new(&pair.listener);
    let senders = (0..count).map(|_| {
        let (sender, receiver) = pair.sending(sessions, CreditMode::Auto(10));
        (set.add(receiver).unwrap(), sender)
    });
    let senders = senders.collect();
    (set, senders)
}

fn number(delivery: &Delivery) -> u8 {
    delivery.message().unwrap().body.to_data().unwrap()[0]
}

/// What is there of the set: link and number.
fn take(set: &mut ReceiverSet) -> Vec<(ReceiverId, u8)> {
    let mut taken = Vec::new();
    while let Some(delivery) = try_recv(set) {
        let delivery = delivery.unwrap();
        taken.push((delivery.receiver(), number(&delivery)));
        delivery.accept().unwrap();
    }
    taken
}

/// One poll, whose future is dropped afterwards.
fn try_recv(set: &mut ReceiverSet) -> Option<Result<Delivery, ReceiverGone>> {
    match pin!(set.recv()).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(taken) => Some(taken),
        Poll::Pending => None,
    }
}

#[test]
fn one_task_takes_what_comes_on_all_links_each_in_its_order() {
    let pair = Pair::open();
    let sessions = [pair.session(), pair.session()];
    let mut set = ReceiverSet::new(&pair.listener);
    let mut senders = Vec::new();
    for at in 0..40 {
        let (sender, receiver) = pair.sending(&sessions[at % 2], CreditMode::Auto(10));
        set.add(receiver).unwrap();
        senders.push(sender);
    }
    assert_eq!((set.len(), set.iter().count()), (40, 40));
    let receiving = pair.world.spawn("receive", async move {
        let mut seen = BTreeMap::<ReceiverId, Vec<u8>>::new();
        while seen.values().map(Vec::len).sum::<usize>() < 40 * 50 {
            let batch = set.recv_batch(64).await.unwrap();
            assert!(!batch.is_empty() && batch.len() <= 64);
            batch.iter().for_each(|delivery| seen.entry(delivery.receiver()).or_default().push(number(delivery)));
            batch.accept().unwrap();
        }
        (set, seen)
    });
    // five times the credit of each link
    let sending: Vec<_> =
        senders.into_iter().map(|sender| pair.world.spawn("send", send_numbers(sender, 50))).collect();
    pair.world.settle();
    let wakes = receiving.wakes();
    let (_set, seen) = receiving.take().expect("all have come");
    assert!(seen.len() == 40 && seen.values().all(|numbers| numbers.iter().copied().eq(0..50)), "{seen:?}");
    assert!(sending.iter().all(|task| task.take().is_some()), "all were accepted");
    assert!(wakes < 1000, "{wakes} wakes for 2000 messages");
}

/// The link stays until the sender is dropped.
async fn send_numbers(sender: Sender, count: u8) -> Sender {
    let mut settlements = Vec::new();
    for number in 0..count {
        settlements.push(sender.submit(vec![number]).await.unwrap());
    }
    for settlement in settlements {
        assert_eq!(settlement.await.unwrap(), Outcome::Accepted);
    }
    sender
}

#[test]
fn links_take_turns_whatever_one_of_them_has_waiting() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (mut set, senders) = set_of(&pair, &sessions, 3);
    for ((_, sender), count) in senders.iter().zip([8, 1, 2]) {
        (0..count).for_each(|number| drop(pair.world.run(sender.submit(vec![number])).unwrap()));
    }
    pair.world.settle();
    let [a, b, c] = [0, 1, 2].map(|at| senders[at].0);
    let first = [(a, 0), (b, 0), (c, 0), (a, 1), (c, 1)];
    let others = (2..8).map(|number| (a, number));
    assert_eq!(take(&mut set), first.into_iter().chain(others).collect::<Vec<_>>());
    pair.world.settle();
    assert!(senders.iter().all(|(_, sender)| sender.unsettled() == 0));
}

#[test]
fn a_link_that_ends_is_told_behind_what_it_had_and_others_go_on() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (mut set, senders) = set_of(&pair, &sessions, 2);
    let [(a, first), (b, second)] = &senders[..] else { panic!("two") };
    for number in [1, 2] {
        drop(pair.world.run(first.submit(vec![number])).unwrap());
    }
    let closing = pair.world.spawn("close", {
        let (first, error) = (first.clone(), Wire::new(Condition::INTERNAL_ERROR, "enough"));
        async move { first.close_with(error).await }
    });
    pair.world.settle();
    // in one batch with what had come before, the end is left for later
    let batch = pair.world.run(set.recv_batch(10)).unwrap();
    assert_eq!(batch.iter().map(number).collect::<Vec<_>>(), [1, 2]);
    drop(batch);
    let gone = pair.world.run(set.recv()).unwrap_err();
    assert_eq!(gone.receiver, Some(*a));
    assert!(matches!(*gone.error, Error::Detached(_)) && gone.to_string().contains("enough"), "{gone}");
    assert!(set.len() == 1 && set.get(*a).is_none() && set.get(*b).is_some());
    assert!(closing.take().is_some());
    drop(pair.world.run(second.submit(vec![3])).unwrap());
    pair.world.settle();
    assert_eq!(take(&mut set), [(*b, 3)]);
}

#[test]
fn the_end_of_the_connection_is_told_of_each_link_and_then_of_all() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (mut set, senders) = set_of(&pair, &sessions, 3);
    let mut empty = ReceiverSet::new(&pair.listener);
    let waiting = pair.world.spawn("nothing to receive from", async move { empty.recv().await.err() });
    pair.world.settle();
    assert!(waiting.take().is_none(), "it waits");
    pair.world.run(pair.client.close()).unwrap();
    let mut told: Vec<_> = (0..4).map(|_| pair.world.run(set.recv()).unwrap_err().receiver).collect();
    assert_eq!(told.pop(), Some(None));
    assert_eq!(told, senders.iter().map(|(id, _)| Some(*id)).collect::<Vec<_>>());
    assert!(set.is_empty() && waiting.take().flatten().is_some_and(|gone| gone.receiver.is_none()));
}

#[test]
fn a_dropped_future_takes_nothing_and_whoever_waits_next_is_woken() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (mut set, senders) = set_of(&pair, &sessions, 2);
    assert!(try_recv(&mut set).is_none());
    let receiving = pair.world.spawn("receive", async move {
        // polled, dropped, and polled anew, each time by what woke the task
        let taken = poll_fn(|cx| pin!(set.recv_batch(10)).poll(cx)).await.unwrap();
        (set, taken.iter().map(number).collect::<Vec<_>>())
    });
    pair.world.settle();
    for (at, (_, sender)) in senders.iter().enumerate() {
        drop(pair.world.run(sender.submit(vec![at as u8])).unwrap());
    }
    pair.world.settle();
    let (mut set, mut taken) = receiving.take().expect("it was woken");
    taken.extend(take(&mut set).into_iter().map(|(_, number)| number));
    assert_eq!(taken, [0, 1]);
}

#[test]
fn dropped_after_any_poll_nothing_is_lost_of_what_many_links_bring() {
    for times in 0..4 {
        let pair = Pair::open();
        let sessions = pair.session();
        let (mut set, senders) = set_of(&pair, &sessions, 3);
        let mut taken = Vec::new();
        for round in 0..6 {
            for (_, sender) in &senders {
                drop(pair.world.run(sender.submit(vec![round])).unwrap());
            }
            if let Some(delivery) = poll_at_most(&pair.world, times, set.recv()) {
                taken.push(delivery.unwrap());
            }
            if let Some(batch) = poll_at_most(&pair.world, times, set.recv_batch(2)) {
                taken.extend(batch.unwrap());
            }
        }
        pair.world.settle();
        while taken.len() < 18 {
            taken.extend(pair.world.run(set.recv_batch(64)).unwrap());
        }
        for (id, _) in &senders {
            let of_link = taken.iter().filter(|delivery| delivery.receiver() == *id);
            assert!(of_link.map(number).eq(0..6), "{times} polls");
        }
    }
}

#[test]
fn what_has_come_before_it_was_added_is_there_and_what_comes_after_it_was_removed_stays() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (sender, receiver) = pair.sending(&sessions, CreditMode::Auto(10));
    drop(pair.world.run(sender.submit(vec![1])).unwrap());
    pair.world.settle();
    let mut set = ReceiverSet::new(&pair.listener);
    let id = set.add(receiver).unwrap();
    assert_eq!(take(&mut set), [(id, 1)]);
    drop(pair.world.run(sender.submit(vec![2])).unwrap());
    pair.world.settle();
    let receiver = set.remove(id).unwrap();
    assert!(set.is_empty() && set.remove(id).is_none() && try_recv(&mut set).is_none());
    let delivery = pair.world.run(receiver.recv()).unwrap();
    assert_eq!(number(&delivery), 2);
    // into another, where its place is the same
    let mut other = ReceiverSet::new(&pair.listener);
    other.add(receiver).unwrap();
    drop(pair.world.run(sender.submit(vec![3])).unwrap());
    pair.world.settle();
    assert!(try_recv(&mut set).is_none());
    drop(set);
    assert_eq!(take(&mut other), [(id, 3)]);
}

#[test]
fn a_receiver_of_another_connection_is_handed_back() {
    let [pair, other] = [Pair::open(), Pair::open()];
    let sessions = other.session();
    let (sender, receiver) = other.sending(&sessions, CreditMode::Auto(10));
    let id = receiver.id();
    let receiver: Arc<Receiver> = ReceiverSet::new(&pair.listener).add(receiver).unwrap_err();
    assert_eq!(receiver.id(), id);
    let sending = other.world.spawn("send", async move { sender.send("still there").await });
    other.world.run(receiver.recv()).unwrap().accept().unwrap();
    other.world.settle();
    assert_eq!(sending.take().unwrap().unwrap(), Outcome::Accepted);
}

#[test]
fn a_message_read_in_pieces_meanwhile_holds_up_no_other_link() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (mut set, senders) = set_of(&pair, &sessions, 2);
    let [(a, first), (b, second)] = &senders[..] else { panic!("two") };
    let writer = pair.world.run(first.writer(Outgoing::new("begun"))).unwrap();
    let mut reader = pair.world.run(set.get(*a).unwrap().reader()).unwrap();
    drop(pair.world.run(second.submit(vec![1])).unwrap());
    pair.world.settle();
    assert_eq!(take(&mut set), [(*b, 1)]);
    let finished = pair.world.run(writer.finish("ended")).unwrap();
    drop(pair.world.run(first.submit(vec![2])).unwrap());
    pair.world.settle();
    assert_eq!(take(&mut set), [], "it is not read to its end");
    while pair.world.run(reader.piece()).unwrap().is_some() {}
    reader.accept().unwrap();
    assert_eq!(take(&mut set), [(*a, 2)]);
    assert_eq!(pair.world.run(finished).unwrap(), Outcome::Accepted);
}
