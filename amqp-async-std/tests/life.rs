//! What connections leave behind, on async-std and on smol, one after the other. Neither counts its tasks; a task that
//! stays would keep its descriptor.
#![cfg(all(target_os = "linux", any(feature = "async-std", feature = "smol")))]

#[path = "../../tests/adapters/life.rs"]
mod life;

#[test]
fn life() {
    #[cfg(feature = "async-std")]
    {
        use amqp_async_std::{AsyncIo, async_std::AsyncStd};
        async_std::task::block_on(life::nothing_is_left::<AsyncIo<AsyncStd>>(|| 0));
        async_std::task::block_on(life::little_is_held::<AsyncIo<AsyncStd>>());
    }
    #[cfg(feature = "smol")]
    {
        use amqp_async_std::{AsyncIo, smol::Smol};
        smol::block_on(life::nothing_is_left::<AsyncIo<Smol>>(|| 0));
        smol::block_on(life::little_is_held::<AsyncIo<Smol>>());
    }
}
