//! An allocator that looks at what is given back: whether a secret is still in it.
//!
//! A binary that wants to know declares `#[global_allocator] static HEAP: Watching = Watching;`. Everything is
//! allocated zeroed, so that only what was written is seen.

#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is handed on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

static SECRET: OnceLock<&'static [u8]> = OnceLock::new();
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, watched.
#[derive(Debug)]
pub struct Watching;

/// Looks for this from now on, for good.
pub fn watch_for(secret: &'static [u8]) {
    SECRET.get_or_init(|| secret);
}

/// In how many blocks it was when they were given back.
pub fn left_behind() -> usize {
    LEFT.load(Ordering::Relaxed)
}

fn look(block: &[u8]) {
    let Some(secret) = SECRET.get() else { return };
    if block.windows(secret.len()).any(|window| window == *secret) {
        LEFT.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: the system's allocator keeps the contract; looking allocates nothing. A block grows by being copied, so that
// the old one is looked at too: that is what GlobalAlloc does where realloc is not written.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the block is the caller's to give back, of that size, and was written when it was allocated.
        look(unsafe { std::slice::from_raw_parts(pointer, layout.size()) });
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.dealloc(pointer, layout) }
    }
}
