//! An allocator that counts what each thread asks of it.

#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait; every call is handed on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static HEAP: Counting = Counting;

thread_local! {
    // Neither lazy nor with a destructor: reading it does not allocate.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// How often `run` allocates memory, or asks for more of what it has. Other threads do not count.
pub(crate) fn allocations(run: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    run();
    ALLOCATIONS.get() - before
}

struct Counting;

fn count() {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
}

// SAFETY: the system's allocator keeps the contract; counting touches only a cell of the thread.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on unchanged.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[test]
fn what_is_allocated_is_counted() {
    let mut octets = Vec::<u8>::new();
    assert_eq!(allocations(|| octets.reserve_exact(10)), 1);
    assert_eq!(allocations(|| octets.extend([0; 10])), 0);
    assert_eq!(allocations(|| octets.push(0)), 1, "it grows");
    assert_eq!(allocations(|| drop(vec![0_u64; 1_000])), 1, "zeroed");
}
