//! Who waits for what: [`Wakers`] for a change that concerns everybody, [`Turns`] for one that serves a
//! few at a time (credit, deliveries). Both are touched only under the connection's lock; they never
//! wake by themselves but hand the waker out, so that waking happens outside the lock.

use std::collections::VecDeque;
use std::task::Waker;

/// Tasks that all want to look again when something has changed.
#[derive(Default)]
pub(crate) struct Wakers(Vec<Waker>);

impl Wakers {
    /// Remembers a task; once, however often it comes.
    #[inline(never)]
    pub(crate) fn register(&mut self, waker: &Waker) {
        if !self.0.iter().any(|known| known.will_wake(waker)) {
            self.0.push(waker.clone());
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Moves all of them to `wake`. No room is kept: few things change twice.
    #[inline(never)]
    pub(crate) fn call_all(&mut self, wake: &mut Vec<Waker>) {
        if !self.0.is_empty() {
            wake.extend(std::mem::take(&mut self.0));
        }
    }
}

/// A queue of tasks that are called one at a time, first come first called.
///
/// Whoever was called calls the next when it leaves, be it with what it wanted or without. That is the
/// whole protocol, and it is why no call is ever lost.
#[derive(Default)]
pub(crate) struct Turns {
    issued: u64,
    waiting: VecDeque<(Ticket, Waker)>,
}

/// A place in [`Turns`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ticket(u64);

impl Turns {
    /// Takes a place at the end of the queue; whoever holds a ticket already keeps its place, or is put
    /// in front if it had been called in vain.
    pub(crate) fn wait(&mut self, ticket: &mut Option<Ticket>, waker: &Waker) {
        let Some(mine) = *ticket else {
            self.issued += 1;
            let new = Ticket(self.issued);
            self.waiting.push_back((new, waker.clone()));
            *ticket = Some(new);
            return;
        };
        match self.waiting.iter_mut().find(|(other, _)| *other == mine) {
            Some((_, known)) => known.clone_from(waker),
            None => self.waiting.push_front((mine, waker.clone())),
        }
    }

    /// Whether nobody is in the queue.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether anybody has ever taken a place; some may hold their tickets still.
    pub(crate) fn was_used(&self) -> bool {
        self.issued > 0
    }

    /// Gives the place up. Says whether the holder had been called, so that the call can be passed on.
    pub(crate) fn leave(&mut self, mine: Ticket) -> bool {
        let place = self.waiting.iter().position(|(other, _)| *other == mine);
        if let Some(place) = place {
            self.waiting.remove(place);
        }
        place.is_none()
    }

    /// Calls the first in the queue.
    pub(crate) fn call(&mut self, wake: &mut Vec<Waker>) {
        if let Some((_, waker)) = self.waiting.pop_front() {
            wake.push(waker);
        }
        if self.waiting.is_empty() {
            // whoever comes next takes the first place again: where one waits at a time, the others stay out of the caches
            self.waiting.clear();
        }
    }

    /// Calls everybody: what they wait for will not come.
    #[inline(never)]
    pub(crate) fn call_all(&mut self, wake: &mut Vec<Waker>) {
        wake.extend(self.waiting.drain(..).map(|(_, waker)| waker));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(count: u64) -> (Turns, Vec<Ticket>) {
        let mut turns = Turns::default();
        let tickets = (0..count)
            .map(|_| {
                let mut ticket = None;
                turns.wait(&mut ticket, Waker::noop());
                ticket.expect("a ticket was given")
            })
            .collect();
        (turns, tickets)
    }

    #[test]
    fn leaving_tells_whether_one_was_called() {
        let (mut turns, tickets) = queue(3);
        let mut wake = Vec::new();
        turns.call(&mut wake);
        assert_eq!(wake.len(), 1);
        assert!(turns.leave(tickets[0]), "the first was called");
        assert!(!turns.leave(tickets[2]), "the last was not");
        assert_eq!(turns.waiting.front().map(|(ticket, _)| *ticket), Some(tickets[1]));
    }

    #[test]
    fn called_in_vain_is_first_again() {
        let (mut turns, tickets) = queue(2);
        turns.call(&mut Vec::new());
        turns.wait(&mut Some(tickets[0]), Waker::noop());
        assert_eq!(turns.waiting.front().map(|(ticket, _)| *ticket), Some(tickets[0]));
    }

    #[test]
    #[cfg_attr(miri, ignore = "there a vtable has several addresses, so two wakers of one task may look different")]
    fn the_same_task_registers_once() {
        struct Task;
        impl std::task::Wake for Task {
            fn wake(self: std::sync::Arc<Self>) {}
        }
        let mut wakers = Wakers::default();
        let waker = Waker::from(std::sync::Arc::new(Task));
        wakers.register(&waker);
        wakers.register(&waker);
        assert_eq!(wakers.0.len(), 1);
    }
}
