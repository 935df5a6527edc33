//! Test kit of `amqp10`: everything by which the protocol core is put to the test without sockets or real time.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`clock`], [`pipe`], [`pair`] | virtual time, a byte pipe that cuts at will, two cores pumped against each other |
//! | [`peer`] | a scripted peer: frames by hand in, expectations out |
//! | [`wire`] | a second, plain implementation of values and frames, so that the codec does not test itself |
//! | [`trace`], [`runner`] | the trace format, and playing a trace against the core |
//! | [`recording`], [`observer`], [`convert`], [`meaning`] | recorded sessions of foreign peers as traces, compared in meaning |
//! | [`coverage`] | which requirements are proved by which tests |
//! | [`hostile`], [`heap`] | the catalogue of hostile input, and allocators that count, or look for secrets |
//! | [`replay`] | the commands of the binary |

pub mod clock;
pub mod convert;
pub mod coverage;
pub mod heap;
pub mod hostile;
pub mod meaning;
pub mod observer;
pub mod pair;
pub mod peer;
pub mod pipe;
pub mod recording;
pub mod replay;
pub mod runner;
pub mod trace;
pub mod watching;
pub mod wire;
