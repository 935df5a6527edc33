//! What the machine says of a session or a link, as it was when the connection's lock was last released: for whoever wants
//! to look without taking it, and for whoever wants to be told when a window is getting full.
//!
//! Only what somebody has looked at once is shown, and costs anything. Two copies take turns: the one that is not shown is
//! written, then shown. So whoever reads never waits for whoever writes, and reads again only if a whole copy was written
//! meanwhile. Only one writes at a time: under the lock.

mod credit;
#[cfg(all(test, not(loom)))]
mod tests;
mod windows;

pub(crate) use credit::Credit;
pub(crate) use windows::WatchedWindows;

use crate::state::{OfLink, Shared, State};
use crate::sync::{AtomicU64, AtomicUsize, Ordering, fence};
use amqp_proto::{Connection, LinkId, SessionId, Sorted};
use std::fmt;
use std::hint::spin_loop;
use std::sync::{Arc, OnceLock};
use std::task::Waker;

/// What can be shown, as so many words. All ones are not among them.
pub(crate) trait Show<const WORDS: usize>: Sized {
    /// Whose it is.
    type Id: Copy;

    /// What the machine says; `None` if whose it is is gone.
    fn of(machine: &mut Connection, id: Self::Id) -> Option<Self>;
    fn words(&self) -> [u64; WORDS];
    fn from_words(words: [u64; WORDS]) -> Self;
    /// Keeps it where it is shown from, under the lock.
    fn watch(watching: &mut Watching, published: Arc<Published<Self, WORDS>>);
}

/// What is shown of one session or link.
pub(crate) struct Published<T: Show<WORDS>, const WORDS: usize> {
    id: T::Id,
    /// How many copies were written; the last of them is the one to read.
    written: AtomicUsize,
    copies: [[AtomicU64; WORDS]; 2],
}

/// What the handles have of it, once somebody has looked.
pub(crate) struct Look<T: Show<WORDS>, const WORDS: usize>(OnceLock<Arc<Published<T, WORDS>>>);

/// Everything on a connection that somebody has looked at.
pub(crate) struct Watching {
    /// Shows it.
    pub(crate) publish: fn(&mut State, Option<OfLink<'_>>),
    pub(crate) sessions: Sorted<SessionId, WatchedWindows>,
    /// In the order of their ids.
    links: Vec<Arc<Published<Credit, 1>>>,
}

impl<T: Show<WORDS>, const WORDS: usize> Published<T, WORDS> {
    /// The words of what is gone.
    const GONE: [u64; WORDS] = [u64::MAX; WORDS];

    fn new(id: T::Id, shown: &T) -> Self {
        let copies = [shown.words(), Self::GONE].map(|words| words.map(AtomicU64::new));
        Self { id, written: AtomicUsize::new(0), copies }
    }

    /// What is shown, or `None` if whose it is is gone.
    fn get(&self) -> Option<T> {
        loop {
            let written = self.written.load(Ordering::Acquire);
            let words = self.read(written);
            // orders what was read before what is read now: whoever began to write over it had counted before
            fence(Ordering::Acquire);
            if self.written.load(Ordering::Relaxed) == written {
                return (words != Self::GONE).then(|| T::from_words(words));
            }
            spin_loop();
        }
    }

    /// Shows this from now on; whether it is news. One at a time.
    fn set(&self, shown: Option<&T>) -> bool {
        let words = shown.map_or(Self::GONE, T::words);
        let written = self.written.load(Ordering::Relaxed);
        if self.read(written) == words {
            return false;
        }
        let next = written.wrapping_add(1);
        // orders the count that was stored before ahead of the words that are stored now
        fence(Ordering::Release);
        for (to, word) in self.copy(next).iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
        self.written.store(next, Ordering::Release);
        true
    }

    fn read(&self, number: usize) -> [u64; WORDS] {
        self.copy(number).each_ref().map(|word| word.load(Ordering::Relaxed))
    }

    fn copy(&self, number: usize) -> &[AtomicU64; WORDS] {
        let [even, odd] = &self.copies;
        if number % 2 == 0 { even } else { odd }
    }

    /// Shows what the machine says, and tells of it if it is news; whether there is anything to show any more.
    fn show(&self, machine: &mut Connection, news: impl FnOnce(&T)) -> bool {
        let shown = T::of(machine, self.id);
        let is_news = self.set(shown.as_ref());
        if let Some(shown) = shown.as_ref().filter(|_| is_news) {
            news(shown);
        }
        shown.is_some()
    }
}

impl<T: Show<WORDS>, const WORDS: usize> Default for Look<T, WORDS> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T: Show<WORDS>, const WORDS: usize> Look<T, WORDS> {
    /// What was shown last; `None` if whose it is is gone. Only the first look takes the lock.
    pub(crate) fn get(&self, shared: &Shared, id: T::Id) -> Option<T> {
        match self.0.get() {
            Some(published) => published.get(),
            None => self.first(shared, id),
        }
    }

    /// Has it shown from now on.
    #[cold]
    fn first(&self, shared: &Shared, id: T::Id) -> Option<T> {
        let mut state = shared.lock();
        let shown = T::of(&mut state.machine, id)?;
        // under the lock, so that it happens once
        self.0.get_or_init(|| {
            let published = Arc::new(Published::new(id, &shown));
            T::watch(state.watching.get_or_insert_default(), Arc::clone(&published));
            published
        });
        Some(shown)
    }

    /// Shows what the machine says, if anybody has looked.
    pub(crate) fn show(&self, machine: &mut Connection) {
        if let Some(published) = self.0.get() {
            published.show(machine, |_| ());
        }
    }
}

impl Default for Watching {
    fn default() -> Self {
        Self { publish: State::publish_watched, sessions: Sorted::new(), links: Vec::new() }
    }
}

impl Watching {
    /// Shows all of it as it is now; whether anything is left to be shown.
    pub(crate) fn show(&mut self, machine: &mut Connection, wake: &mut Vec<Waker>) -> bool {
        self.sessions.retain(|_, session| session.show(machine, wake));
        self.links.retain(|link| link.show(machine, |_| ()));
        !(self.sessions.is_empty() && self.links.is_empty())
    }

    /// Shows the credit of one link as it is now.
    pub(crate) fn show_link(&mut self, id: LinkId, machine: &mut Connection) {
        let at = self.links.binary_search_by(|link| link.id.cmp(&id));
        if let Some(link) = at.ok().and_then(|at| self.links.get(at)) {
            link.show(machine, |_| ());
        }
    }

    /// Shows the windows of one session as they are now.
    pub(crate) fn show_session(&mut self, id: SessionId, machine: &mut Connection, wake: &mut Vec<Waker>) {
        if let Some(session) = self.sessions.get_mut(&id) {
            // one that is gone is forgotten when all are shown
            session.show(machine, wake);
        }
    }
}

impl<T: Show<WORDS>, const WORDS: usize> fmt::Debug for Published<T, WORDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Published").finish_non_exhaustive()
    }
}
