//! Defects of others that are not to be repeated; see `list.rs`.
#![expect(unused_crate_dependencies, reason = "each test uses its part")]

#[path = "../handles/support/alone.rs"]
mod host;
#[path = "list.rs"]
mod list;
#[path = "../handles/support/mod.rs"]
mod support;
