//! One sender that many tasks share costs about what it does with one task, over loopback.
#![cfg(target_os = "linux")]

use amqp_tokio::proto::codec::{Outcome, SaslCode};
use amqp_tokio::proto::{CreditMode, LinkOptions, Mechanism, SaslListener, SessionOptions};
use amqp_tokio::{IncomingLink, Sender, listen};
use std::time::Duration;

async fn sender() -> Sender {
    let listener = listen("127.0.0.1:0", SaslListener::new([Mechanism::Anonymous])).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut incoming, _) = listener.accept().await.unwrap();
        if incoming.login().await.unwrap().is_some() {
            incoming.answer(SaslCode::Ok).unwrap();
        }
        let connection = incoming.open().await.unwrap();
        let session = connection.incoming_session().await.unwrap().accept(SessionOptions::default()).unwrap();
        let IncomingLink::Receiver(link) = session.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions { credit: CreditMode::Auto(500), ..LinkOptions::answering(link.attach()) };
        let receiver = link.accept(options).unwrap();
        while let Ok(delivery) = receiver.recv().await {
            let _ = delivery.accept();
        }
    });
    let connection = amqp_tokio::connect(&format!("amqp://{address}")).await.unwrap();
    connection.session().await.unwrap().sender("queue").await.unwrap()
}

/// The time that this thread, which runs all of it, has had of a processor.
fn used() -> Duration {
    // else the kernel has it as of its last tick, which is 4 ms off, a fifth of what is measured
    std::thread::yield_now();
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(times.split(' ').next().unwrap().parse().unwrap())
}

/// How much it takes until so many messages have been sent and accepted, by so many tasks.
async fn cost_of(sender: &Sender, tasks: usize, messages: usize) -> Duration {
    let begin = used();
    let sending: Vec<_> = (0..tasks)
        .map(|_| {
            let sender = sender.clone();
            tokio::spawn(async move {
                let mut settlements = Vec::new();
                for _ in 0..messages / tasks {
                    settlements.push(sender.submit("x").await.unwrap());
                }
                for settlement in settlements {
                    assert_eq!(settlement.await.unwrap(), Outcome::Accepted);
                }
            })
        })
        .collect();
    for task in sending {
        task.await.unwrap();
    }
    used() - begin
}

#[tokio::test]
async fn s12_2_many_tasks_on_one_sender_cost_at_most_a_ninth_more_than_one() {
    const MESSAGES: usize = 6400;
    let sender = sender().await;
    // in turn, and the quickest of each: caches are not counted, nor what others do on the machine
    let mut quickest = [Duration::MAX; 2];
    for _ in 0..30 {
        for (tasks, quickest) in [1, 64].into_iter().zip(&mut quickest) {
            *quickest = cost_of(&sender, tasks, MESSAGES).await.min(*quickest);
        }
    }
    let [one, many] = quickest;
    assert!(many * 9 <= one * 10, "{many:?} instead of {one:?}");
}
