//! The examples that embed the core in a loop of one's own do what they say. Each runs for a second.

#[path = "../examples/custom_event_loop.rs"]
mod custom_event_loop;
#[path = "../examples/nonblocking_std.rs"]
mod nonblocking_std;

#[test]
fn several_connections_in_an_event_loop() {
    custom_event_loop::main().unwrap();
}

#[test]
fn plain_sockets() {
    nonblocking_std::main().unwrap();
}
