//! The listener's side: what a peer asks for, to be accepted or refused. Whatever is dropped unanswered
//! is refused.

use crate::connection::Connection;
use crate::driver::Driver;
use crate::error::{Error, Step};
use crate::link::LinkRoot;
use crate::options::Options;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::session::{Session, SessionRoot};
use crate::state::{Phase, Stage};
use crate::tls::TlsPeer;
use crate::transport::{Timer, Transport};
use amqp_proto::codec::{self, Attach, Begin};
use amqp_proto::{
    LinkId, LinkOptions, Misuse, ReceiverId, RecordedAt, SaslAnswer, SaslListener, SaslRequest, SenderId,
    SessionOptions,
};
use std::fmt;
use std::sync::Arc;
use std::task::Poll;

/// A peer that has connected to us and is not let in yet.
///
/// ```no_run
/// # async fn example(mut incoming: amqp_async::IncomingConnection) -> Result<(), amqp_async::Error> {
/// use amqp_async::proto::{SaslRequest, codec::SaslCode};
/// if let Some(request) = incoming.login().await? {
///     let known = matches!(&request, SaslRequest::Plain { user, password, .. }
///         if user.as_str() == "guest" && password.matches(b"guest"));
///     incoming.answer(if known { SaslCode::Ok } else { SaslCode::Auth })?;
/// }
/// let connection = incoming.open().await?;
/// # Ok(()) }
/// ```
pub struct IncomingConnection {
    connection: Connection,
    /// A login has been given out and not been answered.
    unanswered: bool,
    /// If there is TLS.
    peer: Option<TlsPeer>,
}

impl IncomingConnection {
    /// Answers a connection as the listener. `sasl` says which mechanisms to offer; `None` means that
    /// clients come without SASL.
    ///
    /// Nothing happens until the driver is polled.
    pub fn new<T: Transport, C: Timer>(
        options: &Options,
        sasl: Option<SaslListener>,
        transport: T,
        timer: C,
    ) -> (Self, Driver<T, C>) {
        #[cfg(feature = "scram")]
        let sasl = sasl.map(crate::random::for_listener);
        let opening = if sasl.is_some() { Step::Login } else { Step::Open };
        let machine = amqp_proto::Connection::listener(options.effective(RecordedAt::Listener), sasl, timer.now());
        let (connection, driver) = Connection::start(machine, opening, options, transport, timer);
        (Self { connection, unanswered: false, peer: None }, driver)
    }

    /// There is TLS, and this is who the peer is by it.
    pub(crate) fn secured_by(self, peer: Option<TlsPeer>) -> Self {
        Self { peer, ..self }
    }

    /// The client's certificates (§5.2), in DER, its own first; they have been checked. Empty without TLS, and if the
    /// client has shown none. Known once there is a [`login`](Self::login); with SASL EXTERNAL they tell who it is.
    #[must_use]
    pub fn peer_certificates(&self) -> &[Vec<u8>] {
        self.peer.as_ref().map_or(&[], TlsPeer::certificates)
    }

    /// Waits for the client's wish to be let in (§5.3.3.2); `None` if it comes without SASL, which it can
    /// only where the [`SaslListener`] allows it. Cancel-safe.
    ///
    /// # Errors
    /// Why it will not come: time-out, violation, transport.
    pub async fn login(&mut self) -> Result<Option<SaslRequest>, Error> {
        let unanswered = &mut self.unanswered;
        self.connection
            .shared()
            .wait(|state, waker| match (state.login.take(), &state.phase) {
                (Some(request), _) => {
                    *unanswered = true;
                    Poll::Ready(Ok(Some(request)))
                }
                (None, _) if state.was_opened() => Poll::Ready(Ok(None)),
                (None, Phase::Closed(error)) => Poll::Ready(Err(error.clone())),
                (None, Phase::Opening | Phase::Open) => {
                    state.changed.register(waker);
                    Poll::Pending
                }
            })
            .await
    }

    /// Answers [`login`](Self::login) (§5.3.3.6): with a code, or with what the mechanism of the request asks for; with
    /// SCRAM what is stored of the user, `None` if there is no such user. Any code but
    /// [`SaslCode::Ok`](amqp_proto::codec::SaslCode::Ok) ends the connection, and so does an answer that the mechanism
    /// cannot use: the client is told that the server has failed.
    ///
    /// # Errors
    /// Misuse if there is nothing to answer; why the connection is gone.
    pub fn answer(&mut self, answer: impl Into<SaslAnswer>) -> Result<(), Error> {
        let unanswered = std::mem::take(&mut self.unanswered);
        self.connection.shared().with(|state| match state.closed() {
            Some(error) => Err(error),
            None if unanswered => {
                state.answer = Some(answer.into());
                Ok(())
            }
            None => Err(Error::Misuse(Misuse::NothingToAnswer)),
        })
    }

    /// Waits for the client's open, which is answered at once (§2.4.1). Whoever does not like it
    /// [closes](Connection::close_with) the connection. A client that has closed it again without an error meanwhile
    /// had opened it: [`closed`](Connection::closed) tells.
    ///
    /// # Errors
    /// Why it will not come: time-out, violation, transport.
    pub async fn open(self) -> Result<Connection, Error> {
        self.connection.opened().await?;
        Ok(self.connection)
    }
}

