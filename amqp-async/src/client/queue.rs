//! A bounded queue in front of a sender: whoever puts a message in goes on with something else.

use super::ResilientSender;
use crate::error::{Error, SendError};
use crate::sync::{Mutex, MutexGuard};
use crate::wait::Wakers;
use amqp_proto::Misuse;
use amqp_proto::codec::{Message, Outcome};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

/// Messages that are sent one after the other, without anybody waiting for each. Cheap to clone; all clones are the same
/// queue.
///
/// The future that comes with it does the sending. What became of each message is given once, by
/// [`flush`](Self::flush) or [`close`](Self::close). When the last handle is dropped, what is queued is still sent.
#[derive(Clone)]
pub struct SendQueue {
    root: Arc<Root>,
}

struct Root(Arc<Shared>);

impl Drop for Root {
    fn drop(&mut self) {
        self.0.with(|state| state.closed = true);
    }
}

struct Shared(Mutex<State>);

struct State {
    capacity: usize,
    queued: VecDeque<Message>,
    /// Taken out of the queue, and no outcome yet.
    under_way: usize,
    report: FlushReport,
    closed: bool,
    over: bool,
    changed: Wakers,
    worker: Option<Waker>,
}

/// What became of the messages of a [`SendQueue`] since the last report.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct FlushReport {
    /// How many were accepted.
    pub accepted: u64,
    /// Those that were not, with what became of them instead.
    pub failed: Vec<(Message, Result<Outcome, SendError>)>,
    /// Those that have not been sent, because the queue is over.
    pub unsent: Vec<Message>,
}

/// Why a message is not in the queue; here it is back.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// There are as many as it takes.
    #[error("the queue is full")]
    Full(Box<Message>),
    /// The queue is closed, or nobody sends what is in it.
    #[error("the queue is closed")]
    Closed(Box<Message>),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A handle's turn; wakes the worker.
    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let result = act(&mut state);
        let worker = state.worker.take();
        drop(state);
        if let Some(worker) = worker {
            worker.wake();
        }
        result
    }

    /// The worker's turn; wakes the handles.
    fn tell(&self, act: impl FnOnce(&mut State)) {
        let mut wake = Vec::new();
        let mut state = self.lock();
        act(&mut state);
        state.changed.call_all(&mut wake);
        drop(state);
        wake.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn push(&mut self, message: Box<Message>) -> Result<(), QueueError> {
        if self.closed || self.over {
            return Err(QueueError::Closed(message));
        }
        if self.queued.len() + self.under_way >= self.capacity {
            return Err(QueueError::Full(message));
        }
        self.queued.push_back(*message);
        Ok(())
    }
}

