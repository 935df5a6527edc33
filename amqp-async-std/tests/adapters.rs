//! The list that all bindings run, on async-std and on smol.
#![cfg(any(feature = "async-std", feature = "smol"))]
#![cfg(any(feature = "async-std", feature = "smol"))]

#[path = "../../tests/adapters/mod.rs"]
mod adapters;

#[cfg(feature = "async-std")]
mod async_std {
    use amqp_async_std::{AsyncIo, async_std::AsyncStd};

    crate::adapter_tests!(AsyncIo<AsyncStd>, ::async_std::task::block_on);
}

#[cfg(feature = "smol")]
mod smol {
    use amqp_async_std::{AsyncIo, smol::Smol};

    crate::adapter_tests!(AsyncIo<Smol>, ::smol::block_on);
}
