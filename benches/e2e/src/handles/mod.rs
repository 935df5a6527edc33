//! Sender and receiver through the handles, on Tokio.

mod receiver;
mod sender;

pub use receiver::receive;
pub use sender::send;
