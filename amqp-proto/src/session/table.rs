//! The links of a session, by handle (§2.6.2) and by name (§2.6.1). Judges no attach: that is [`links`](super::links).

use crate::link::{Half, Link};
use crate::sorted::Sorted;
use crate::store::Store;
use crate::thin::Thin;
use alloc::vec::Vec;
use amqp_codec::{Role, Str};

/// Links by index; the only doors in and out keep their names with them.
#[derive(Debug)]
pub(crate) struct Links {
    store: Store<Link>,
    /// In order of the names, not of hashes: without randomness a peer could make those collide.
    names: Thin<Sorted<Named>>,
}

/// What finds a link by its name: the oldest of a name comes first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    name: Str,
    sends: bool,
    generation: u32,
    index: u32,
}

impl Named {
    fn of(link: &Link) -> Self {
        Self {
            name: link.cold.name.clone(),
            sends: link.role() == Role::Sender,
            generation: link.key.generation.0,
            index: link.key.index,
        }
    }

    /// Comes before all of this role and name.
    fn before(role: Role, name: &Str) -> Self {
        Self { name: name.clone(), sends: role == Role::Sender, generation: 0, index: 0 }
    }

    fn is_alike(&self, other: &Self) -> bool {
        (&self.name, self.sends) == (&other.name, other.sends)
    }
}

impl Links {
    pub(crate) const fn new() -> Self {
        Self { store: Store::new(), names: Thin::new() }
    }

    /// The index that the next [`insert`](Self::insert) will use: that of the link's key.
    pub(crate) fn next_index(&self) -> u32 {
        self.store.next_index()
    }

    pub(crate) fn insert(&mut self, link: Link) {
        self.names.make().insert(Named::of(&link), ());
        self.store.insert(link);
    }

    pub(crate) fn remove(&mut self, index: u32) {
        if let (Some(link), Some(names)) = (self.store.remove(index), self.names.get_mut()) {
            names.remove(&Named::of(&link));
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: u32) -> Option<&Link> {
        self.store.get(index)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: u32) -> Option<&mut Link> {
        self.store.get_mut(index)
    }

    pub(crate) fn len(&self) -> usize {
        self.store.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &Link)> {
        self.store.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut Link)> {
        self.store.iter_mut()
    }

    /// The links of this name and role that another attach of it may concern, oldest first. Those that it can concern
    /// no more are not asked again: a peer may leave any number of one name behind that we refused.
    pub(crate) fn named(&mut self, role: Role, name: &Str) -> impl Iterator<Item = &Link> {
        let from = Named::before(role, name);
        let store = &self.store;
        let over = |named: &Named| store.get(named.index).is_none_or(|link| !link.needs_name());
        let names = self.names.make();
        let all = names.from(&from).map(|(named, ())| named).take_while(|named| named.is_alike(&from));
        let over: Vec<_> = all.filter(|named| over(named)).map(|named| named.index).collect();
        for link in over.into_iter().filter_map(|index| store.get(index)) {
            names.remove(&Named::of(link));
        }
        let left = names.from(&from).map(|(named, ())| named);
        left.take_while(move |named| named.is_alike(&from)).filter_map(|named| store.get(named.index))
    }
}

impl Link {
    /// Whether another attach of its name may concern it: as an answer, or because the name is in use. When it has
    /// become false it stays so.
    fn needs_name(&self) -> bool {
        self.local != Half::Ended || self.remote == Half::Idle || (self.cold.suspended && !self.gone)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "test code")]

    use super::*;
    use crate::SessionId;
    use crate::id::{Generation, LinkKey};
    use alloc::format;

    const MANY: u32 = 20_000;

    fn link(links: &Links, generation: u32, name: &str, role: Role) -> Link {
        let session = SessionId { generation: Generation(0), index: 0 };
        let key = LinkKey { generation: Generation(generation), session, index: links.next_index() };
        Link::new(key, Str::from(name), role)
    }

    #[test]
    fn a_name_finds_its_links_only() {
        let mut links = Links::new();
        for number in 0..MANY {
            let name = format!("link-{number}");
            links.insert(link(&links, 2 * number, &name, Role::Sender));
            links.insert(link(&links, 2 * number + 1, &name, Role::Receiver));
            let found: Vec<_> = links.named(Role::Sender, &name.as_str().into()).map(|link| link.key.index).collect();
            assert_eq!(found, [2 * number]);
        }
        links.remove(0);
        assert_eq!(links.named(Role::Sender, &"link-0".into()).count(), 0);
        assert_eq!(links.named(Role::Receiver, &"link-0".into()).count(), 1);
        (1..2 * MANY).for_each(|index| links.remove(index));
        assert_eq!((links.len(), links.names.make().len()), (0, 0));
    }

    #[test]
    fn the_oldest_of_a_name_is_first() {
        let mut links = Links::new();
        links.insert(link(&links, 0, "other", Role::Sender));
        links.insert(link(&links, 1, "name", Role::Sender));
        links.remove(0);
        links.insert(link(&links, 2, "name", Role::Sender));
        let found: Vec<_> = links.named(Role::Sender, &"name".into()).map(|link| link.key.index).collect();
        assert_eq!(found, [1, 0]);
    }

    #[test]
    fn what_is_over_is_looked_at_once() {
        let mut links = Links::new();
        for number in 0..MANY {
            assert_eq!(links.named(Role::Sender, &"name".into()).count(), 0);
            assert_eq!(links.names.make().len(), 0);
            let mut refused = link(&links, number, "name", Role::Sender);
            (refused.local, refused.remote) = (Half::Ended, Half::Active);
            links.insert(refused);
        }
        assert_eq!(links.len(), MANY as usize);
        (0..MANY).for_each(|index| links.remove(index));
        assert_eq!(links.len(), 0);
    }

    #[test]
    fn what_the_peer_may_still_answer_keeps_its_name() {
        let mut links = Links::new();
        let mut suspended = link(&links, 0, "name", Role::Sender);
        (suspended.local, suspended.remote, suspended.cold.suspended) = (Half::Ended, Half::Active, true);
        links.insert(suspended);
        let mut unanswered = link(&links, 1, "name", Role::Sender);
        unanswered.local = Half::Ended;
        links.insert(unanswered);
        assert_eq!(links.named(Role::Sender, &"name".into()).count(), 2);
        links.get_mut(0).unwrap().gone = true;
        assert_eq!(links.named(Role::Sender, &"name".into()).count(), 1);
    }
}
