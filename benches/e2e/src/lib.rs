//! What all programs of the end-to-end benchmark share: the command line, the octets that a body is made of, the check
//! that the receiver runs over them, and the line printed at the end. The rules are in `README.md` beside this crate.

mod arguments;
pub mod blocking;
mod body;
pub mod floor;
pub mod handles;
mod result;

pub use arguments::{MAX_FRAME_SIZE, Mode, Place, ReceiverArguments, SenderArguments, Source};
pub use body::{Bodies, Order, SharedTally, Tally};
pub use result::{now, print_ready, print_sender};
