//! What a connection holds; see `handles/memory.rs`.
#![expect(unused_crate_dependencies, reason = "each test uses its part")]

#[path = "handles/support/alone.rs"]
mod host;
#[path = "handles/memory.rs"]
mod memory;
#[path = "handles/support/mod.rs"]
mod support;
