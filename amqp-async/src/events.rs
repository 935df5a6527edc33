//! The core's events, each brought to whom it concerns. Runs in the driver, under the lock.

use crate::error::{Error, Step};
use crate::options::Incoming;
use crate::sender::DrainAnswer;
use crate::state::{Fate, LinkEntry, Phase, SessionEntry, Stage, State};
use amqp_proto::codec::{self, Attach, Begin, Condition, DeliveryState};
use amqp_proto::{CloseReason, DeliveryId, DetachReason, EndReason, Event, LinkId, ReceiverId, SenderId, SessionId};
use std::collections::BinaryHeap;
use std::mem;

impl State {
    /// Brings one event home.
    pub(crate) fn handle(&mut self, event: Event) {
        match event {
            Event::SaslInit(request) => {
                self.login = Some(*request);
                self.changed.call_all(&mut self.wake);
            }
            Event::Open(_) => self.opened(),
            Event::BeginRequested { session, begin } => self.begin_requested(session, begin),
            Event::Begun { session, .. } => self.begun(session),
            Event::Ended { session, reason } => self.ended(session, *reason),
            Event::AttachRequested { link, attach } => self.attach_requested(link, attach),
            Event::Attached { link, .. } => self.attached(link),
            Event::Detached { link, reason } => self.detached(link, *reason),
            Event::Writable { sender } => self.ready(sender.into()),
            Event::Arrived { receiver } => self.arrived(receiver),
            Event::Drain { sender } => self.drain(sender),
            Event::Drained { receiver } => self.drained(receiver),
            Event::Echo { session } => self.echoed(session),
            Event::Disposition { delivery, link, token, state, settled } => {
                self.disposition(delivery, link, token, state, settled);
            }
            Event::Closed(reason) => self.connection_closed(*reason),
            Event::Authenticated { .. } => self.opening = Step::Open,
            event @ (Event::Suspended { .. } | Event::Compared { .. } | Event::Resumed { .. }) => {
                self.handle_resumption(event);
            }
            // nobody waits for it: the machine's snapshot tells what it changed
            Event::Flow { .. } => {}
            // events of a later core: nobody here can wait for them
            _ => {}
        }
    }

    fn opened(&mut self) {
        self.phase = Phase::Open;
        self.changed.call_all(&mut self.wake);
    }

    fn begin_requested(&mut self, id: SessionId, begin: Box<Begin>) {
        match self.incoming {
            Incoming::Queue => {
                self.sessions.insert(id, SessionEntry::new(Fate::default(), Stage::Requested));
                self.requested.push_back((id, begin));
                self.changed.call_all(&mut self.wake);
            }
            Incoming::Refuse => {
                if let Ok(mut session) = self.machine.session(id) {
                    // it is there, it has just been announced
                    let _ = session.end(Some(not_wanted()));
                }
            }
        }
    }

    fn begun(&mut self, id: SessionId) {
        if let Some(entry) = self.sessions.get_mut(&id) {
            entry.stage = Stage::Up;
            entry.changed.call_all(&mut self.wake);
        }
    }

    fn ended(&mut self, id: SessionId, reason: EndReason) {
        // what the connection takes with it is told when the connection's own reason is known
        if reason == EndReason::Connection {
            return;
        }
        let error = Error::from(reason);
        self.links_gone(&|link| link.session() == id, &error);
        self.session_gone(id, error);
    }

    fn session_gone(&mut self, id: SessionId, error: Error) {
        self.requested.retain(|(requested, _)| *requested != id);
        self.probes.forget(id);
        if let Some(mut entry) = self.sessions.remove(&id) {
            entry.fate.set(error);
            entry.changed.call_all(&mut self.wake);
        }
    }

    fn echoed(&mut self, id: SessionId) {
        self.probes.answered(id);
        if let Some(entry) = self.sessions.get_mut(&id) {
            entry.changed.call_all(&mut self.wake);
        }
    }

    fn attach_requested(&mut self, id: LinkId, attach: Box<Attach>) {
        match (self.incoming, self.sessions.get_mut(&id.session())) {
            (Incoming::Queue, Some(session)) => {
                session.requested.push_back((id, attach));
                session.changed.call_all(&mut self.wake);
                self.links.insert(id, LinkEntry::new(Fate::default(), Stage::Requested));
            }
            (Incoming::Refuse, _) | (Incoming::Queue, None) => self.refuse(id, not_wanted()),
        }
    }

