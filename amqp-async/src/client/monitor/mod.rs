//! How a connection is: its health at a moment, round trips through it, and news of its silence. Nothing here runs by
//! itself: who does not ask costs nothing.

mod health;
mod level;
mod probe;
mod silence;

pub use health::Health;
pub use level::WindowWatch;
pub use silence::{Silence, Watch, WatchEvent};
