//! A table of reusable slots addressed by small numbers: what a waiting future leaves behind for the
//! driver to find without searching.

/// Values under keys that are handed out again after they were removed.
pub(crate) struct Slots<T> {
    entries: Vec<Entry<T>>,
    vacant: usize,
}

enum Entry<T> {
    Taken(T),
    /// Free, and where the next free one is.
    Vacant(usize),
}

/// End of the list of vacant entries.
const NONE: usize = usize::MAX;

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), vacant: NONE }
    }
}

impl<T> Slots<T> {
    /// The key that the next value is stored under.
    pub(crate) fn next_key(&self) -> usize {
        if self.vacant == NONE { self.entries.len() } else { self.vacant }
    }

    /// Stores a value and says under which key. It is made where it is to be, and so is not moved there.
    #[inline]
    pub(crate) fn insert(&mut self, value: impl FnOnce() -> T) -> usize {
        if self.vacant == NONE {
            self.grow();
        }
        let key = self.vacant;
        if let Some(entry @ &mut Entry::Vacant(next)) = self.entries.get_mut(key) {
            self.vacant = next;
            *entry = Entry::Taken(value());
        }
        key
    }

    #[cold]
    fn grow(&mut self) {
        self.vacant = self.entries.len();
        self.entries.push(Entry::Vacant(NONE));
    }

    pub(crate) fn get(&self, key: usize) -> Option<&T> {
        match self.entries.get(key) {
            Some(Entry::Taken(value)) => Some(value),
            Some(Entry::Vacant(_)) | None => None,
        }
    }

    pub(crate) fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        match self.entries.get_mut(key) {
            Some(Entry::Taken(value)) => Some(value),
            Some(Entry::Vacant(_)) | None => None,
        }
    }

    /// Takes the value out; the key may be handed out again.
    pub(crate) fn remove(&mut self, key: usize) -> Option<T> {
        let entry = self.entries.get_mut(key)?;
        match std::mem::replace(entry, Entry::Vacant(self.vacant)) {
            Entry::Taken(value) => {
                self.vacant = key;
                Some(value)
            }
            vacant @ Entry::Vacant(_) => {
                *entry = vacant;
                None
            }
        }
    }

    /// All that is stored, with the keys.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        self.entries.iter_mut().enumerate().filter_map(|(key, entry)| match entry {
            Entry::Taken(value) => Some((key, value)),
            Entry::Vacant(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_again_and_values_stay_apart() {
        let mut slots = Slots::default();
        assert_eq!(slots.next_key(), slots.insert(|| 'z'));
        assert_eq!(slots.remove(0), Some('z'));
        let (a, b) = (slots.insert(|| 'a'), slots.insert(|| 'b'));
        assert_eq!(slots.remove(a), Some('a'));
        assert_eq!(slots.remove(a), None, "removed only once");
        assert_eq!(slots.next_key(), a);
        let c = slots.insert(|| 'c');
        assert_eq!(c, a, "the freed key is used again");
        let d = slots.insert(|| 'd');
        assert_eq!(slots.get_mut(b), Some(&mut 'b'));
        assert_eq!(
            slots.iter_mut().map(|(key, value)| (key, *value)).collect::<Vec<_>>(),
            [(a, 'c'), (b, 'b'), (d, 'd')]
        );
        assert_eq!(slots.get_mut(99), None);
    }
}
