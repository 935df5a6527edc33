//! The formulas of §2.5.6 at their edges.

use super::*;

const NEAR: SequenceNo = SequenceNo(u32::MAX - 1);

fn flow(next_incoming_id: Option<SequenceNo>, incoming_window: u32) -> Flow {
    let mut flow = Flow::new(incoming_window, SequenceNo(7), 5);
    flow.next_incoming_id = next_incoming_id;
    flow
}

fn window(memory: &mut Memory, transfers: u32, octets: Option<u64>) -> Window {
    let mut window = Window::new();
    window.configure(memory, Incoming { transfers, octets, low_water: None }, 8, NEAR);
    window.begun(NEAR, 4, 0);
    window
}

#[test]
fn remote_window_in_serial_arithmetic() {
    // req: TR-2.5.6-02 TR-2.5.6-03 TR-2.5.6-04 TR-2.5.6-08 TR-2.5.6-10
    let mut window = window(&mut Memory::new(1 << 20, 512), 8, None);
    for _ in 0..4 {
        assert!(window.can_send());
        window.sent();
    }
    assert!(!window.can_send());
    assert_eq!(window.view().next_outgoing_id, SequenceNo(2));
    window.received_flow(&flow(Some(SequenceNo(0)), 4)).expect("valid");
    assert_eq!(window.view().remote_incoming_window, 2);
    window.received_flow(&flow(None, 3)).expect("valid");
    assert_eq!(window.view().remote_incoming_window, 0, "never a huge unsigned window");
    assert_eq!(window.received_flow(&flow(Some(SequenceNo(3)), 9)), Err(Violation::IncomingIdAhead));
}

#[test]
fn incoming_window_opens_as_it_is_taken() {
    // req: TR-2.5.6-05 TR-2.5.6-12 TR-2.5.6-13 TR-2.5.6-17
    let memory = &mut Memory::new(1 << 20, 512);
    let mut window = window(memory, 4, None);
    for _ in 0..4 {
        window.received(memory, 1).expect("window open");
    }
    assert_eq!(window.received(memory, 1), Err(Violation::WindowExceeded));
    assert_eq!(window.flow(memory).incoming_window, 0);
    assert!(!window.released(memory, Load::one(1)));
    assert!(window.released(memory, Load::one(1)), "half is free");
    let flow = window.flow(memory);
    assert_eq!((flow.incoming_window, flow.next_incoming_id), (2, Some(SequenceNo(2))));
}

#[test]
fn a_window_by_octets_counts_the_largest_frames() {
    // Scenario SW-10: 4.5 frames are four.
    let memory = &mut Memory::new(1 << 20, 512);
    let mut window = window(memory, 100, Some(2304));
    assert_eq!(window.view().incoming_window, 4);
    window.received(memory, 10).expect("window open");
    assert_eq!(window.flow(memory).incoming_window, 4, "a small one leaves as many large ones");
    for _ in 0..4 {
        window.received(memory, 512).expect("window open");
    }
    assert_eq!(window.received(memory, 1), Err(Violation::WindowExceeded));
    assert_eq!(window.flow(memory).incoming_window, 0);
    assert!(!window.released(memory, Load::one(512)));
    assert!(window.released(memory, Load::one(512)));
}

#[test]
fn a_smaller_window_takes_what_is_under_way_and_no_more() {
    // Scenario SW-09; req: TR-2.5.6-12
    let memory = &mut Memory::new(1 << 20, 512);
    let mut window = window(memory, 400, None);
    window.resize(memory, 0);
    assert_eq!(window.flow(memory).incoming_window, 0);
    window.resize(memory, 10);
    for _ in 0..10 {
        window.received(memory, 1).expect("granted once");
        window.released(memory, Load::one(1));
    }
    assert_eq!(window.flow(memory).incoming_window, 10);
    for _ in 0..390 {
        window.received(memory, 1).expect("granted once");
    }
    assert_eq!(window.received(memory, 1), Err(Violation::WindowExceeded));
}

#[test]
fn sessions_share_the_memory_of_the_connection() {
    let memory = &mut Memory::new(64 * 512, 512);
    let mut first = window(memory, 100, None);
    let second = window(memory, 100, None);
    assert_eq!((first.view().incoming_window, second.view().incoming_window), (32, 16));
    first.close(memory);
    assert_eq!(window(memory, 100, None).view().incoming_window, 24);
}
