//! An allocator that counts what each thread allocates, so that tests may run beside each other.
//!
//! A binary that wants figures declares `#[global_allocator] static HEAP: Counting = Counting;`. Without it every
//! figure is 0. The tests of the codec, the fuzz targets and the differential test include this file.

#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is handed on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counted.
#[derive(Debug)]
pub struct Counting;

/// What a piece of work allocated on its thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heap {
    /// The most octets that were allocated at one time, beyond those at the start. A block that grows counts in its
    /// old and its new size until it has moved.
    pub peak: usize,
    /// All octets that were ever allocated, also those that were freed again.
    pub total: usize,
    /// How many allocations there were, growth of a block included.
    pub count: usize,
}

thread_local! {
    // Neither lazy nor with a destructor: reading them does not allocate.
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static TOTAL: Cell<usize> = const { Cell::new(0) };
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// Does the work, and says what it allocated; what it returns is not freed within.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Heap) {
    let (live, total, count) = (LIVE.get(), TOTAL.get(), COUNT.get());
    PEAK.set(live);
    let result = work();
    let peak = usize::try_from(PEAK.get() - live).unwrap_or(0);
    (result, Heap { peak, total: TOTAL.get() - total, count: COUNT.get() - count })
}

/// Octets that this thread has allocated and not freed; less than none if it freed what others had allocated.
pub fn live() -> isize {
    LIVE.get()
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

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        added(layout.size());
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.alloc_zeroed(layout) }
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
