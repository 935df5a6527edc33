//! The table of a connection's links: by the small numbers that the core gives sessions and links, so that those that are
//! attached one after the other lie side by side, and what comes on all in turn is found in a row.
//!
//! An [`IdHasher`] is for those who have to hash ids: they are small numbers that the core deals out one after the other,
//! none is the peer's choice, so it is quick.

use crate::state::LinkEntry;
use amqp_proto::LinkId;
use std::hash::Hasher;

/// Links by id.
#[derive(Default)]
pub(crate) struct Links {
    /// By the number of the session, and of the link in it.
    sessions: Vec<Vec<Option<Slot>>>,
    /// Those whose number is another link's by now: they are gone at the core, and will be here when its event comes.
    replaced: Vec<Slot>,
}

type Slot = (LinkId, LinkEntry);

impl Links {
    pub(crate) fn insert(&mut self, id: LinkId, entry: LinkEntry) {
        let (session, link) = place(id);
        if self.sessions.len() <= session {
            self.sessions.resize_with(session + 1, Vec::new);
        }
        let Some(slots) = self.sessions.get_mut(session) else { return };
        if slots.len() <= link {
            // little more room than is used: what links cost is counted
            slots.reserve_exact((link + 1 - slots.len()).max(slots.len() / 8));
            slots.resize_with(link + 1, || None);
        }
        let before = slots.get_mut(link).and_then(|slot| slot.replace((id, entry)));
        self.replaced.extend(before.filter(|(before, _)| *before != id));
    }

    #[inline]
    pub(crate) fn get(&self, id: &LinkId) -> Option<&LinkEntry> {
        let (session, link) = place(*id);
        match self.sessions.get(session).and_then(|slots| slots.get(link)) {
            Some(Some((found, entry))) if found == id => Some(entry),
            _ => self.replaced.iter().find(|(replaced, _)| replaced == id).map(|(_, entry)| entry),
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
        match self.sessions.get_mut(session).and_then(|slots| slots.get_mut(link)) {
            Some(Some((found, entry))) if found == id => Some(entry),
            _ => find_replaced(&mut self.replaced, id),
        }
    }

    pub(crate) fn remove(&mut self, id: &LinkId) -> Option<LinkEntry> {
        let (session, link) = place(*id);
        let slots = self.sessions.get_mut(session);
        let found = slots.and_then(|slots| slots.get_mut(link)?.take_if(|(found, _)| found == id));
        let Some((_, entry)) = found else {
            let at = self.replaced.iter().position(|(replaced, _)| replaced == id)?;
            return Some(self.replaced.swap_remove(at).1);
        };
        self.trim(session);
        Some(entry)
    }

    /// Gives back the room behind the last link of a session, and behind the last session.
    fn trim(&mut self, session: usize) {
        let Some(slots) = self.sessions.get_mut(session) else { return };
        while let Some(None) = slots.last() {
            slots.pop();
        }
        if slots.is_empty() {
            *slots = Vec::new();
            while self.sessions.last().is_some_and(Vec::is_empty) {
                self.sessions.pop();
            }
        }
    }

    /// The ids of all, in no particular order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = LinkId> {
        self.sessions.iter().flatten().flatten().chain(&self.replaced).map(|(id, _)| *id)
    }
}

#[cold]
fn find_replaced<'l>(replaced: &'l mut [Slot], id: &LinkId) -> Option<&'l mut LinkEntry> {
    replaced.iter_mut().find(|(replaced, _)| replaced == id).map(|(_, entry)| entry)
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
        assert!(links.sessions.is_empty() && links.replaced.is_empty(), "nothing is left");
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