impl SendQueue {
    /// A queue of at most `capacity` messages (0 counts as 1), those under way included, and the future that sends them.
    pub fn new(sender: ResilientSender, capacity: usize) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let shared = Arc::new(Shared(Mutex::new(State {
            capacity: capacity.max(1),
            queued: VecDeque::new(),
            under_way: 0,
            report: FlushReport::default(),
            closed: false,
            over: false,
            changed: Wakers::default(),
            worker: None,
        })));
        let worker = Worker { shared: Arc::clone(&shared), sender, sending: None, under_way: VecDeque::new() };
        (Self { root: Arc::new(Root(shared)) }, worker)
    }

    /// Puts a message in, when there is room. Cancel-safe: dropped before, it is not in.
    ///
    /// # Errors
    /// [`QueueError::Closed`], with the message.
    pub async fn push(&self, message: impl Into<Message>) -> Result<(), QueueError> {
        let mut message = Some(Box::new(message.into()));
        poll_fn(|cx| {
            let Some(this) = message.take() else { return Poll::Pending };
            self.root.0.with(|state| match state.push(this) {
                Err(QueueError::Full(this)) => {
                    message = Some(this);
                    state.changed.register(cx.waker());
                    Poll::Pending
                }
                other => Poll::Ready(other),
            })
        })
        .await
    }

    /// Puts a message in, if there is room.
    ///
    /// # Errors
    /// [`QueueError`], with the message.
    pub fn try_push(&self, message: impl Into<Message>) -> Result<(), QueueError> {
        self.root.0.with(|state| state.push(Box::new(message.into())))
    }

    /// Waits until nothing is queued or under way, and says what became of everything since the last report.
    ///
    /// Cancel-safe: dropped before, the report is for the next one.
    pub async fn flush(&self) -> FlushReport {
        poll_fn(|cx| {
            let mut state = self.root.0.lock();
            if state.over || (state.queued.is_empty() && state.under_way == 0) {
                let mut report = mem::take(&mut state.report);
                report.unsent.extend(mem::take(&mut state.queued));
                return Poll::Ready(report);
            }
            state.changed.register(cx.waker());
            Poll::Pending
        })
        .await
    }

    /// Takes no more, and does as [`flush`](Self::flush).
    pub async fn close(&self) -> FlushReport {
        self.root.0.with(|state| state.closed = true);
        self.flush().await
    }

    /// How many messages are queued or under way.
    #[must_use]
    pub fn len(&self) -> usize {
        let state = self.root.0.lock();
        state.queued.len() + state.under_way
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

type Handing = Pin<Box<dyn Future<Output = Result<super::Submitted, SendError>> + Send>>;
type Settling = Pin<Box<dyn Future<Output = Result<Outcome, SendError>> + Send>>;

/// What sends the messages of a queue.
struct Worker {
    shared: Arc<Shared>,
    sender: ResilientSender,
    /// The one that is being handed over.
    sending: Option<(Message, Handing)>,
    under_way: VecDeque<(Message, Settling)>,
}

impl Worker {
    /// Begins with the next message; false if there is none.
    fn next(&mut self) -> bool {
        let mut state = self.shared.lock();
        let Some(message) = state.queued.pop_front() else { return false };
        state.under_way += 1;
        drop(state);
        let (sender, copy) = (self.sender.clone(), message.clone());
        self.sending = Some((message, Box::pin(async move { sender.submit(copy).await })));
        true
    }

    /// Goes on with the hand-over; whether it is done.
    fn hand_over(&mut self, cx: &mut Context<'_>) -> bool {
        let Some((_, handing)) = &mut self.sending else { return self.next() };
        let Poll::Ready(result) = handing.as_mut().poll(cx) else { return false };
        let Some((message, _)) = self.sending.take() else { return false };
        match result {
            Ok(submitted) => self.under_way.push_back((message, Box::pin(submitted.outcome()))),
            Err(error) => self.done(message, Err(error)),
        }
        true
    }

    fn settle(&mut self, cx: &mut Context<'_>) {
        let mut place = 0;
        while let Some((_, settling)) = self.under_way.get_mut(place) {
            match settling.as_mut().poll(cx) {
                Poll::Pending => place += 1,
                Poll::Ready(result) => {
                    if let Some((message, _)) = self.under_way.remove(place) {
                        self.done(message, result);
                    }
                }
            }
        }
    }

    fn done(&self, message: Message, result: Result<Outcome, SendError>) {
        self.shared.tell(|state| {
            state.under_way -= 1;
            match result {
                Ok(Outcome::Accepted) => state.report.accepted += 1,
                result => state.report.failed.push((message, result)),
            }
        });
    }
}

impl Future for Worker {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        this.shared.lock().worker = Some(cx.waker().clone());
        while this.hand_over(cx) {}
        this.settle(cx);
        let state = this.shared.lock();
        if state.closed && state.queued.is_empty() && state.under_way == 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let undriven = || Error::Misuse(Misuse::ConnectionClosed);
        if let Some((message, _)) = self.sending.take() {
            self.done(message, Err(SendError::InDoubt(undriven())));
        }
        for (message, _) in mem::take(&mut self.under_way) {
            self.done(message, Err(SendError::InDoubt(undriven())));
        }
        self.shared.tell(|state| state.over = true);
    }
}

impl fmt::Debug for SendQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendQueue({} messages)", self.len())
    }
}
