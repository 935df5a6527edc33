//! The allocator of the test kit, which counts.

#[path = "../../../tests/kit/src/heap.rs"]
#[expect(dead_code, unreachable_pub, reason = "the kit is another crate, and needs more of it")]
pub(crate) mod counting;

pub(crate) use self::counting::measure;

#[global_allocator]
static HEAP: counting::Counting = counting::Counting;

#[test]
fn counts_what_is_allocated_here() {
    let (_, heap) = measure(|| {
        drop(vec![0_u8; 1000]);
        std::thread::spawn(|| drop(vec![0_u8; 1_000_000])).join().expect("no panic");
    });
    assert!(heap.peak >= 1000 && heap.total >= heap.peak && heap.count >= 1, "{heap:?}");
    assert!(heap.total < 100_000, "another thread's allocations do not count: {heap:?}");
}

#[test]
fn what_is_allocated_is_counted() {
    let mut octets = Vec::<u8>::new();
    let mut count = |work: &mut dyn FnMut(&mut Vec<u8>)| measure(|| work(&mut octets)).1.count;
    assert_eq!(count(&mut |octets| octets.reserve_exact(10)), 1);
    assert_eq!(count(&mut |octets| octets.extend([0; 10])), 0);
    assert_eq!(count(&mut |octets| octets.push(0)), 1, "it grows");
    assert_eq!(count(&mut |_| drop(vec![0_u64; 1_000])), 1, "zeroed");
}
