//! What holds for every value and for any octets.
//!
//! | module | property |
//! | --- | --- |
//! | [`batch`] | a batch is as long as it says, keeps its limit and loses nothing |
//! | [`identity`] | what is encoded is decoded to the same, and encoded to the same octets again |
//! | [`carriers`] | a composite in a list8 is read as one in a list32 is |
//! | [`hostile`] | no octets make the decoders panic, disagree, or allocate out of proportion |
//! | [`pieces`] | how the input was cut into pieces makes no difference |
//! | [`stack`] | the deepest values allowed need no more than 128 KiB of stack |
//! | [`linear`] | twice the input costs twice the memory and twice the allocations, and no more |
//!
//! [`everything`] decodes octets as each type in turn; what the fuzz targets use too is in [`support`].

mod batch;
mod carriers;
mod everything;
mod hostile;
mod identity;
mod linear;
mod pieces;
mod stack;
#[path = "../support/mod.rs"]
mod support;
