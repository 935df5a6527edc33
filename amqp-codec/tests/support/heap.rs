//! An allocator that counts what each thread allocates, so that tests may run beside each other.

#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is handed on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static HEAP: Counting = Counting;

struct Counting;

/// What a piece of work allocated on its thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Heap {
    /// The most octets that were allocated at one time, beyond those at the start. A block that grows counts in its
    /// old and its new size until it has moved.
    pub(crate) peak: usize,
    /// All octets that were ever allocated, also those that were freed again.
    pub(crate) total: usize,
    /// How many allocations there were, growth of a block included.
    pub(crate) count: usize,
}

thread_local! {
    // Without destructor, so that they can be used whenever something is allocated.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static TOTAL: Cell<usize> = const { Cell::new(0) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// Does the work, and says what it allocated; what it returns is not freed within.
pub(crate) fn measure<T>(work: impl FnOnce() -> T) -> (T, Heap) {
    let (live, total, count) = (LIVE.get(), TOTAL.get(), COUNT.get());
    PEAK.set(live);
    let result = work();
    let peak = usize::try_from(PEAK.get() - live).unwrap_or(0);
    (result, Heap { peak, total: TOTAL.get() - total, count: COUNT.get() - count })
}

fn added(octets: usize) {
    LIVE.set(LIVE.get() + octets as isize);
    PEAK.set(PEAK.get().max(LIVE.get()));
    TOTAL.set(TOTAL.get() + octets);
    COUNT.set(COUNT.get() + 1);
}

fn removed(octets: usize) {
    LIVE.set(LIVE.get() - octets as isize);
}

// SAFETY: the system's allocator keeps the contract; counting touches only this thread's counters and allocates
// nothing.
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

#[test]
fn counts_what_is_allocated_here() {
    let (_, heap) = measure(|| {
        drop(vec![0_u8; 1000]);
        std::thread::spawn(|| drop(vec![0_u8; 1_000_000])).join().expect("no panic");
    });
    assert!(heap.peak >= 1000 && heap.total >= heap.peak && heap.count >= 1, "{heap:?}");
    assert!(heap.total < 100_000, "another thread's allocations do not count: {heap:?}");
}
