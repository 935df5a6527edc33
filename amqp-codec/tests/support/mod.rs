//! What the property tests (`tests/property`), the fuzz targets (`fuzz`) and the differential test
//! (`tests/differential`) have in common. Not a test of its own.
//!
//! | module | what |
//! | --- | --- |
//! | [`strategies`] | random values of every type |
//! | [`mutation`] | octets that were well-formed and are no longer |
//! | [`check`] | what must hold of a value, and of whatever octets decode to |
//! | [`maps`] | what must hold of the maps of a message |
//! | [`reader`] | octets in pieces, put together to headers and frames |
//! | [`heap`] | an allocator that counts |
//! | [`batches`] | what tests of batches need |

pub(crate) mod batches;
pub(crate) mod check;
pub(crate) mod heap;
pub(crate) mod maps;
pub(crate) mod mutation;
pub(crate) mod reader;
pub(crate) mod strategies;
