//! Queues, batches, retries, requests: what makes sending convenient.

use crate::broker::Broker;
use amqp_async::client::{
    Backoff, BatchSendError, BatchSender, InFlight, LinkPolicy, OnFailure, QueueError, Random, ReconnectPolicy,
    RequestClient, RequestError, Resilient, ResilientSender, RetryPolicy, SendQueue,
};
use amqp_async::proto::codec::{Message, Modified, Outcome};
use amqp_async::proto::{LinkOptions, SessionOptions};
use amqp_async::{SendError, Session};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn resilient(broker: &Broker) -> Resilient {
    let policy = ReconnectPolicy { backoff: Backoff::doubling_from_1s(), ..ReconnectPolicy::default() };
    let (resilient, supervisor) =
        Resilient::with_random(policy, broker.connector(), broker.world.timer(), Random::new(1));
    broker.world.spawn("supervisor", supervisor);
    resilient
}

fn sender(resilient: &Resilient) -> ResilientSender {
    let policy =
        LinkPolicy { in_flight: InFlight::Resend, backoff: Backoff::doubling_from_1s(), ..LinkPolicy::default() };
    resilient.session(SessionOptions::default()).sender(LinkOptions::sender("out", "queue"), policy)
}

fn session(broker: &Broker, resilient: &Resilient) -> Session {
    let connection = broker.world.run(resilient.connection(None)).unwrap();
    broker.world.run(connection.session()).unwrap()
}

#[test]
fn a_message_is_sent_again_by_what_became_of_it() {
    let broker = Broker::new();
    let sender = sender(&resilient(&broker));
    let policy = RetryPolicy { backoff: Backoff::doubling_from_1s(), ..RetryPolicy::default() };
    let again = Outcome::Modified(Box::new(Modified { delivery_failed: true, ..Modified::default() }));
    broker.log().outcomes = vec![Outcome::Released, again];
    let sent = broker.world.run_within(3 * SECOND, sender.send_retrying("x", policy.clone()));
    assert!(matches!(sent, Some(Ok(Outcome::Accepted))), "{sent:?}");
    assert_eq!((broker.log().bodies.len(), broker.world.now()), (3, 3 * SECOND));
    // four times at most
    broker.log().outcomes = vec![Outcome::Released; 9];
    let sent = broker.world.run_within(100 * SECOND, sender.send_retrying("y", policy));
    assert!(matches!(sent, Some(Ok(Outcome::Released))), "{sent:?}");
    assert_eq!(broker.log().bodies.len(), 7);
}

#[test]
fn a_queue_is_bounded_flushes_and_reports_each_message_once() {
    let broker = Broker::new();
    broker.log().down = true;
    let resilient = resilient(&broker);
    let (queue, worker) = SendQueue::new(sender(&resilient), 3);
    broker.world.spawn("queue", worker);
    for number in 0..3 {
        queue.try_push(format!("{number}")).unwrap();
    }
    broker.world.settle();
    assert!(matches!(queue.try_push("3"), Err(QueueError::Full(_))));
    let waiting = broker.world.spawn("push", {
        let queue = queue.clone();
        async move { queue.push("3").await }
    });
    broker.world.settle();
    assert!(waiting.take().is_none());
    broker.log().outcomes = vec![Outcome::Accepted, Outcome::Rejected(Box::default())];
    broker.start();
    let report = broker.world.run_within(5 * SECOND, queue.flush()).unwrap();
    assert!(matches!(waiting.take(), Some(Ok(()))));
    assert_eq!((report.accepted, report.failed.len(), report.unsent.len()), (3, 1, 0));
    let (message, result) = &report.failed[0];
    assert!(message.body.as_str() == Some("1") && matches!(result, Ok(Outcome::Rejected(_))));
    assert_eq!(broker.log().bodies, ["0", "1", "2", "3"]);
    assert_eq!(broker.world.run(queue.flush()).accepted, 0, "told once");

    // across a restart, in order
    queue.try_push("4").unwrap();
    broker.stop();
    queue.try_push("5").unwrap();
    broker.start();
    let report = broker.world.run_within(60 * SECOND, queue.close()).unwrap();
    assert_eq!((report.accepted, report.failed.len()), (2, 0));
    assert!(matches!(broker.world.run(queue.push("6")), Err(QueueError::Closed(_))));
}

