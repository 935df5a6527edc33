//! Requests and their replies: a link each way, and many requests under way at once.

use super::correlate::Correlator;
use crate::deadline::RunningLimit;
use crate::error::{Error, SendError};
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::session::Session;
use crate::sync::{Mutex, MutexGuard};
use amqp_proto::codec::message::MessageId;
use amqp_proto::codec::{Message, Outcome, Source, Str};
use amqp_proto::{DetachReason, LinkOptions};
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Sends requests to one address and gives each its reply. Cheap to clone; any number of requests may be under way.
///
/// Replies come to a node that the peer makes for this client (§3.5.3), whose address goes along as reply-to, and are
/// told apart by their correlation-id. One that nobody waits for is accepted and counted.
#[derive(Clone)]
pub struct RequestClient {
    inner: Arc<Inner>,
}

struct Inner {
    session: Session,
    sender: Sender,
    receiver: Receiver,
    reply_to: Str,
    pending: Mutex<Pending>,
}

#[derive(Default)]
struct Pending {
    correlator: Correlator<Message>,
    wakers: Vec<(MessageId, Waker)>,
}

/// Why there is no reply.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// None came in time. A later one is dropped.
    #[error("no reply in time")]
    TimedOut,
    /// The request was not accepted.
    #[error("the request was not accepted: {0:?}")]
    NotAccepted(Outcome),
    /// The request was not sent, or it is in doubt whether it was.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The link of the replies is gone.
    #[error("no reply can come: {0}")]
    Lost(#[source] Error),
}

impl RequestClient {
    /// Attaches the two links, for requests to `address`, with a node for the replies that the peer makes.
    ///
    /// # Errors
    /// As for [`Session::attach_sender`]; a refusal if the peer made no node.
    pub async fn attach(session: &Session, address: impl Into<Str>) -> Result<Self, Error> {
        let (requests, replies) = session.root().shared().with(|state| (state.name("request"), state.name("reply")));
        let options = LinkOptions::receiver(replies, "");
        let source = Source { dynamic: true, ..Source::default() };
        Self::attach_with(
            session,
            LinkOptions::sender(requests, address),
            LinkOptions { source: Some(source), ..options },
        )
        .await
    }

    /// Attaches two links with everything that attach can say. The address of the replies' source is what the requests say
    /// as reply-to, as the peer's attach has it; where it has none, the address of `replies`' target.
    ///
    /// # Errors
    /// As for [`attach`](Self::attach).
    pub async fn attach_with(session: &Session, requests: LinkOptions, replies: LinkOptions) -> Result<Self, Error> {
        let own = replies.target.as_ref().and_then(|target| target.as_target()?.address.clone());
        let receiver = session.attach_receiver(replies).await?;
        let theirs = receiver.remote_attach().and_then(|attach| attach.source?.as_source()?.address.clone());
        let reply_to = theirs.or(own).ok_or(Error::Detached(DetachReason::Refused(None)))?;
        let sender = session.attach_sender(requests).await?;
        let (session, pending) = (session.clone(), Mutex::default());
        Ok(Self { inner: Arc::new(Inner { session, sender, receiver, reply_to, pending }) })
    }

    /// Sends a request and waits for its reply, `within` at most. The request's message-id is kept if it has one and no
    /// other request waits under it; its reply-to is set.
    ///
    /// Cancel-safe: a dropped future waits no more; the request may have been sent, and its reply will be dropped.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn call(&self, request: impl Into<Message>, within: Duration) -> Result<Message, RequestError> {
        let inner = &*self.inner;
        let mut request = request.into();
        let mut properties = request.properties.take().unwrap_or_default();
        let id = inner.lock().correlator.request(properties.message_id.take());
        let _wait = Wait { inner, id: &id };
        properties.message_id = Some(id.clone());
        properties.reply_to = Some(inner.reply_to.clone());
        request.properties = Some(properties);
        let mut limit = RunningLimit::new(inner.session.root().shared(), Some(within));
        limit.run(inner.exchange(&id, request)).await.unwrap_or(Err(RequestError::TimedOut))
    }

    /// How many requests wait for their replies.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.inner.lock().correlator.len()
    }

    /// How many replies belonged to no request that waits.
    #[must_use]
    pub fn strays(&self) -> u64 {
        self.inner.lock().correlator.strays()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the request, and waits for its reply, which may come before the outcome. Whoever waits takes what comes, for
    /// whomever it is.
    async fn exchange(&self, id: &MessageId, request: Message) -> Result<Message, RequestError> {
        let settlement = self.sender.submit(request).await?;
        let mut settlement = pin!(settlement);
        let mut is_settled = false;
        let mut receiving = Box::pin(self.receiver.recv());
        poll_fn(|cx| {
            loop {
                if let Some(reply) = self.take(id, cx) {
                    return Poll::Ready(Ok(reply));
                }
                if !is_settled {
                    match settlement.as_mut().poll(cx) {
                        Poll::Ready(Ok(Outcome::Accepted)) => is_settled = true,
                        Poll::Ready(Ok(outcome)) => return Poll::Ready(Err(RequestError::NotAccepted(outcome))),
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                        Poll::Pending => {}
                    }
                }
                match receiving.as_mut().poll(cx) {
                    Poll::Ready(Ok(delivery)) => self.came(delivery),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(RequestError::Lost(error))),
                    Poll::Pending => return Poll::Pending,
                }
                receiving.set(self.receiver.recv());
            }
        })
        .await
    }

    /// The reply to `id`, if somebody has taken it.
    fn take(&self, id: &MessageId, cx: &mut Context<'_>) -> Option<Message> {
        let mut pending = self.lock();
        let reply = pending.correlator.take(id);
        pending.wakers.retain(|(other, _)| other != id);
        if reply.is_none() {
            pending.wakers.push((id.clone(), cx.waker().clone()));
        }
        reply
    }

    /// A reply has come, for whomever it is.
    fn came(&self, delivery: crate::delivery::Delivery) {
        let message = delivery.message();
        // where the link is gone there is nothing left to settle
        let _ = match message {
            Ok(_) => delivery.accept(),
            Err(_) => delivery.reject(None),
        };
        let Ok(message) = message else { return };
        let mut pending = self.lock();
        let id = message.correlation_id().cloned();
        pending.correlator.reply(id.as_ref(), message);
        let place = pending.wakers.iter().position(|(waiting, _)| Some(waiting) == id.as_ref());
        let waker = place.map(|place| pending.wakers.swap_remove(place).1);
        drop(pending);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A request that waits, until it is dropped.
struct Wait<'a> {
    inner: &'a Inner,
    id: &'a MessageId,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        let mut pending = self.inner.lock();
        pending.correlator.cancel(self.id);
        pending.wakers.retain(|(id, _)| id != self.id);
    }
}

impl fmt::Debug for RequestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestClient({} waiting)", self.waiting())
    }
}
