//! The client layer over real sockets: a connection that comes back, a pool, requests and their replies.

use super::support::*;
use amqp_async::client::pool::{Pool, PoolOptions, PoolStrategy};
use amqp_async::client::{Attempt, ReconnectPolicy, RequestClient, Resilient, RetryPolicy, SendQueue};
use amqp_async::connect::{Builder, Listener, Runtime};
use amqp_async::proto::codec::{Condition, Error as Wire, Message, Outcome, SaslCode};
use amqp_async::proto::{LinkOptions, SessionOptions};
use amqp_async::{Connection, Error, IncomingConnection, IncomingLink, Sender, Session};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Futures that are polled together, whoever brings them.
type Crowd = Mutex<Vec<Pin<Box<dyn Future<Output = ()> + Send>>>>;

/// A server that accepts every message, and answers those that want a reply with their own body.
#[derive(Clone, Default)]
struct Server {
    crowd: Arc<Crowd>,
    connections: Arc<Mutex<Vec<Connection>>>,
    replies: Arc<Mutex<Vec<(String, Sender)>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Takes clients, one after the other, and serves them all at once; for ever.
    async fn serve<R: Runtime>(&self, listener: &Listener<R>) {
        loop {
            let mut accepting = std::pin::pin!(listener.accept());
            let (incoming, _) = poll_fn(|cx| {
                let mut crowd = std::mem::take(&mut *lock(&self.crowd));
                crowd.retain_mut(|one| one.as_mut().poll(cx).is_pending());
                let mut newcomers = lock(&self.crowd);
                if !newcomers.is_empty() {
                    cx.waker().wake_by_ref();
                }
                newcomers.append(&mut crowd);
                drop(newcomers);
                accepting.as_mut().poll(cx)
            })
            .await
            .unwrap();
            self.add(self.clone().client(incoming));
        }
    }

    fn add<T>(&self, future: impl Future<Output = T> + Send + 'static) {
        lock(&self.crowd).push(Box::pin(async { drop(future.await) }));
    }

    async fn client(self, mut incoming: IncomingConnection) -> Result<(), Error> {
        incoming.login().await?;
        incoming.answer(SaslCode::Ok)?;
        let connection = incoming.open().await?;
        lock(&self.connections).push(connection.clone());
        loop {
            let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
            self.add(self.clone().session(session));
        }
    }

    async fn session(self, session: Session) -> Result<(), Error> {
        loop {
            match session.incoming_link().await? {
                IncomingLink::Receiver(link) => {
                    let options = LinkOptions::answering(link.attach());
                    let receiver = link.accept(options)?;
                    let server = self.clone();
                    self.add(async move {
                        while server.message(receiver.recv().await?).await.is_ok() {}
                        Ok::<_, Error>(())
                    });
                }
                IncomingLink::Sender(link) => {
                    let mut options = LinkOptions::answering(link.attach());
                    let node = format!("node-{}", lock(&self.replies).len());
                    options.source.as_mut().unwrap().address = Some(node.as_str().into());
                    let sender = link.accept(options)?;
                    lock(&self.replies).push((node, sender));
                }
            }
        }
    }

    async fn message(&self, delivery: amqp_async::Delivery) -> Result<(), Error> {
        let message = delivery.message().unwrap();
        delivery.accept()?;
        let Some(node) = message.reply_to() else { return Ok(()) };
        let sender = lock(&self.replies).iter().find(|(name, _)| name == node).map(|(_, sender)| sender.clone());
        let body = format!("re: {}", message.body.as_str().unwrap());
        let id = message.message_id().unwrap().clone();
        let reply = Message::builder().value(body.as_str()).correlation_id(id).build();
        drop(sender.unwrap().submit(reply).await.unwrap());
        Ok(())
    }

    /// Closes the last connection by force.
    async fn throw_out(&self) {
        let connection = lock(&self.connections).last().unwrap().clone();
        // the client may be quicker
        let _ = connection.close_with(Wire::new(Condition::CONNECTION_FORCED, "maintenance")).await;
    }
}

/// A server, who listens for it, and its URL.
async fn begin<R: Runtime + Default>() -> (Server, Listener<R>, String) {
    let listener = listener::<R>().await;
    let url = format!("amqp://guest:guest@{}", listener.local_addr().unwrap());
    (Server::default(), listener, url)
}

/// A connection that comes back, with its link, its queue, and what was sent in between.
pub(crate) async fn comes_back<R: Runtime + Default>() {
    let (server, listener, url) = begin::<R>().await;
    let builder = Builder::<R>::default();
    let connector = Box::new(move |attempt: Attempt| Box::pin(builder.clone().connect_for(attempt)));
    let (resilient, supervisor) = Resilient::new(ReconnectPolicy::to([url]), connector, R::default().timer());
    let client = Box::pin(async {
        let sender = resilient.sender(LinkOptions::sender("out", "queue"));
        assert_eq!(sender.send("one").await.unwrap(), Outcome::Accepted);
        let first_one = resilient.ensure_connected(Some(PATIENCE)).await.unwrap();
        server.throw_out().await;
        let outcome = sender.send_retrying("two", RetryPolicy::default()).await;
        assert_eq!(outcome.unwrap(), Outcome::Accepted);
        assert_ne!(resilient.ensure_connected(Some(PATIENCE)).await.unwrap(), first_one);
        let (queue, sending) = SendQueue::new(sender, 10);
        let queued = async {
            for number in 0..10 {
                queue.push(number.to_string()).await.unwrap();
            }
            queue.close().await
        };
        let (report, ()) = both(queued, sending).await;
        assert_eq!((report.accepted, report.failed.len()), (10, 0), "{report:?}");
        resilient.close().await.unwrap();
    });
    let everything = both(client, Box::pin(supervisor));
    first(async { drop(everything.await) }, Box::pin(server.serve(&listener))).await;
}

/// Two connections for three users; over one of them, requests and their replies.
pub(crate) async fn lent_and_asked<R: Runtime + Default>() {
    let (server, listener, url) = begin::<R>().await;
    let builder = Builder::<R>::default();
    let connector = Box::new(move |attempt: Attempt| Box::pin(builder.clone().connect_for(attempt)));
    let strategy = PoolStrategy::Exclusive;
    let options = PoolOptions { max_connections: 2, strategy, ..PoolOptions::to([url]) };
    let (pool, driver) = Pool::new(options, connector, R::default().timer());
    let client = Box::pin(async {
        let (one, two) = both(pool.acquire(), pool.acquire()).await;
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!((pool.stats().busy, pool.stats().connecting), (2, 0));
        let place = one.slot();
        let third = async {
            let lease = pool.acquire().await.unwrap();
            assert_eq!(lease.slot(), place, "the one that is given back");
        };
        let giving_back = async {
            drop(one);
            assert!(two.probe(PATIENCE).await.unwrap() < PATIENCE);
            let requests = RequestClient::attach(&two.session().await.unwrap(), "node").await.unwrap();
            let (reply, other) = both(requests.call("a", PATIENCE), requests.call("b", PATIENCE)).await;
            assert_eq!(reply.unwrap().body.as_str(), Some("re: a"));
            assert_eq!(other.unwrap().body.as_str(), Some("re: b"));
        };
        let ((), ()) = both(giving_back, third).await;
        pool.close(Duration::ZERO).await;
        assert_eq!(pool.stats().connections(), 0);
    });
    let everything = both(client, Box::pin(driver));
    first(async { _ = everything.await }, Box::pin(server.serve(&listener))).await;
}
