//! The table of a connection's links: by the small numbers that the core gives sessions and links, so that those that are
//! attached one after the other lie side by side, and what comes on all in turn is found in a row.
//!
//! It also counts, of each receiver, the deliveries that are given out: a [`Delivery`](crate::Delivery) keeps its link by
//! that, and so has nothing at hand of what the link's handles share, which each message would touch.
//!
//! An [`IdHasher`] is for those who have to hash ids: they are small numbers that the core deals out one after the other,
//! none is the peer's choice, so it is quick.

use crate::delivery::OnDrop;
use crate::error::Error;
use crate::state::{Fate, LinkEntry, Stage};
use amqp_proto::{LinkId, Misuse, ReceiverId, Sorted};
use std::hash::Hasher;
use std::mem;

/// Links by id.
#[derive(Default)]
pub(crate) struct Links {
    /// By the number of the session.
    sessions: Vec<OfSession>,
    /// Those whose number is another link's by now: they are gone at the core, and will be here when its event comes. And
    /// those that are gone here too, as long as deliveries of theirs are out.
    aside: Sorted<LinkId, (LinkEntry, Out)>,
}

/// The links of a session, by their number in it.
#[derive(Default)]
struct OfSession {
    slots: Vec<Option<Slot>>,
    /// Apart, and so in few octets: who takes and settles touches nothing else here.
    out: Vec<Out>,
}

type Slot = (LinkId, LinkEntry);

/// What is to be known of a receiver for each delivery.
#[derive(Clone, Copy, Default)]
pub(crate) struct Out {
    /// Deliveries that are given out and not settled.
    count: u32,
    /// What becomes of those that are dropped.
    pub(crate) on_drop: OnDrop,
    /// It stands here, and its handles keep nothing beside the machine that would come first.
    is_plain: bool,
    /// No handle is left but those deliveries.
    is_left: bool,
    /// The link is gone: this and its fate are all that is left.
    is_gone: bool,
}

impl Out {
    /// One more.
    #[inline]
    pub(crate) fn give(&mut self) -> OnDrop {
        self.count += 1;
        self.on_drop
    }
}

impl Links {
    pub(crate) fn insert(&mut self, id: LinkId, entry: LinkEntry) {
        let (session, link) = place(id);
        if self.sessions.len() <= session {
            self.sessions.resize_with(session + 1, OfSession::default);
        }
        let Some(OfSession { slots, out }) = self.sessions.get_mut(session) else { return };
        if slots.len() <= link {
            // little more room than is used: what links cost is counted
            let more = (link + 1 - slots.len()).max(slots.len() / 8);
            slots.reserve_exact(more);
            slots.resize_with(link + 1, || None);
            out.reserve_exact(more);
            out.resize(link + 1, Out::default());
        }
        let (Some(slot), Some(out)) = (slots.get_mut(link), out.get_mut(link)) else { return };
        let before = (slot.replace((id, entry)), mem::replace(out, Out { is_plain: true, ..Out::default() }));
        if let (Some((before, entry)), out) = before {
            if before != id {
                self.aside.insert(before, (entry, out));
            }
        }
    }

    pub(crate) fn get(&self, id: &LinkId) -> Option<&LinkEntry> {
        let (session, link) = place(*id);
        match self.sessions.get(session).and_then(|of| of.slots.get(link)) {
            Some(Some((found, entry))) if found == id => Some(entry),
            _ => self.aside.get(id).filter(|(_, out)| !out.is_gone).map(|(entry, _)| entry),
        }
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: &LinkId) -> Option<&mut LinkEntry> {
        self.find(id)
    }

    /// As [`get_mut`](Self::get_mut), for who looks for one after the other: always in line.
    #[inline(always)]
    pub(crate) fn find(&mut self, id: &LinkId) -> Option<&mut LinkEntry> {
        let (session, link) = place(*id);
        match self.sessions.get_mut(session).and_then(|of| of.slots.get_mut(link)) {
            Some(Some((found, entry))) if found == id => Some(entry),
            _ => find_aside(&mut self.aside, id),
        }
    }

    pub(crate) fn remove(&mut self, id: &LinkId) -> Option<LinkEntry> {
        let (session, link) = place(*id);
        let of = self.sessions.get_mut(session);
        let found = of.and_then(|OfSession { slots, out }| {
            let (_, entry) = slots.get_mut(link)?.take_if(|(found, _)| found == id)?;
            Some((entry, mem::take(out.get_mut(link)?)))
        });
        let (entry, out) = match found {
            Some(found) => {
                self.trim(session);
                found
            }
            None if self.get(id).is_some() => self.aside.remove(id)?,
            None => return None,
        };
        if out.count > 0 {
            let left = LinkEntry::new(entry.fate.clone(), entry.stage);
            self.aside.insert(*id, (left, Out { is_gone: true, is_plain: false, ..out }));
        }
        Some(entry)
    }

