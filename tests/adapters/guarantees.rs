//! What the handles guarantee, over real sockets: dropped futures, full buffers, unread backlogs, panics, ends. Each is
//! tested in `amqp-async` at every point and in virtual time; here is seen that the binding adds nothing to it.

use super::support::*;
use amqp_async::connect::{Builder, Listener, Runtime, TcpOptions};
use amqp_async::proto::codec::{self, Condition, Message, Outcome};
use amqp_async::proto::{CreditMode, LinkOptions, SessionOptions};
use amqp_async::{Connection, IncomingConnection, IncomingLink, Receiver, Recovery, SendError, Sender, Session};
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Both ends of a connection, over sockets that hold little.
struct Ends {
    client: Connection,
    listener: Connection,
}

impl Ends {
    async fn meet<R: Runtime + Default>() -> Self {
        let listener = listener::<R>().await.tcp(narrow());
        let builder = builder::<R>(listener.local_addr().unwrap()).tcp(narrow());
        Self::meet_at(&listener, builder).await
    }

    async fn meet_at<R: Runtime + Default>(listener: &Listener<R>, builder: Builder<R>) -> Self {
        let accepting = async { let_in(listener.accept().await.unwrap().0).await };
        let (listener, client) = both(accepting, builder.connect()).await;
        Self { client: client.unwrap(), listener }
    }

    async fn session(&self) -> (Session, Session) {
        let accepting = async {
            let incoming = self.listener.incoming_session().await.unwrap();
            incoming.accept(SessionOptions { incoming_window: 16, ..SessionOptions::default() }).unwrap()
        };
        let (theirs, ours) = both(accepting, self.client.session()).await;
        (ours.unwrap(), theirs)
    }

    /// A link on which the client sends, and one on which the listener does.
    async fn links(&self, credit: CreditMode) -> (Sender, Receiver, Sender, Receiver) {
        let (ours, theirs) = self.session().await;
        let accepting = async {
            let IncomingLink::Receiver(link) = theirs.incoming_link().await.unwrap() else { panic!("wrong role") };
            let options = LinkOptions { credit, ..LinkOptions::answering(link.attach()) };
            let receiver = link.accept(options).unwrap();
            let IncomingLink::Sender(link) = theirs.incoming_link().await.unwrap() else { panic!("wrong role") };
            let options = LinkOptions::answering(link.attach());
            (receiver, link.accept(options).unwrap())
        };
        let attaching = async {
            let sender = ours.sender("there").await.unwrap();
            let options = LinkOptions { credit, ..LinkOptions::receiver("back", "back") };
            (sender, ours.attach_receiver(options).await.unwrap())
        };
        let ((their_receiver, their_sender), (sender, receiver)) = both(accepting, attaching).await;
        (sender, their_receiver, their_sender, receiver)
    }

    async fn check_sound(&self) {
        let (sender, receiver, ..) = self.links(CreditMode::Auto(10)).await;
        check_sound(&sender, &receiver).await;
    }
}

/// A message there, and its outcome back.
async fn check_sound(sender: &Sender, receiver: &Receiver) {
    let receiving = async { receiver.recv().await.unwrap().accept().unwrap() };
    let (outcome, ()) = both(sender.send("sound"), receiving).await;
    assert_eq!(outcome.unwrap(), Outcome::Accepted);
}

async fn let_in(mut incoming: IncomingConnection) -> Connection {
    incoming.login().await.unwrap();
    incoming.answer(codec::SaslCode::Ok).unwrap();
    incoming.open().await.unwrap()
}

fn narrow() -> TcpOptions {
    TcpOptions::default().send_buffer(4096).receive_buffer(16 * 1024)
}

/// Sends so many messages and takes as many, at once.
async fn exchange(sender: Sender, receiver: Receiver, count: usize, size: usize) {
    let sending = async {
        let mut last = None;
        for _ in 0..count {
            last = Some(sender.submit(vec![7; size]).await.unwrap());
        }
        last.expect("there was one").await.unwrap();
    };
    let receiving = async {
        for _ in 0..count {
            receiver.recv().await.unwrap().accept().unwrap();
        }
    };
    both(sending, receiving).await;
}

/// Both ends fill both directions, far beyond what the sockets hold: it never stops.
pub(crate) async fn saturated_both_ways<R: Runtime + Default>() {
    let ends = Ends::meet::<R>().await;
    let (sender, their_receiver, their_sender, receiver) = ends.links(CreditMode::Auto(20)).await;
    both(exchange(sender, receiver, 20, 40_000), exchange(their_sender, their_receiver, 20, 40_000)).await;
    ends.check_sound().await;
}