    /// Refuses a link that the peer asks for.
    pub(crate) fn refuse(&mut self, id: LinkId, error: codec::Error) {
        // a link that is gone already needs no refusal
        let _ = match id {
            LinkId::Sender(id) => self.machine.sender(id).and_then(|mut link| link.refuse(error)),
            LinkId::Receiver(id) => self.machine.receiver(id).and_then(|mut link| link.refuse(error)),
        };
    }

    fn attached(&mut self, id: LinkId) {
        if let Some(entry) = self.links.get_mut(&id) {
            entry.stage = Stage::Up;
            entry.tell_changed(&mut self.wake);
        }
    }

    fn detached(&mut self, id: LinkId, reason: DetachReason) {
        // as with `ended`: the session's own reason comes next
        if reason != DetachReason::Session {
            self.links_gone(&|link| link == id, &reason.into());
        }
    }

    fn links_gone(&mut self, concerned: &dyn Fn(LinkId) -> bool, error: &Error) {
        let gone: BinaryHeap<LinkId> = self.links.keys().filter(|id| concerned(*id)).collect();
        // in the order in which they were made; a heap takes less code than the slice's sort
        for id in gone.into_sorted_vec() {
            if let Some(mut entry) = self.links.remove(&id) {
                entry.fate.set(error.clone());
                entry.call_all(&mut self.wake);
                if let Some(member) = entry.set {
                    member.tell(&mut self.sets, &mut self.wake);
                }
            }
            if let Some(session) = self.sessions.get_mut(&id.session()) {
                session.requested.retain(|(requested, _)| *requested != id);
            }
            if let LinkId::Sender(sender) = id {
                self.outcomes.sender_gone(sender, error, &mut self.wake);
            }
        }
        self.flushing.call_all(&mut self.wake);
    }

    /// Something to take on this link, and on others: where one thing comes on many links, their events follow each other.
    fn arrived(&mut self, first: ReceiverId) {
        let Self { machine, links, sets, wake, .. } = self;
        let mut next = Some(first);
        while let Some(receiver) = next {
            if let Some(entry) = links.find(&receiver.into()) {
                entry.ready(sets, wake);
            }
            next = machine.poll_arrived();
        }
    }

    /// Something to take, or room to send.
    pub(crate) fn ready(&mut self, id: LinkId) {
        if let Some(entry) = self.links.get_mut(&id) {
            entry.ready(&mut self.sets, &mut self.wake);
        }
    }

    /// The rest of the credit goes back (§2.6.7), unless the application says when.
    fn drain(&mut self, id: SenderId) {
        if let Some(entry) = self.links.get_mut(&id.into()).filter(|it| it.drain_answer != DrainAnswer::AtOnce) {
            entry.drain_answer = DrainAnswer::Wanted;
            entry.tell_changed(&mut self.wake);
            return;
        }
        if let Ok(mut sender) = self.machine.sender(id) {
            // it cannot have gone: the event is of this moment
            let _ = sender.drained();
        }
    }

    fn drained(&mut self, id: ReceiverId) {
        if let Some(entry) = self.links.get_mut(&id.into()) {
            entry.drained = true;
            entry.tell_changed(&mut self.wake);
        }
    }

    fn disposition(
        &mut self,
        delivery: DeliveryId,
        link: LinkId,
        token: u64,
        state: Option<DeliveryState>,
        settled: bool,
    ) {
        let LinkId::Sender(sender) = link else {
            if let Some(entry) = self.links.get_mut(&link).filter(|_| settled) {
                entry.confirm(delivery.number().0, &mut self.wake);
            }
            return;
        };
        if let Some(outcome) = self.machine.conclude(sender, delivery, state, settled) {
            self.outcomes.arrive(token, outcome, &mut self.wake);
        }
        self.flushing.call_all(&mut self.wake);
    }

    fn connection_closed(&mut self, reason: CloseReason) {
        self.close_with(match Error::from(reason) {
            Error::Timeout(Step::Open) => Error::Timeout(self.opening),
            error => error,
        });
    }

    /// The connection is over: everything that is left of it goes, for this reason.
    pub(crate) fn close_with(&mut self, error: Error) {
        if self.closed().is_some() {
            return;
        }
        self.links_gone(&|_| true, &error);
        for (_, mut entry) in mem::take(&mut self.sessions) {
            entry.fate.set(error.clone());
            entry.changed.call_all(&mut self.wake);
        }
        self.requested.clear();
        self.phase = Phase::Closed(error);
        self.changed.call_all(&mut self.wake);
    }
}

/// What is told to a peer that asked for what nobody here takes.
#[cold]
#[inline(never)]
pub(crate) fn not_wanted() -> codec::Error {
    codec::Error::new(Condition::NOT_ALLOWED, "nothing here accepts this")
}
