//! AMQP 1.0 for plain threads. **Not built yet: this crate is empty.**
//!
//! It will offer the verbs of [`amqp-async`](https://docs.rs/amqp-async) synchronously, every one with a
//! deadline, in two ways: serviced by one background thread a connection, so that heartbeats and
//! settlements go on while the application is busy; and driven by the caller with no thread at all. It
//! will be those handles, waited for by parking the thread, and not a second implementation.
