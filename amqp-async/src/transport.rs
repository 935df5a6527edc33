//! What a runtime must give: a stream of octets and a clock with one alarm. This module owns the two
//! traits and nothing else; about a hundred lines implement them for a runtime.

use amqp_proto::Instant;
use bytes::BytesMut;
use std::io::{self, IoSlice};
use std::task::{Context, Poll};

/// How many octets one read of a connection under load takes, about: 64 KiB.
pub const READ_SIZE: usize = 64 * 1024;

/// A reliable, ordered stream of octets in both directions, never blocking.
///
/// Reading and writing are polled from one task, each while the other may be pending. An error is final:
/// after one, no method is called again.
pub trait Transport {
    /// Appends what has arrived to `buffer` and says how many octets that was; 0 means end of stream.
    ///
    /// It reads into what room the buffer has behind its octets, as far as that goes, and must not remove or change what
    /// the buffer holds. Only where there is no room at all the implementation makes some: 4 KiB, once something comes,
    /// are enough, and the driver makes more as those are filled.
    ///
    /// # Errors
    /// Whatever the medium reports; the connection ends with
    /// [`Error::Transport`](crate::Error::Transport).
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>>;

    /// Writes from the front of `slices`, in order, as much as the medium takes now; says how many
    /// octets it took. 0 counts as a broken stream.
    ///
    /// # Errors
    /// As for [`poll_read`](Self::poll_read).
    fn poll_write(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;

    /// Pushes on what a layer between (TLS, say) still holds of what was written.
    ///
    /// # Errors
    /// As for [`poll_read`](Self::poll_read).
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Flushes, then tells the peer that nothing more will be written.
    ///
    /// # Errors
    /// As for [`poll_read`](Self::poll_read); at this point nobody is told any more.
    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

/// A monotonic clock with one alarm.
pub trait Timer {
    /// The time now, counted from an epoch that the implementation chooses and keeps.
    fn now(&self) -> Instant;

    /// Ready once `now() >= at`, which it then is for whoever is woken: a wake-up before that is lost. A call with another
    /// `at` than the last one moves the alarm.
    fn poll_until(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()>;
}
