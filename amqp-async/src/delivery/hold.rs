//! How what has arrived keeps its link attached.

use super::OnDrop;
use crate::deadline::Limit;
use crate::error::Step;
use crate::link::Link as _;
use crate::links::Links;
use crate::receiver::ReceiverRoot;
use crate::session::SessionRoot;
use crate::state::State;
use amqp_proto::ReceiverId;
use std::sync::Arc;

/// What a delivery keeps its link by.
pub(crate) enum Hold {
    /// It is to be settled, or was until now.
    Counted(Counted),
    /// It was sent settled: by what the link's handles share, so that no lock is needed to drop it.
    Held(Arc<ReceiverRoot>),
}

/// One of the link's deliveries that are out ([`Links::give_out`]). What the link's handles share is not at hand: each message
/// would touch it.
pub(crate) struct Counted {
    pub(super) session: Arc<SessionRoot>,
    pub(super) id: ReceiverId,
    pub(super) on_drop: OnDrop,
    /// It counts: as long as it is to be settled.
    pub(super) counts: bool,
}

impl Hold {
    /// One more that is out, under the lock.
    pub(crate) fn count(link: &ReceiverRoot, links: &mut Links) -> Self {
        let on_drop = links.give_out(link.id, &link.fate);
        Self::counted(link.session_root(), link.id, on_drop)
    }

    /// One that counts already.
    #[inline]
    pub(crate) fn counted(session: &Arc<SessionRoot>, id: ReceiverId, on_drop: OnDrop) -> Self {
        Self::Counted(Counted { session: Arc::clone(session), id, on_drop, counts: true })
    }

    pub(super) fn id(&self) -> ReceiverId {
        match self {
            Self::Counted(counted) => counted.id,
            Self::Held(link) => link.id,
        }
    }

    pub(super) fn session(&self) -> &Arc<SessionRoot> {
        match self {
            Self::Counted(counted) => &counted.session,
            Self::Held(link) => link.session_root(),
        }
    }

    /// How long the sender's settlement may take.
    pub(super) fn limit(&self) -> Limit {
        Limit::new(self.session().shared().limit(Step::Settle))
    }

    /// Whether the delivery is to be settled.
    #[inline]
    pub(super) fn counts(&self) -> bool {
        matches!(self, Self::Counted(Counted { counts: true, .. }))
    }

    /// It counts no more: whoever says so lets it go, under the lock.
    #[inline]
    pub(super) fn stop_counting(&mut self) {
        if let Self::Counted(counted) = self {
            counted.counts = false;
        }
    }

    /// Another of the same link, that does not count.
    pub(super) fn another(&self) -> Self {
        match self {
            Self::Counted(Counted { session, id, on_drop, .. }) => {
                Self::Counted(Counted { session: Arc::clone(session), id: *id, on_drop: *on_drop, counts: false })
            }
            Self::Held(link) => Self::Held(Arc::clone(link)),
        }
    }

    /// It counts from now on, instead of another.
    pub(super) fn count_instead(&mut self) {
        if let Self::Counted(counted) = self {
            counted.counts = true;
        }
    }

    /// It is out no more.
    pub(super) fn let_go(&mut self) {
        if self.counts() {
            self.stop_counting();
            let (session, id) = (self.session(), self.id());
            session.shared().with_session(session.id, |state| state.let_go(id, 1));
        }
    }
}

impl Counted {
    /// A turn that concerns this link and its session alone.
    #[inline]
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        self.session.shared().with_session(self.session.id, |state| {
            let result = act(state);
            state.show_credit(self.id);
            result
        })
    }
}

impl State {
    /// So many deliveries of a receiver are no longer out. If nothing else is left of it its link is detached.
    #[inline]
    pub(super) fn let_go(&mut self, id: ReceiverId, count: u32) {
        if self.links.let_go(id, count) {
            self.leftovers.forget(id.into());
            id.abandon(&mut self.machine);
        }
    }

    /// Shows a receiver's credit as it is now, if anybody has looked.
    #[inline]
    pub(super) fn show_credit(&mut self, id: ReceiverId) {
        if let Some(watching) = &mut self.watching {
            watching.show_link(id.into(), &mut self.machine);
        }
    }
}
