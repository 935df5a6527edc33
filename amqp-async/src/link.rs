//! What sending and receiving links have in common (§2.6): to be attached, to be detached.

use crate::error::{Error, Step};
use crate::events::not_wanted;
use crate::published::{Credit, Look};
use crate::receiver;
use crate::sender::DrainAnswer;
use crate::session::{Session, SessionRoot};
use crate::state::{Fate, LinkEntry, Shared, Stage, State};
use amqp_proto::codec::{self, Attach};
use amqp_proto::{LinkId, Misuse, ReceiverId, SenderId, SessionMut};
use std::sync::Arc;
use std::task::Poll;

/// What all handles of a link share; its drop detaches the link for good.
///
/// In this order, so that what every message touches lies together, behind the counts of its `Arc`.
#[repr(C)]
pub(crate) struct LinkRoot<Id: Link> {
    pub(crate) id: Id,
    session: Arc<SessionRoot>,
    pub(crate) own: Id::Own,
    pub(crate) fate: Fate,
    /// The credit, once somebody has looked at it.
    credit: Look<Credit, 1>,
}

/// The two directions of a link: how to speak to the machine about each.
pub(crate) trait Link: Copy + Into<LinkId> {
    /// What its handles keep beside the machine.
    type Own: Default;

    /// Sends detach.
    fn detach(
        self,
        machine: &mut amqp_proto::Connection,
        closed: bool,
        error: Option<codec::Error>,
    ) -> Result<(), Misuse>;
    /// Sends detach for good, and drops whatever has arrived: nobody will ask for it any more.
    fn abandon(self, machine: &mut amqp_proto::Connection);
    /// The peer's attach.
    fn remote_attach(self, machine: &mut amqp_proto::Connection) -> Option<Attach>;
    /// Its last handle is gone: whether the link stays all the same, for what is awaited of it.
    fn is_awaited(self, state: &mut State) -> bool;
}

impl Link for SenderId {
    type Own = ();

    fn detach(
        self,
        machine: &mut amqp_proto::Connection,
        closed: bool,
        error: Option<codec::Error>,
    ) -> Result<(), Misuse> {
        machine.sender(self)?.detach(closed, error)
    }

    fn abandon(self, machine: &mut amqp_proto::Connection) {
        // a link that is gone needs no detach
        let _ = self.detach(machine, true, None);
    }

    fn remote_attach(self, machine: &mut amqp_proto::Connection) -> Option<Attach> {
        machine.sender(self).ok()?.remote_attach()
    }

    fn is_awaited(self, state: &mut State) -> bool {
        state.outcomes.is_awaited(self)
    }
}

impl Link for ReceiverId {
    type Own = receiver::Own;

    fn detach(
        self,
        machine: &mut amqp_proto::Connection,
        closed: bool,
        error: Option<codec::Error>,
    ) -> Result<(), Misuse> {
        machine.receiver(self)?.detach(closed, error)
    }

    fn abandon(self, machine: &mut amqp_proto::Connection) {
        if let Ok(mut receiver) = machine.receiver(self) {
            // a link that is gone needs no detach
            let _ = receiver.detach(true, None);
            receiver.forget();
        }
    }

    fn remote_attach(self, machine: &mut amqp_proto::Connection) -> Option<Attach> {
        machine.receiver(self).ok()?.remote_attach()
    }

    fn is_awaited(self, state: &mut State) -> bool {
        state.links.leave(self)
    }
}

