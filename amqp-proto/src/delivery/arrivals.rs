//! The deliveries of a session that have come whole and wait to be taken: those of all its links in one table, those of each
//! in a list through it.
//!
//! So what comes lies in a row, on however many links it comes, and takes the same places again when it was taken.

use super::arrived::Arrived;
use alloc::vec::Vec;
use core::mem;

/// The end of a list.
const NONE: u32 = u32::MAX;

/// Those of all links.
#[derive(Debug)]
pub(crate) struct Arrivals {
    places: Vec<Place>,
    /// The first of the free places: the one that was left last.
    free: u32,
}

#[derive(Debug)]
struct Place {
    arrived: Option<Arrived>,
    /// The place behind it in its list, or in that of the free ones.
    next: u32,
}

/// Those of one link, oldest first. Whoever drops it has taken them out.
#[derive(Debug)]
pub(super) struct List {
    first: u32,
    last: u32,
    len: u32,
}

impl Default for List {
    fn default() -> Self {
        Self { first: NONE, last: NONE, len: 0 }
    }
}

impl List {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Arrivals {
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), free: NONE }
    }

    /// Gives the room back, if nothing waits.
    pub(crate) fn rest(&mut self) {
        if self.places.iter().all(|place| place.arrived.is_none()) {
            *self = Self::new();
        }
    }

    /// A place at the end of the list, to put something into. So it is made where it is to be, and not moved there.
    #[inline(always)]
    pub(super) fn push_back(&mut self, list: &mut List) -> Option<&mut Option<Arrived>> {
        if self.free == NONE {
            self.grow();
        }
        let at = self.free;
        if list.is_empty() {
            list.first = at;
        } else if let Some(last) = self.places.get_mut(list.last as usize) {
            last.next = at;
        }
        list.last = at;
        list.len += 1;
        let place = self.places.get_mut(at as usize)?;
        self.free = mem::replace(&mut place.next, NONE);
        Some(&mut place.arrived)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        // the window admits fewer
        self.free = self.places.len() as u32;
        self.places.push(Place { arrived: None, next: NONE });
    }

    #[inline]
    pub(super) fn front(&self, list: &List) -> Option<&Arrived> {
        self.places.get(list.first as usize)?.arrived.as_ref()
    }

    #[inline(always)]
    pub(super) fn pop_front(&mut self, list: &mut List) -> Option<Arrived> {
        let at = list.first;
        let place = self.places.get_mut(at as usize)?;
        let arrived = place.arrived.take()?;
        list.first = place.next;
        list.len -= 1;
        place.next = self.free;
        self.free = at;
        Some(arrived)
    }

    /// Those of a link, oldest first.
    pub(super) fn iter(&self, list: &List) -> impl Iterator<Item = &Arrived> {
        let place = |at: u32| self.places.get(at as usize);
        let places = core::iter::successors(place(list.first), move |before| place(before.next));
        places.filter_map(|place| place.arrived.as_ref())
    }

    /// The same, to be changed, from the one with that number on.
    pub(super) fn each_from(&mut self, list: &List, from: usize, mut change: impl FnMut(&mut Arrived)) {
        let mut at = list.first;
        for number in 0..list.len() {
            let Some(place) = self.places.get_mut(at as usize) else { return };
            if let Some(arrived) = place.arrived.as_mut().filter(|_| number >= from) {
                change(arrived);
            }
            at = place.next;
        }
    }
}
