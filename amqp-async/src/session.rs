//! The session (§2.5) as an application holds it.

use crate::connection::{Connection, ConnectionRoot};
use crate::error::{Error, Step};
use crate::events::not_wanted;
use crate::incoming::IncomingLink;
use crate::link::LinkRoot;
use crate::published::Look;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::state::{Fate, SessionEntry, Shared, Stage};
use amqp_proto::codec::{self, Begin, Str};
use amqp_proto::{LinkOptions, SessionId, SessionOptions, SessionSnapshot, Windows};
use std::fmt;
use std::sync::Arc;
use std::task::Poll;

/// A session: an ordered conversation in both directions, with its windows (§2.5). Cheap to clone; all
/// clones are the same session.
///
/// Links keep their session alive. When the last handle is dropped the session is ended.
#[derive(Clone)]
pub struct Session {
    root: Arc<SessionRoot>,
}

/// What all handles of a session share; its drop ends the session.
pub(crate) struct SessionRoot {
    pub(crate) connection: Arc<ConnectionRoot>,
    pub(crate) id: SessionId,
    pub(crate) fate: Fate,
    /// The windows, once somebody has looked at them.
    windows: Look<Windows, 6>,
}

impl SessionRoot {
    /// Sends begin. The session is ended when this is dropped, answered or not.
    pub(crate) fn begin(connection: &Arc<ConnectionRoot>, options: SessionOptions) -> Result<Self, Error> {
        let fate = Fate::default();
        let id = connection.shared.with(|state| {
            if let Some(error) = state.closed() {
                return Err(error);
            }
            let id = state.machine.begin(options).map_err(Error::Misuse)?;
            state.sessions.insert(id, SessionEntry::new(fate.clone(), Stage::Proposed));
            Ok(id)
        })?;
        Ok(Self { connection: Arc::clone(connection), id, fate, windows: Look::default() })
    }

    /// A session that the peer has begun.
    pub(crate) fn requested(connection: &Arc<ConnectionRoot>, id: SessionId) -> Self {
        let fate = connection.shared.lock().sessions.get(&id).map(|entry| entry.fate.clone());
        let fate = fate.unwrap_or_default();
        Self { connection: Arc::clone(connection), id, fate, windows: Look::default() }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.connection.shared
    }

    /// Sends end, unless it is gone already.
    pub(crate) fn end(&self, error: Option<codec::Error>) {
        self.shared().with(|state| {
            // a session that is gone needs no end
            let _ = state.machine.session(self.id).and_then(|mut session| session.end(error));
        });
    }
}

impl Drop for SessionRoot {
    fn drop(&mut self) {
        let stage = self.shared().lock().sessions.get(&self.id).map(|entry| entry.stage);
        self.end((stage == Some(Stage::Requested)).then(not_wanted));
    }
}

impl Session {
    pub(crate) fn new(root: SessionRoot) -> Self {
        Self { root: Arc::new(root) }
    }

