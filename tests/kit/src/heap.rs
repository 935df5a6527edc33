//! An allocator that counts what each thread allocates, so that tests may run beside each other; or all threads together.
//!
//! A binary that wants figures declares `#[global_allocator] static HEAP: Counting = Counting;`. Without it every
//! figure is 0. The tests of the codec, the fuzz targets and the differential test include this file.

#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is handed on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

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

/// The same of all threads, once they are counted together.
static TOGETHER: AtomicBool = AtomicBool::new(false);
static ALL_LIVE: AtomicIsize = AtomicIsize::new(0);
static ALL_PEAK: AtomicIsize = AtomicIsize::new(0);
static ALL_TOTAL: AtomicUsize = AtomicUsize::new(0);
static ALL_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Whether from now on every figure is of all threads of the process: for work that others do. Nothing else may run
/// meanwhile.
pub fn count_together(together: bool) {
    TOGETHER.store(together, Relaxed);
}

/// What is allocated and not freed, the most that ever was, all octets, all allocations.
fn figures() -> (isize, isize, usize, usize) {
    if TOGETHER.load(Relaxed) {
        (ALL_LIVE.load(Relaxed), ALL_PEAK.load(Relaxed), ALL_TOTAL.load(Relaxed), ALL_COUNT.load(Relaxed))
    } else {
        (LIVE.get(), PEAK.get(), TOTAL.get(), COUNT.get())
    }
}

/// Does the work, and says what it allocated; what it returns is not freed within.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Heap) {
    let (live, _, total, count) = figures();
    PEAK.set(live);
    ALL_PEAK.store(live, Relaxed);
    let result = work();
    let (_, peak, total_now, count_now) = figures();
    let peak = usize::try_from(peak - live).unwrap_or(0);
    (result, Heap { peak, total: total_now - total, count: count_now - count })
}

/// Octets that this thread has allocated and not freed; less than none if it freed what others had allocated.
pub fn live() -> isize {
    figures().0
}

fn added(octets: usize) {
    if TOGETHER.load(Relaxed) {
        let live = ALL_LIVE.fetch_add(octets as isize, Relaxed) + octets as isize;
        ALL_PEAK.fetch_max(live, Relaxed);
        ALL_TOTAL.fetch_add(octets, Relaxed);
        ALL_COUNT.fetch_add(1, Relaxed);
    }
    LIVE.set(LIVE.get() + octets as isize);
    PEAK.set(PEAK.get().max(LIVE.get()));
    TOTAL.set(TOTAL.get() + octets);
    COUNT.set(COUNT.get() + 1);
}

fn removed(octets: usize) {
    if TOGETHER.load(Relaxed) {
        ALL_LIVE.fetch_sub(octets as isize, Relaxed);
    }
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
