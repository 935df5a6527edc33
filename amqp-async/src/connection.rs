//! The connection (§2.4) as an application holds it.

use crate::driver::Driver;
use crate::error::{Error, Step};
use crate::incoming::IncomingSession;
use crate::options::Options;
use crate::session::{Session, SessionRoot};
use crate::state::{Phase, Shared, Stage};
use crate::transport::{Timer, Transport};
use amqp_proto::codec::{self, Open};
use amqp_proto::{RecordedAt, SaslClient, SessionOptions, Snapshot};
use std::fmt;
use std::sync::Arc;
use std::task::Poll;

/// A connection to a peer (§2.4). Cheap to clone; all clones are the same connection.
///
/// Sessions and links keep their connection alive. When the last handle of any kind is dropped, the
/// connection is closed and its [`Driver`] ends, within a second whatever the peer does. To learn how that
/// went, and to give a slow peer more time, call [`close`](Self::close).
#[derive(Clone)]
pub struct Connection {
    root: Arc<ConnectionRoot>,
}

/// What all handles of a connection share; its drop closes the connection.
pub(crate) struct ConnectionRoot {
    pub(crate) shared: Arc<Shared>,
}

impl Drop for ConnectionRoot {
    fn drop(&mut self) {
        self.shared.with(|state| {
            state.closing.get_or_insert(None);
            state.abandoned = true;
        });
    }
}

impl Connection {
    /// Opens a connection as the client: sends the protocol header, logs in if `sasl` is given, and
    /// sends open.
    ///
    /// Nothing happens until the driver is polled. [`opened`](Self::opened) tells when the connection
    /// can be used; sessions may be begun before.
    pub fn client<T: Transport, C: Timer>(
        options: &Options,
        sasl: Option<SaslClient>,
        transport: T,
        timer: C,
    ) -> (Self, Driver<T, C>) {
        let now = timer.now();
        #[cfg(feature = "scram")]
        let sasl = sasl.map(crate::random::for_client);
        let opening = if sasl.is_some() { Step::Login } else { Step::Open };
        let machine = amqp_proto::Connection::client(options.effective(RecordedAt::Client), sasl, now);
        Self::start(machine, opening, options, transport, timer)
    }

    pub(crate) fn start<T: Transport, C: Timer>(
        machine: amqp_proto::Connection,
        opening: Step,
        options: &Options,
        transport: T,
        timer: C,
    ) -> (Self, Driver<T, C>) {
        let shared = Shared::new(machine, opening, options);
        let driver = Driver::new(Arc::clone(&shared), transport, timer);
        (Self { root: Arc::new(ConnectionRoot { shared }) }, driver)
    }

    pub(crate) fn root(&self) -> &Arc<ConnectionRoot> {
        &self.root
    }

    pub(crate) fn of(root: &Arc<ConnectionRoot>) -> Self {
        Self { root: Arc::clone(root) }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.root.shared
    }

    /// Waits until the peer's open has come (§2.4.1). A connection that the peer has closed again without an error was
    /// open: [`closed`](Self::closed) tells.
    ///
    /// Cancel-safe: a dropped future changes nothing.
    ///
    /// # Errors
    /// Why there will be no open: login refused, refused with a condition, time-out, transport.
    pub async fn opened(&self) -> Result<(), Error> {
        self.shared()
            .wait(|state, waker| match state.closed() {
                _ if state.was_opened() => Poll::Ready(Ok(())),
                Some(error) => Poll::Ready(Err(error)),
                None => {
                    state.changed.register(waker);
                    Poll::Pending
                }
            })
            .await
    }

    /// Begins a session with the default windows (§2.5.1).
    ///
    /// Cancel-safe: a session whose future was dropped is ended.
    ///
    /// # Errors
    /// Refusal, time-out, or why the connection is gone.
    pub async fn session(&self) -> Result<Session, Error> {
        self.begin(SessionOptions::default()).await
    }

    /// Begins a session (§2.5.1).
    ///
    /// Cancel-safe: a session whose future was dropped is ended.
    ///
    /// # Errors
    /// Refusal, time-out, or why the connection is gone.
    pub async fn begin(&self, options: SessionOptions) -> Result<Session, Error> {
        let root = SessionRoot::begin(&self.root, options)?;
        self.shared()
            .until(Step::Begin, |state, waker| match state.session(root.id, &root.fate) {
                Ok(entry) if entry.stage == Stage::Up => Poll::Ready(Ok(())),
                Ok(entry) => {
                    entry.changed.register(waker);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            })
            .await?;
        Ok(Session::new(root))
    }

    /// Waits for a session that the peer begins (§2.5.1).
    ///
    /// On connections made with [`Incoming::Refuse`](crate::Incoming::Refuse) none ever comes.
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// Why no more can come: the connection is gone.
    pub async fn incoming_session(&self) -> Result<IncomingSession, Error> {
        let (id, begin) = self
            .shared()
            .wait(|state, waker| match (state.requested.pop_front(), state.closed()) {
                (Some(request), _) => Poll::Ready(Ok(request)),
                (None, Some(error)) => Poll::Ready(Err(error)),
                (None, None) => {
                    state.changed.register(waker);
                    Poll::Pending
                }
            })
            .await?;
        Ok(IncomingSession::new(SessionRoot::requested(&self.root, id), begin))
    }

    /// Closes the connection (§2.4.3): what was submitted before leaves first, as far as the peer's windows
    /// allow, then close is sent and the peer's is awaited. Whoever waits for anything on the connection
    /// gets an error, so await the outcome of what matters before.
    ///
    /// Cancel-safe: once polled the close takes its course; a dropped future only does not see its end.
    ///
    /// # Errors
    /// How it ended instead, if the peer did not agree: its error, time-out, transport. A connection that
    /// had ended before answers with the same error as then.
    pub async fn close(&self) -> Result<(), Error> {
        self.close_because(None).await
    }

    /// Closes the connection and tells the peer why (§2.4.3).
    ///
    /// # Errors
    /// As for [`close`](Self::close).
    pub async fn close_with(&self, error: codec::Error) -> Result<(), Error> {
        self.close_because(Some(error)).await
    }

    async fn close_because(&self, error: Option<codec::Error>) -> Result<(), Error> {
        self.shared().with(|state| {
            state.closing.get_or_insert(error);
        });
        match self.closed().await {
            Error::Misuse(_) => Ok(()),
            error => Err(error),
        }
    }

    /// Waits until the connection is over and says how it ended.
    ///
    /// [`Error::Misuse`] here means that this side closed it. Cancel-safe.
    pub async fn closed(&self) -> Error {
        self.shared()
            .wait(|state, waker| match state.closed() {
                Some(error) => Poll::Ready(error),
                None => {
                    state.changed.register(waker);
                    Poll::Pending
                }
            })
            .await
    }

    /// The peer's open, once it has come (§2.7.1).
    #[must_use]
    pub fn remote_open(&self) -> Option<Open> {
        self.shared().lock().machine.remote_open().cloned()
    }

    /// States, windows, credit and counters at this moment.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.shared().lock().machine.snapshot()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.shared().lock().phase {
            Phase::Opening => "opening",
            Phase::Open => "open",
            Phase::Closed(_) => "closed",
        };
        write!(f, "Connection({state})")
    }
}
