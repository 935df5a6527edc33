//! An allocator that counts: how much is alive, and how much was at most.
//!
//! A binary that wants figures declares `#[global_allocator] static HEAP: Counting = Counting;`. Without it every
//! figure is 0. The counters are for the whole process: measure one thing at a time.

#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is handed on to the system's allocator")]

mod watching;

pub use watching::{Watching, left_behind, watch_for};

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, counted.
#[derive(Debug)]
pub struct Counting;

/// Octets allocated now.
pub fn live() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// The most octets that were allocated at one time since [`reset_peak`].
pub fn peak() -> usize {
    PEAK.load(Ordering::Relaxed)
}

/// Starts measuring the peak from what is allocated now.
pub fn reset_peak() {
    PEAK.store(live(), Ordering::Relaxed);
}

fn added(octets: usize) {
    let live = LIVE.fetch_add(octets, Ordering::Relaxed) + octets;
    PEAK.fetch_max(live, Ordering::Relaxed);
}

fn removed(octets: usize) {
    LIVE.fetch_sub(octets, Ordering::Relaxed);
}

// SAFETY: the system's allocator keeps the contract; counting touches only two atomics and allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        added(layout.size());
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        removed(layout.size());
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        added(size);
        removed(layout.size());
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