impl<Id: Link> LinkRoot<Id> {
    /// Sends attach. The link is detached when this is dropped, answered or not.
    pub(crate) fn attach(
        session: &Arc<SessionRoot>,
        keeps: bool,
        attach: impl FnOnce(SessionMut<'_>) -> Result<Id, Misuse>,
    ) -> Result<Self, Error> {
        let fate = Fate::default();
        let id = session.shared().with(|state| -> Result<Id, Error> {
            let id =
                state.machine.session(session.id).and_then(attach).map_err(|misuse| session.fate.explain(misuse))?;
            state.links.insert(id.into(), LinkEntry::new(fate.clone(), Stage::Proposed));
            state.leftovers.begin(id.into(), keeps);
            Ok(id)
        })?;
        Ok(Self { session: Arc::clone(session), id, fate, own: Id::Own::default(), credit: Look::default() })
    }

    /// A link that the peer has attached.
    pub(crate) fn requested(session: &Arc<SessionRoot>, id: Id) -> Self {
        let fate = session.shared().lock().links.get(&id.into()).map(|entry| entry.fate.clone());
        Self {
            session: Arc::clone(session),
            id,
            fate: fate.unwrap_or_default(),
            own: Id::Own::default(),
            credit: Look::default(),
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        self.session.shared()
    }

    /// A turn that concerns this link and its session alone.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        self.with_session(&self.session, act)
    }

    /// The same for whoever has the session at hand, which is this link's: nothing is read here.
    #[inline]
    pub(crate) fn with_session<R>(&self, session: &SessionRoot, act: impl FnOnce(&mut State) -> R) -> R {
        session.shared().with_link(session.id, &self.credit, act)
    }

    /// What all handles of the session share.
    pub(crate) fn session_root(&self) -> &Arc<SessionRoot> {
        &self.session
    }

    /// The credit as it was shown last; none if the link is gone.
    pub(crate) fn credit(&self) -> u32 {
        self.credit.get(self.shared(), self.id.into()).map_or(0, |credit| credit.0)
    }

    /// The session that the link is attached to.
    pub(crate) fn session(&self) -> Session {
        Session::of(&self.session)
    }

    /// Waits for the peer's attach.
    pub(crate) async fn attached(&self) -> Result<(), Error> {
        self.shared()
            .until(Step::Attach, |state, waker| match state.link(self.id.into(), &self.fate) {
                Ok(entry) if entry.stage == Stage::Up => Poll::Ready(Ok(())),
                Ok(entry) => {
                    entry.waiting().changed.register(waker);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(Err(error)),
            })
            .await
    }

    /// Accepts what the peer has asked for.
    pub(crate) fn answer(
        &self,
        keeps: bool,
        accept: impl FnOnce(&mut amqp_proto::Connection, Id) -> Result<(), Misuse>,
    ) -> Result<(), Error> {
        self.shared().with(|state| {
            accept(&mut state.machine, self.id).map_err(|misuse| self.fate.explain(misuse))?;
            state.leftovers.begin(self.id.into(), keeps);
            state.link(self.id.into(), &self.fate).map(|entry| entry.stage = Stage::Up)
        })
    }

    /// Leaves the answer to a drain to the application.
    pub(crate) fn hold_drains(&self) {
        self.shared().with(|state| {
            if let Some(entry) =
                state.links.get_mut(&self.id.into()).filter(|it| it.drain_answer == DrainAnswer::AtOnce)
            {
                entry.drain_answer = DrainAnswer::Held;
            }
        });
    }

    /// Refuses what the peer has asked for.
    pub(crate) fn refuse(&self, error: codec::Error) {
        self.shared().with(|state| state.refuse(self.id.into(), error));
    }

    /// Sends detach and waits for the peer's.
    pub(crate) async fn detach(&self, closed: bool, error: Option<codec::Error>) -> Result<(), Error> {
        self.shared().with(|state| {
            // a link that is gone needs no detach
            let _ = self.id.detach(&mut state.machine, closed, error);
        });
        self.shared()
            .until(Step::Detach, |state, waker| {
                if let Some(entry) = state.links.get_mut(&self.id.into()) {
                    entry.waiting().changed.register(waker);
                }
                self.fate.of_own_accord()
            })
            .await
    }

    /// Waits until the link is gone, and says why.
    pub(crate) async fn gone(&self) -> Error {
        self.shared()
            .wait(|state, waker| match state.link(self.id.into(), &self.fate) {
                Ok(entry) => {
                    entry.waiting().changed.register(waker);
                    Poll::Pending
                }
                Err(error) => Poll::Ready(error),
            })
            .await
    }

    /// The peer's attach, while the link stands.
    pub(crate) fn remote_attach(&self) -> Option<Attach> {
        self.id.remote_attach(&mut self.shared().lock().machine)
    }
}

impl<Id: Link> Drop for LinkRoot<Id> {
    fn drop(&mut self) {
        self.shared().with(|state| {
            if self.id.is_awaited(state) {
                return;
            }
            state.leftovers.forget(self.id.into());
            match state.links.get(&self.id.into()).map(|entry| entry.stage) {
                Some(Stage::Requested) => state.refuse(self.id.into(), not_wanted()),
                Some(Stage::Proposed | Stage::Up) | None => self.id.abandon(&mut state.machine),
            }
        });
    }
}