    /// Whether both are handles of one session.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.root, &other.root)
    }

    pub(crate) fn root(&self) -> &Arc<SessionRoot> {
        &self.root
    }

    pub(crate) fn of(root: &Arc<SessionRoot>) -> Self {
        Self { root: Arc::clone(root) }
    }

    /// Attaches a link that sends to `address`, unsettled, under a name of its own making.
    ///
    /// Cancel-safe: a link whose future was dropped is detached, also if the peer answers later.
    ///
    /// # Errors
    /// Refusal with the peer's condition, time-out, or why the session is gone.
    pub async fn sender(&self, address: impl Into<Str>) -> Result<Sender, Error> {
        let name = self.root.shared().with(|state| state.name("sender"));
        self.attach_sender(LinkOptions::sender(name, address)).await
    }

    /// Attaches a link that receives from `address`, with automatic credit, under a name of its own
    /// making.
    ///
    /// Cancel-safe: a link whose future was dropped is detached, also if the peer answers later.
    ///
    /// # Errors
    /// Refusal with the peer's condition, time-out, or why the session is gone.
    pub async fn receiver(&self, address: impl Into<Str>) -> Result<Receiver, Error> {
        let name = self.root.shared().with(|state| state.name("receiver"));
        self.attach_receiver(LinkOptions::receiver(name, address)).await
    }

    /// Attaches a sending link with everything that attach can say (§2.7.3).
    ///
    /// Cancel-safe, as [`sender`](Self::sender).
    ///
    /// # Errors
    /// As for [`sender`](Self::sender); misuse if the name is taken.
    pub async fn attach_sender(&self, options: LinkOptions) -> Result<Sender, Error> {
        let keeps = options.resume.keeps();
        let link = LinkRoot::attach(&self.root, keeps, |mut session| session.attach_sender(options))?;
        link.attached().await?;
        Ok(Sender::new(link))
    }

    /// Attaches a receiving link with everything that attach can say (§2.7.3).
    ///
    /// Cancel-safe, as [`receiver`](Self::receiver).
    ///
    /// # Errors
    /// As for [`receiver`](Self::receiver); misuse if the name is taken.
    pub async fn attach_receiver(&self, options: LinkOptions) -> Result<Receiver, Error> {
        let keeps = options.resume.keeps();
        let link = LinkRoot::attach(&self.root, keeps, |mut session| session.attach_receiver(options))?;
        link.attached().await?;
        Ok(Receiver::new(link))
    }

    /// Waits for a link that the peer attaches (§2.6.3).
    ///
    /// On connections made with [`Incoming::Refuse`](crate::Incoming::Refuse) none ever comes; on others,
    /// keep a handle of the session as long as links are to be answered. Cancel-safe: a dropped future
    /// takes nothing.
    ///
    /// # Errors
    /// Why no more can come: the session is gone.
    pub async fn incoming_link(&self) -> Result<IncomingLink, Error> {
        let root = &self.root;
        let (id, attach) = root
            .shared()
            .wait(|state, waker| {
                let entry = match state.session(root.id, &root.fate) {
                    Ok(entry) => entry,
                    Err(error) => return Poll::Ready(Err(error)),
                };
                if let Some(request) = entry.requested.pop_front() {
                    return Poll::Ready(Ok(request));
                }
                entry.changed.register(waker);
                Poll::Pending
            })
            .await?;
        Ok(IncomingLink::new(root, id, attach))
    }

    /// Ends the session (§2.5.2) and waits for the peer's end. Links on it are gone with it.
    ///
    /// Cancel-safe: once polled the end takes its course; a dropped future only does not see it.
    ///
    /// # Errors
    /// How it ended instead; time-out.
    pub async fn end(&self) -> Result<(), Error> {
        self.end_because(None).await
    }

    /// As [`end`](Self::end), and tells the peer why.
    ///
    /// # Errors
    /// As for [`end`](Self::end).
    pub async fn end_with(&self, error: codec::Error) -> Result<(), Error> {
        self.end_because(Some(error)).await
    }

    async fn end_because(&self, error: Option<codec::Error>) -> Result<(), Error> {
        let root = &self.root;
        root.end(error);
        root.shared()
            .until(Step::End, |state, waker| {
                if let Some(entry) = state.sessions.get_mut(&root.id) {
                    entry.changed.register(waker);
                }
                root.fate.of_own_accord()
            })
            .await
    }

    /// Waits until the session is gone and says why; [`Error::Misuse`] means that this side ended it. Cancel-safe.
    pub async fn ended(&self) -> Error {
        let root = &self.root;
        root.shared()
            .wait(|state, waker| match state.session(root.id, &root.fate) {
                Ok(entry) => {
                    entry.changed.register(waker);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(error),
            })
            .await
    }

    /// Another incoming-window, in transfer frames (§2.5.6): how many the peer may send before what came is taken. 0
    /// stops it until there is another.
    ///
    /// # Errors
    /// Why the session is gone.
    pub fn set_incoming_window(&self, transfers: u32) -> Result<(), Error> {
        let root = &self.root;
        root.shared().with(|state| {
            let session = state.machine.session(root.id);
            let set = session.and_then(|mut session| session.set_incoming_window(transfers));
            set.map_err(|misuse| root.fate.explain(misuse))
        })
    }

    /// The connection that the session belongs to.
    #[must_use]
    pub fn connection(&self) -> Connection {
        Connection::of(&self.root.connection)
    }

    /// State and counters of the session and its links at this moment; `None` when it is gone.
    #[must_use]
    pub fn snapshot(&self) -> Option<SessionSnapshot> {
        let mut state = self.root.shared().lock();
        state.machine.session(self.root.id).ok().map(|session| session.snapshot())
    }

    /// The windows on both sides (§2.5.6), as the driver or a handle left them last; `None` when the session is gone.
    ///
    /// Cheap enough to be asked for every message: only the first call on a session waits for the lock that the driver
    /// takes too, all others read some words that are kept up to date from then on.
    #[must_use]
    pub fn windows(&self) -> Option<Windows> {
        self.root.windows.get(self.root.shared(), self.root.id)
    }

    /// The peer's begin, once it has come (§2.7.2).
    #[must_use]
    pub fn remote_begin(&self) -> Option<Begin> {
        let mut state = self.root.shared().lock();
        state.machine.session(self.root.id).ok().and_then(|session| session.remote_begin())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.id.fmt(f)
    }
}