/// A receiver that takes nothing does not delay another session: by less than 10 ms, in the middle of a hundred.
pub(crate) async fn unread_backlog<R: Runtime + Default>() {
    let ends = Ends::meet::<R>().await;
    let (backlog, unread, ..) = ends.links(CreditMode::Auto(10_000)).await;
    let filling = async { while backlog.submit(vec![0; 1000]).await.is_ok() {} };
    let measuring = async {
        let (sender, receiver, ..) = ends.links(CreditMode::Auto(10)).await;
        let mut times = Vec::new();
        for _ in 0..100 {
            let begun = Instant::now();
            check_sound(&sender, &receiver).await;
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        assert!(times[50] < Duration::from_millis(10), "{:?}", times[50]);
        assert!(unread.try_recv().unwrap().is_some());
    };
    first(filling, measuring).await;
}

/// The output of `future`, unless it has not ended after so many polls. It is polled again whether or not it was woken:
/// the runtime does what there is to be done in between.
pub(super) async fn poll_at_most<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut polls = 0;
    poll_fn(|cx| {
        if polls == times {
            return Poll::Ready(None);
        }
        polls += 1;
        cx.waker().wake_by_ref();
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Futures of every kind are dropped wherever they stand; what comes after them on the same link is whole, and in time.
pub(crate) async fn dropped_anywhere<R: Runtime + Default>() {
    let ends = Ends::meet::<R>().await;
    let (sender, receiver, _kept, idle) = ends.links(CreditMode::Auto(10)).await;
    for polls in 0..6 {
        // many frames, more than fits
        let _ = poll_at_most(polls, sender.send(vec![b'a'; 200_000])).await;
        for polls in 0..2 {
            let received = poll_at_most(polls, idle.recv()).await;
            assert!(received.is_none(), "{:?}", received.map(|result| result.map(drop)));
            assert!(poll_at_most(polls, ends.client.session()).await.is_none());
        }
        let taking = async {
            loop {
                let delivery = receiver.recv().await.unwrap();
                let body = delivery.message().unwrap().body.to_data().unwrap();
                delivery.accept().unwrap();
                if body.first() == Some(&b'b') {
                    return body.len();
                }
                assert_eq!(body.len(), 200_000, "all of it or nothing");
            }
        };
        let (outcome, size) = both(sender.send(vec![b'b'; 50_000]), taking).await;
        assert_eq!((outcome.unwrap(), size), (Outcome::Accepted, 50_000));
    }
    assert_eq!(sender.unsettled(), 0);
}

/// All that was submitted arrives before the close does.
pub(crate) async fn close_flushes<R: Runtime + Default>() {
    let ends = Ends::meet::<R>().await;
    let (sender, receiver, ..) = ends.links(CreditMode::Auto(1000)).await;
    let sending = async {
        for _ in 0..500 {
            drop(sender.submit(vec![7; 1000]).await.unwrap());
        }
        ends.client.close().await.unwrap();
    };
    let taking = async {
        let mut count = 0;
        while let Ok(delivery) = receiver.recv().await {
            count += 1;
            // the link may be gone meanwhile
            let _ = delivery.accept();
        }
        count
    };
    let ((), count) = both(sending, taking).await;
    assert_eq!(count, 500);
    assert!(ends.listener.closed().await.is_clean());
}

/// Of each message it is said once whether it was delivered, not delivered, or nobody knows.
pub(crate) async fn one_fate_each<R: Runtime + Default>() {
    let ends = Ends::meet::<R>().await;
    let (sender, receiver, ..) = ends.links(CreditMode::Manual).await;
    receiver.set_credit(20).unwrap();
    let mut sending: Vec<_> = (0..30).map(|_| Box::pin(sender.send("x"))).collect();
    let (mut delivered, mut not_sent, mut unknown) = (0, 0, 0);
    let closing = async {
        for _ in 0..5 {
            receiver.recv().await.unwrap().accept().unwrap();
        }
        for _ in 5..20 {
            receiver.recv().await.unwrap().leave_unsettled();
        }
        let why = codec::Error::new(Condition::CONNECTION_FORCED, "maintenance");
        ends.listener.close_with(why).await.unwrap();
    };
    let waiting = async {
        let mut results = Vec::new();
        poll_fn(|cx| {
            sending.retain_mut(|send| match send.as_mut().poll(cx) {
                Poll::Pending => true,
                Poll::Ready(result) => {
                    results.push(result);
                    false
                }
            });
            if sending.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        results
    };
    let ((), results) = both(closing, waiting).await;
    for result in results {
        match result {
            Ok(outcome) => {
                assert_eq!(outcome, Outcome::Accepted);
                delivered += 1;
            }
            Err(SendError::NotSent(_)) => not_sent += 1,
            Err(SendError::InDoubt(_)) => unknown += 1,
        }
    }
    assert_eq!((delivered, not_sent, unknown), (5, 10, 15));
    let error = ends.client.closed().await;
    assert_eq!((error.condition(), error.recovery()), (Some(Condition::CONNECTION_FORCED), Recovery::Reconnect));
}

/// Cannot be made into a message.
struct Bad;

impl From<Bad> for Message {
    fn from(_: Bad) -> Self {
        panic!("the application's own fault")
    }
}

/// Code of the application that panics, with handles and deliveries in its hands, harms nobody else.
pub(crate) async fn panics_poison_nothing<R: Runtime + Default>() {
    let ends = Ends::meet::<R>().await;
    let (sender, receiver, ..) = ends.links(CreditMode::Auto(10)).await;
    let (settlement, delivery) = both(sender.submit("x"), receiver.recv()).await;
    let delivery = delivery.unwrap();
    let held = (sender.clone(), ends.client.clone());
    catch_unwind(AssertUnwindSafe(move || {
        let _held = (held, delivery);
        panic!("the application's own fault")
    }))
    .unwrap_err();
    assert_eq!(settlement.unwrap().await.unwrap(), Outcome::Released, "as if it had been dropped");
    let mut sending = Box::pin(sender.send(Bad));
    let polled = catch_unwind(AssertUnwindSafe(|| sending.as_mut().poll(&mut Context::from_waker(Waker::noop()))));
    assert!(polled.is_err());
    drop(sending);
    check_sound(&sender, &receiver).await;
}

/// Descriptors beyond 1,024, where `select` ends (B-12).
#[cfg(unix)]
pub(crate) async fn b_12_two_thousand_descriptors<R: Runtime + Default>() {
    let held: Vec<_> = (0..2000).map_while(|_| std::fs::File::open("/dev/null").ok()).collect();
    if held.len() < 2000 {
        return eprintln!("not tested: the system allows {} descriptors; ulimit -n 10000", held.len());
    }
    let ends = Ends::meet::<R>().await;
    ends.check_sound().await;
    drop(held);
}
