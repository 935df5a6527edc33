//! The types that frames are made of (§2.8).

mod condition;
mod delivery_tag;
mod error;
mod fields;
mod handle;
mod info;
mod port;
mod redirect;
mod restricted;
mod role;
mod sequence_no;
mod settle_mode;

pub use self::condition::Condition;
pub use self::delivery_tag::{DeliveryTag, DeliveryTagTooLong};
pub use self::error::Error;
pub use self::fields::Fields;
pub use self::handle::Handle;
pub use self::info::Info;
pub use self::port::{PORT, SECURE_PORT};
pub use self::redirect::Redirect;
pub(crate) use self::restricted::{choices, restricted};
pub use self::role::Role;
pub use self::sequence_no::{DeliveryNumber, SequenceNo, TransferNumber};
pub use self::settle_mode::{ReceiverSettleMode, SenderSettleMode};
