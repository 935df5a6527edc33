//! Tests of `src/reactor.rs`, of which they are a part.

use super::Reactor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn octets_are_told_of_when_what_they_have_brought_is_home() {
    let reactor = Reactor::new(&mio::Poll::new().unwrap()).unwrap();
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let cx = Context::from_waker(&waker);

    // another thread has read them, and has not brought them home when this one begins to look
    reactor.moved();
    let watch = reactor.watch();
    assert!(watch.poll_moved(&cx).is_pending());
    reactor.tell_moved();
    assert!(watch.poll_moved(&cx).is_ready());
    assert_eq!(woken.0.load(Ordering::Relaxed), 1);

    let later = reactor.watch();
    reactor.tell_moved();
    assert!(later.poll_moved(&cx).is_pending(), "nothing has moved since");
    drop((watch, later));

    // what nobody looked for is no news for who looks later
    reactor.moved();
    reactor.tell_moved();
    assert!(reactor.watch().poll_moved(&cx).is_pending());
}
