//! The model: two cores joined by pipes, random commands on both, and beside them reference models that know the text
//! and the frames on the wire, and nothing of the engine.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`case`], [`octets`] | what is done to the two: made by proptest, or out of any octets |
//! | [`window`], [`credit`], [`settlement`] | the reference models: §2.5.6, §2.6.7, §2.6.12 |
//! | [`view`], [`session`], [`link`] | what one side can know of its sessions and links, by these |
//! | [`resume`] | what a link leaves, and what the maps of both ends say when it comes back: §2.6.13, §3.4.6 |
//! | [`line`] | what the applications gave and got on a link |
//! | [`world`] | the two cores, the pipes, the clock: carrying commands out, and looking at all that comes of it |
//! | [`commands`], [`deliveries`] | commands as the trace format writes them |
//! | [`check`] | what a snapshot has to say, and why a sender cannot send |
//! | [`rest`] | coming to rest, and what has to hold there |
//! | [`failure`] | a fault as a trace that replays it |

pub(crate) mod case;
mod check;
mod commands;
mod credit;
mod deliveries;
pub(crate) mod failure;
mod line;
mod link;
pub(crate) mod octets;
mod rest;
mod resume;
mod session;
mod settlement;
mod view;
mod window;
pub(crate) mod world;

/// How what a side sends is compared with what it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// It knew the same when it wrote that.
    Exact,
    /// The transport took nothing for a while: it may have written that before it heard the last.
    Delayed,
}

/// A fault is told in words.
type Checked<T = ()> = Result<T, String>;