    /// Gives back the room behind the last link of a session, and behind the last session.
    fn trim(&mut self, session: usize) {
        let Some(OfSession { slots, out }) = self.sessions.get_mut(session) else { return };
        while let Some(None) = slots.last() {
            slots.pop();
        }
        out.truncate(slots.len());
        if slots.is_empty() {
            (*slots, *out) = (Vec::new(), Vec::new());
            while self.sessions.last().is_some_and(|of| of.slots.is_empty()) {
                self.sessions.pop();
            }
        }
    }

    /// The ids of all, in no particular order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = LinkId> {
        let aside = self.aside.iter().filter(|(_, (_, out))| !out.is_gone).map(|(id, _)| *id);
        self.sessions.iter().flat_map(|of| &of.slots).flatten().map(|(id, _)| *id).chain(aside)
    }

    /// What is known of a receiver that stands at the core, if what comes on it is given out as it comes.
    #[inline(always)]
    pub(crate) fn plain(&mut self, id: ReceiverId) -> Option<&mut Out> {
        // no other is at the place of one that stands
        self.sessions.get_mut(id.session().index())?.out.get_mut(id.index()).filter(|out| out.is_plain)
    }

    /// What is known of a receiver that stands, or of which deliveries are out.
    pub(crate) fn out(&mut self, id: ReceiverId) -> Option<&mut Out> {
        let id = LinkId::from(id);
        let (session, link) = place(id);
        match self.sessions.get_mut(session) {
            Some(OfSession { slots, out }) if matches!(slots.get(link), Some(Some((found, _))) if *found == id) => {
                out.get_mut(link)
            }
            _ => self.aside.get_mut(&id).map(|(_, out)| out),
        }
    }

    /// Gives out a delivery of a receiver: until it is [let go](Self::let_go) its link stays. What becomes of it when it is
    /// dropped.
    pub(crate) fn give_out(&mut self, id: ReceiverId, fate: &Fate) -> OnDrop {
        if let Some(out) = self.out(id) {
            return out.give();
        }
        // what had come before the link was gone
        let left = LinkEntry::new(fate.clone(), Stage::Up);
        self.aside.insert(id.into(), (left, Out { count: 1, is_gone: true, ..Out::default() }));
        OnDrop::default()
    }

    /// Lets so many of a receiver's deliveries go: whether those were the last that its link stayed for.
    #[inline(always)]
    pub(crate) fn let_go(&mut self, id: ReceiverId, count: u32) -> bool {
        if !self.aside.is_empty() {
            return self.let_any_go(id, count);
        }
        // a link of which deliveries are out is at its place, or aside
        let of = self.sessions.get_mut(id.session().index());
        of.and_then(|of| of.out.get_mut(id.index())).is_some_and(|out| {
            out.count = out.count.saturating_sub(count);
            out.count == 0 && out.is_left
        })
    }

    #[cold]
    fn let_any_go(&mut self, id: ReceiverId, count: u32) -> bool {
        let Some(out) = self.out(id) else { return false };
        out.count = out.count.saturating_sub(count);
        let Out { count, is_left, is_gone, .. } = *out;
        if count == 0 && is_gone {
            self.aside.remove(&id.into());
        }
        count == 0 && is_left
    }

    /// Whether a receiver's handles keep something that comes before what the machine has.
    pub(crate) fn set_keeps(&mut self, id: ReceiverId, keeps: bool) {
        if let Some(out) = self.out(id) {
            out.is_plain = !keeps && !out.is_gone;
        }
    }

    /// Whether deliveries of a receiver are out.
    pub(crate) fn has_out(&mut self, id: ReceiverId) -> bool {
        self.out(id).is_some_and(|out| out.count > 0)
    }

    /// No handle is left of a receiver: whether deliveries are, for which its link stays.
    pub(crate) fn leave(&mut self, id: ReceiverId) -> bool {
        let out = self.out(id).filter(|out| out.count > 0);
        out.map(|out| out.is_left = true).is_some()
    }

    /// Why a command about a delivery that is out was refused: as [`Fate::explain`].
    #[cold]
    pub(crate) fn explain(&mut self, id: ReceiverId, misuse: Misuse) -> Error {
        let id = LinkId::from(id);
        let entry = self.get(&id).or_else(|| self.aside.get(&id).map(|(entry, _)| entry));
        entry.map_or(Error::Misuse(misuse), |entry| entry.fate.explain(misuse))
    }
}

#[cold]
fn find_aside<'l>(aside: &'l mut Sorted<LinkId, (LinkEntry, Out)>, id: &LinkId) -> Option<&'l mut LinkEntry> {
    aside.get_mut(id).filter(|(_, out)| !out.is_gone).map(|(entry, _)| entry)
}

/// Where a link is: its session, and its place in that.
#[inline]
fn place(id: LinkId) -> (usize, usize) {
    let link = match id {
        LinkId::Sender(id) => id.index(),
        LinkId::Receiver(id) => id.index(),
    };
    (id.session().index(), link)
}

