//! Outcomes find their messages when many threads send on one connection.

use amqp_tokio::proto::codec::{Outcome, SaslCode};
use amqp_tokio::proto::{LinkOptions, Mechanism, SaslListener, SessionOptions};
use amqp_tokio::{IncomingLink, listen};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_outcome_is_lost_or_anothers() {
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
        let options = LinkOptions::answering(link.attach());
        let receiver = link.accept(options).unwrap();
        while let Ok(delivery) = receiver.recv().await {
            // even ones are accepted, odd ones released
            let body = delivery.message().unwrap().body.to_data().unwrap();
            let _ = if body[body.len() - 1] % 2 == 0 { delivery.accept() } else { delivery.release() };
        }
    });
    let connection = amqp_tokio::connect(&format!("amqp://{address}")).await.unwrap();
    let sender = connection.session().await.unwrap().sender("queue").await.unwrap();
    let tasks: Vec<_> = (0..64_u32)
        .map(|_| {
            let sender = sender.clone();
            tokio::spawn(async move {
                for number in 0..300_u32 {
                    let outcome = sender.send(number.to_be_bytes().to_vec()).await.unwrap();
                    let expected = if number % 2 == 0 { Outcome::Accepted } else { Outcome::Released };
                    assert_eq!(outcome, expected, "{number}");
                }
            })
        })
        .collect();
    for task in tasks {
        tokio::time::timeout(Duration::from_secs(60), task).await.expect("every outcome comes").unwrap();
    }
}
