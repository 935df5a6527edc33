//! The bodies of AMQP frames (§2.7).

mod attach;
mod begin;
mod close;
mod detach;
mod disposition;
mod end;
mod flow;
mod open;
mod transfer;
mod unsettled;

use alloc::boxed::Box;

pub use self::attach::Attach;
pub use self::begin::Begin;
pub use self::close::Close;
pub use self::detach::Detach;
pub use self::disposition::Disposition;
pub use self::end::End;
pub use self::flow::Flow;
pub use self::open::Open;
pub use self::transfer::Transfer;
pub use self::unsettled::UnsettledMap;
use crate::composite::one_of;

one_of! {
    /// A frame body: one of the nine performatives (§2.7).
    ///
    /// Decoding refuses every other value. What follows a transfer is payload,
    /// and is left to the decoder's [`rest`](crate::Decoder::rest).
    pub enum Performative = "performative" {
        /// Negotiates the connection (§2.7.1).
        Open(Box<Open>) = Open "open",
        /// Begins a session (§2.7.2).
        Begin(Begin) = Begin "begin",
        /// Attaches a link (§2.7.3).
        Attach(Box<Attach>) = Attach "attach",
        /// Updates windows and credit (§2.7.4).
        Flow(Flow) = Flow "flow",
        /// Transfers a message, or part of one (§2.7.5).
        Transfer(Transfer) = Transfer "transfer",
        /// Tells delivery states (§2.7.6).
        Disposition(Disposition) = Disposition "disposition",
        /// Detaches a link (§2.7.7).
        Detach(Detach) = Detach "detach",
        /// Ends a session (§2.7.8).
        End(End) = End "end",
        /// Closes the connection (§2.7.9).
        Close(Close) = Close "close",
    }
}
