//! Whether the peer answers, and how fast.

use crate::connection::Connection;
use crate::error::{Error, Step};
use crate::probe::RoundTrip;
use crate::session::Session;
use std::task::Poll;
use std::time::Duration;

impl Session {
    /// Measures a round trip: a flow that asks for one in return (§2.7.4), which every peer answers at once, whether or
    /// not it has an idle time-out.
    ///
    /// Includes the time that output waits for the transport. Where the peer sends flows of its own accord, one of those
    /// may be taken for the answer, and the time is shorter. Who asks while another probe is under way gets its answer.
    ///
    /// Cancel-safe: a dropped future changes nothing.
    ///
    /// # Errors
    /// [`Error::Timeout`] if there is no answer within this time: the connection still stands, as far as anybody knows.
    /// Why the session is gone.
    pub async fn probe(&self, within: Duration) -> Result<Duration, Error> {
        let root = self.root();
        let answer = root.shared().with(|state| -> Result<RoundTrip, Error> {
            let (is_new, answer) = state.probes.ask(root.id);
            if is_new {
                let asked = state.machine.session(root.id).and_then(|mut session| session.flow(true));
                asked.map_err(|misuse| {
                    state.probes.forget(root.id);
                    root.fate.explain(misuse)
                })?;
            }
            Ok(answer)
        })?;
        root.shared()
            .until_after(Step::Probe, Some(within), |state, waker| match answer.get() {
                Some(trip) => Poll::Ready(Ok(*trip)),
                None => match state.session(root.id, &root.fate) {
                    Ok(entry) => {
                        entry.changed.register(waker);
                        Poll::Pending
                    }
                    Err(error) => Poll::Ready(Err(error)),
                },
            })
            .await
    }
}

impl Connection {
    /// Measures a round trip, on a session of its own, which it begins and ends for that; see [`Session::probe`].
    ///
    /// # Errors
    /// As for [`session`](Self::session) and [`Session::probe`].
    pub async fn probe(&self, within: Duration) -> Result<Duration, Error> {
        self.session().await?.probe(within).await
    }
}
