//! News of a session's incoming-window: that it is getting full, and that it no longer is.

use crate::client::{Crossing, Watermark};
use crate::error::Error;
use crate::session::Session;
use amqp_proto::Misuse;
use std::fmt;
use std::task::Poll;

/// Watches the incoming-window of one session; see [`Session::watch_window`].
pub struct WindowWatch {
    session: Session,
    key: usize,
}

impl Session {
    /// Watches how full the incoming-window is (§2.5.6): what has arrived and waits, or was taken and not yet granted
    /// again. Each crossing is told once, whether or not anybody waits for it at that moment; of those that nobody asks
    /// for the last sixteen are kept.
    ///
    /// There is neither task nor timer: the driver compares as it passes.
    ///
    /// # Errors
    /// Why the session is gone.
    pub fn watch_window(&self, mark: Watermark) -> Result<WindowWatch, Error> {
        let root = self.root();
        // from now on its windows are shown
        let _ = self.windows();
        root.shared().with(|state| {
            state.session(root.id, &root.fate)?;
            let key = state.watched(root.id).ok_or_else(|| root.fate.explain(Misuse::StaleId))?.mark(mark);
            Ok(WindowWatch { session: self.clone(), key })
        })
    }
}

impl WindowWatch {
    /// Waits for the next crossing. Cancel-safe.
    ///
    /// # Errors
    /// Why the session is gone.
    pub async fn next(&mut self) -> Result<Crossing, Error> {
        let root = self.session.root();
        root.shared()
            .wait(|state, waker| {
                match state.session(root.id, &root.fate) {
                    Ok(entry) => entry.changed.register(waker),
                    Err(error) => return Poll::Ready(Err(error)),
                }
                state.watched(root.id).map_or(Poll::Pending, |watched| watched.poll_mark(self.key, waker)).map(Ok)
            })
            .await
    }
}

impl Drop for WindowWatch {
    fn drop(&mut self) {
        let root = self.session.root();
        root.shared().with(|state| {
            if let Some(watched) = state.watched(root.id) {
                watched.unmark(self.key);
            }
        });
    }
}

impl fmt::Debug for WindowWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WindowWatch").field(&self.session).finish()
    }
}