#[test]
fn a_queue_without_a_connection_gives_back_what_was_not_sent() {
    let broker = Broker::new();
    broker.log().down = true;
    let resilient = resilient(&broker);
    let (queue, worker) = SendQueue::new(sender(&resilient), 10);
    let worker = broker.world.spawn("queue", worker);
    (0..3).for_each(|number| queue.try_push(format!("{number}")).unwrap());
    broker.world.settle();
    worker.cancel();
    let report = broker.world.run(queue.flush());
    assert_eq!((report.failed.len(), report.unsent.len()), (1, 2), "one was being handed over");
}

#[test]
fn batches_never_exceed_what_the_link_takes() {
    let broker = Broker::new();
    broker.log().max_message_size = Some(500);
    let resilient = resilient(&broker);
    let session = session(&broker, &resilient);
    let sender = broker.world.run(session.sender("queue")).unwrap();
    let envelope = Message::builder().message_annotation("x-opt-partition-key", "north").build();
    let mut batches = BatchSender::with_envelope(sender, envelope);
    let mut sent = Vec::new();
    let texts: Vec<String> = (0..200).map(|number| "x".repeat(number % 90)).collect();
    for text in &texts {
        sent.extend(broker.world.run(batches.push(&Message::from(text.as_str()))).unwrap());
    }
    let huge = Message::from("y".repeat(600).as_str());
    assert!(matches!(broker.world.run(batches.push(&huge)), Err(BatchSendError::TooLarge(_))));
    sent.extend(broker.world.run(batches.flush()).unwrap());
    assert!(batches.is_empty() && broker.world.run(batches.flush()).unwrap().is_none());
    assert!(sent.len() > 10);
    for settlement in sent {
        assert_eq!(broker.world.run(settlement).unwrap(), Outcome::Accepted);
    }
    assert_eq!(broker.log().bodies, texts);
    assert!(broker.log().batches.iter().all(|size| *size <= 500), "{:?}", broker.log().batches);
}

#[test]
fn requests_find_their_replies_in_whatever_order_they_come() {
    let broker = Broker::new();
    let resilient = resilient(&broker);
    let session = session(&broker, &resilient);
    let client = broker.world.run(RequestClient::attach(&session, "service")).unwrap();
    let reply = broker.world.run(client.call("hello", SECOND)).unwrap();
    assert_eq!(reply.body.as_str(), Some("re: hello"));

    broker.log().hold = true;
    let calls: Vec<_> = (0..5)
        .map(|number| {
            let client = client.clone();
            broker.world.spawn("call", async move { client.call(format!("{number}"), 10 * SECOND).await })
        })
        .collect();
    broker.world.settle();
    assert_eq!(client.waiting(), 5);
    calls[2].cancel();
    let held = std::mem::take(&mut broker.log().held);
    for request in held.iter().rev().take(4) {
        broker.world.run(broker.reply(request));
    }
    broker.world.settle();
    for number in [1, 3, 4] {
        let reply = calls[number].take().unwrap().unwrap();
        assert_eq!(reply.body.as_str(), Some(format!("re: {number}").as_str()));
    }
    assert_eq!((client.waiting(), client.strays()), (1, 1), "the cancelled one's reply is a stray");
    // the last one's never comes
    broker.world.advance(10 * SECOND);
    assert!(matches!(calls[0].take(), Some(Err(RequestError::TimedOut))));
    assert_eq!(client.waiting(), 0);
    broker.log().outcomes = vec![Outcome::Rejected(Box::default())];
    let refused = broker.world.run(client.call("no", SECOND));
    assert!(matches!(refused, Err(RequestError::NotAccepted(Outcome::Rejected(_)))), "{refused:?}");
    broker.stop();
    let lost = broker.world.run(client.call("gone", SECOND));
    assert!(matches!(lost, Err(RequestError::Send(SendError::NotSent(_)))), "{lost:?}");
}

#[test]
fn deliveries_are_settled_by_what_their_handler_says() {
    let broker = Broker::new();
    let resilient = resilient(&broker);
    let receiver = resilient.receiver(LinkOptions::receiver("in", "queue"));
    broker.world.spawn("process", async move {
        receiver
            .process(OnFailure::Fail, |delivery| {
                let text = delivery.message().unwrap().body.as_str().unwrap().to_owned();
                async move { if text == "bad" { Err("no") } else { Ok(()) } }
            })
            .await
    });
    broker.world.settle();
    let server = broker.log().senders.pop().unwrap();
    assert_eq!(broker.world.run(server.send("good")).unwrap(), Outcome::Accepted);
    let Outcome::Modified(modified) = broker.world.run(server.send("bad")).unwrap() else { panic!("modified") };
    assert!(modified.delivery_failed);
    drop(resilient);
}