impl fmt::Debug for IncomingConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incoming{:?}", self.connection)
    }
}

/// A session that the peer has begun (§2.5.1). Dropped unanswered, it is ended with `amqp:not-allowed`.
#[must_use = "a session that is dropped is refused"]
pub struct IncomingSession {
    root: SessionRoot,
    begin: Box<Begin>,
}

impl IncomingSession {
    pub(crate) fn new(root: SessionRoot, begin: Box<Begin>) -> Self {
        Self { root, begin }
    }

    /// What the peer sent (§2.7.2).
    #[must_use]
    pub fn begin(&self) -> &Begin {
        &self.begin
    }

    /// Answers with begin.
    ///
    /// # Errors
    /// Why the session or connection is gone meanwhile.
    pub fn accept(self, options: SessionOptions) -> Result<Session, Error> {
        let Self { root, .. } = self;
        root.shared().with(|state| {
            let accepted = state.machine.session(root.id).and_then(|mut session| session.accept(options));
            accepted.map_err(|misuse| root.fate.explain(misuse))?;
            state.session(root.id, &root.fate).map(|entry| entry.stage = Stage::Up)
        })?;
        Ok(Session::new(root))
    }

    /// Ends it with `error`.
    pub fn refuse(self, error: codec::Error) {
        self.root.end(Some(error));
    }
}

impl fmt::Debug for IncomingSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IncomingSession").field(&self.begin).finish()
    }
}

/// A link that the peer has attached (§2.6.3). Dropped unanswered, it is refused with
/// `amqp:not-allowed`.
#[derive(Debug)]
#[must_use = "a link that is dropped is refused"]
pub enum IncomingLink {
    /// The peer wants to receive: accepting makes us the sender.
    Sender(IncomingSender),
    /// The peer wants to send: accepting makes us the receiver.
    Receiver(IncomingReceiver),
}

impl IncomingLink {
    pub(crate) fn new(session: &Arc<SessionRoot>, id: LinkId, attach: Box<Attach>) -> Self {
        match id {
            LinkId::Sender(id) => Self::Sender(IncomingSender { link: LinkRoot::requested(session, id), attach }),
            LinkId::Receiver(id) => Self::Receiver(IncomingReceiver { link: LinkRoot::requested(session, id), attach }),
        }
    }

    /// What the peer sent (§2.7.3).
    #[must_use]
    pub fn attach(&self) -> &Attach {
        match self {
            Self::Sender(link) => link.attach(),
            Self::Receiver(link) => link.attach(),
        }
    }

    /// Refuses it: attach without the terminus that was asked for, then detach with `error` (§2.6.3).
    pub fn refuse(self, error: codec::Error) {
        match self {
            Self::Sender(link) => link.refuse(error),
            Self::Receiver(link) => link.refuse(error),
        }
    }
}

/// The peer wants to receive on this link (§2.6.3). Dropped unanswered, it is refused.
#[must_use = "a link that is dropped is refused"]
pub struct IncomingSender {
    link: LinkRoot<SenderId>,
    attach: Box<Attach>,
}

/// The peer wants to send on this link (§2.6.3). Dropped unanswered, it is refused.
#[must_use = "a link that is dropped is refused"]
pub struct IncomingReceiver {
    link: LinkRoot<ReceiverId>,
    attach: Box<Attach>,
}

impl IncomingSender {
    /// What the peer sent (§2.7.3).
    #[must_use]
    pub fn attach(&self) -> &Attach {
        &self.attach
    }

    /// As [`Sender::hold_drains`], before the peer can have asked for a drain.
    pub fn hold_drains(&self) {
        self.link.hold_drains();
    }

    /// Answers with attach. The name in `options` is ignored: it is the peer's.
    ///
    /// # Errors
    /// Why the link is gone meanwhile.
    pub fn accept(self, options: LinkOptions) -> Result<Sender, Error> {
        let keeps = options.resume.keeps();
        self.link.answer(keeps, |machine, id| machine.sender(id)?.accept(options))?;
        Ok(Sender::new(self.link))
    }

    /// Refuses it with `error`.
    pub fn refuse(self, error: codec::Error) {
        self.link.refuse(error);
    }
}

impl IncomingReceiver {
    /// What the peer sent (§2.7.3).
    #[must_use]
    pub fn attach(&self) -> &Attach {
        &self.attach
    }

    /// Answers with attach, and with credit as the mode in `options` says. The name in `options` is
    /// ignored: it is the peer's.
    ///
    /// # Errors
    /// Why the link is gone meanwhile.
    pub fn accept(self, options: LinkOptions) -> Result<Receiver, Error> {
        let keeps = options.resume.keeps();
        self.link.answer(keeps, |machine, id| machine.receiver(id)?.accept(options))?;
        Ok(Receiver::new(self.link))
    }

    /// Refuses it with `error`.
    pub fn refuse(self, error: codec::Error) {
        self.link.refuse(error);
    }
}

impl fmt::Debug for IncomingSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IncomingSender").field(&self.attach).finish()
    }
}

impl fmt::Debug for IncomingReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IncomingReceiver").field(&self.attach).finish()
    }
}