/// An odd number with as many ones as zeros, spread: 2⁶⁴ by the golden ratio.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes the few small numbers that an id is made of.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(SPREAD);
    }

    fn write_isize(&mut self, discriminant: isize) {
        self.write_u64(discriminant as u64);
    }

    fn finish(&self) -> u64 {
        // the high bits are the mixed ones, the table goes by the low ones
        self.0.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Fate, Stage};
    use amqp_proto::{Config, Connection, Instant, LinkOptions, SessionOptions};
    use std::collections::HashSet;
    use std::hash::Hash;

    #[test]
    fn a_number_that_comes_again_is_another_link() {
        let config = Config::builder("links").build().expect("valid");
        let mut machine = Connection::client(config, None, Instant::ZERO);
        let session = machine.begin(SessionOptions::default()).expect("there is a channel");
        let mut attach = |name| {
            let options = LinkOptions::sender(name, "queue");
            machine.session(session).and_then(|mut session| session.attach_sender(options)).expect("there is a handle")
        };
        let (other, first) = (attach("other"), attach("first"));
        // nothing has left yet, so that its number is free
        machine.sender(first).and_then(|mut sender| sender.detach(true, None)).expect("attached");
        let options = LinkOptions::sender("second", "queue");
        let second = machine.session(session).and_then(|mut session| session.attach_sender(options)).expect("a handle");
        assert_eq!((first.index(), second.index()), (1, 1));

        let mut links = Links::default();
        let [other, first, second] = [other, first, second].map(LinkId::from);
        for (id, stage) in [(other, Stage::Up), (first, Stage::Requested), (second, Stage::Proposed)] {
            links.insert(id, LinkEntry::new(Fate::default(), stage));
        }
        let stage = |links: &Links, id| links.get(&id).map(|entry| entry.stage);
        assert!(stage(&links, first) == Some(Stage::Requested) && stage(&links, second) == Some(Stage::Proposed));
        assert_eq!(links.keys().collect::<HashSet<_>>(), HashSet::from([other, first, second]));
        assert!(links.remove(&second).is_some() && links.remove(&second).is_none());
        assert!(links.get_mut(&first).is_some() && links.remove(&first).is_some() && links.get(&first).is_none());
        assert!(stage(&links, other) == Some(Stage::Up) && links.remove(&other).is_some());
        assert!(links.sessions.is_empty() && links.aside.is_empty(), "nothing is left");
    }

    #[test]
    fn what_is_out_is_counted_wherever_its_link_is() {
        let config = Config::builder("links").build().expect("valid");
        let mut machine = Connection::client(config, None, Instant::ZERO);
        let session = machine.begin(SessionOptions::default()).expect("there is a channel");
        let mut attach = |name: &str| {
            let mut session = machine.session(session).expect("it has begun");
            let id = session.attach_receiver(LinkOptions::receiver(name, "queue")).expect("there is a handle");
            machine.receiver(id).and_then(|mut receiver| receiver.detach(true, None)).expect("attached");
            id
        };
        let ids = ["here", "replaced", "gone"].map(&mut attach);
        assert!(ids.iter().all(|id| id.index() == 0), "one at the place of the other");
        let (mut links, fate) = (Links::default(), Fate::default());
        for id in ids {
            links.insert(id.into(), LinkEntry::new(Fate::default(), Stage::Up));
            links.give_out(id, &fate);
            links.give_out(id, &fate);
        }
        assert!(links.remove(&ids[2].into()).is_some() && links.get(&ids[2].into()).is_none());
        assert!(links.remove(&ids[0].into()).is_some() && links.remove(&ids[0].into()).is_none());
        assert_eq!(links.keys().collect::<Vec<_>>(), [LinkId::from(ids[1])]);
        for id in ids {
            assert!(links.has_out(id) && links.leave(id), "the others' are not counted here");
            assert!(!links.let_go(id, 1) && links.let_go(id, 1));
            assert!(!links.has_out(id));
        }
        assert!(links.remove(&ids[1].into()).is_some());
        links.give_out(ids[1], &fate);
        assert!(!links.let_go(ids[1], 1), "one of a link that was gone before");
        assert!(links.sessions.is_empty() && links.aside.is_empty(), "nothing is left");
    }

    #[test]
    fn an_entry_and_its_id_fill_one_line_of_a_cache() {
        assert!(size_of::<Option<Slot>>() <= 64, "{}", size_of::<Option<Slot>>());
    }

    #[test]
    fn ids_in_a_row_are_spread() {
        let places: HashSet<u64> = (0..1024_u32)
            .map(|number| {
                let mut hasher = IdHasher::default();
                // as an id is made: direction, generation, session's generation and index, index
                (1_isize, number, 1_u32, 0_u16, number).hash(&mut hasher);
                hasher.finish() % 2048
            })
            .collect();
        // at random it would be 805
        assert!(places.len() > 700, "{} places of 2048 for 1024 ids", places.len());
    }
}
