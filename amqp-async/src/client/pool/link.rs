//! Links on whatever connection the pool lends.

use super::handle::{Lease, Pool};
use super::options::PoolError;
use crate::client::classify;
use crate::client::link::{Attach, Given};
use crate::client::single::Single;
use crate::delivery::Delivery;
use crate::error::{Error, Recovery, SendError, Step};
use crate::receiver::Receiver;
use crate::sender::Sender;
use amqp_proto::codec::{Message, Outcome};
use amqp_proto::{LinkOptions, Misuse, Outgoing, SessionOptions};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A link that sends, attached when it is first used, on a session of its own on a connection of the pool, and attached
/// anew, on whichever connection there is then, when it is lost. Cheap to clone; all clones are the same link.
///
/// It holds one lease from its first use until it is dropped, or lost.
#[derive(Clone)]
pub struct PooledSender(Arc<Cell<Sender>>);

/// A link that receives, as [`PooledSender`] sends.
#[derive(Clone)]
pub struct PooledReceiver(Arc<Cell<Receiver>>);

/// So often in a row a link is attached, that is lost before anything has come of it.
const ATTEMPTS: u32 = 3;

/// Something has come of a link that is waited on so long: it stood.
const STOOD: Duration = Duration::from_secs(1);

struct Cell<L> {
    pool: Pool,
    options: LinkOptions,
    link: Single<Attached<L>>,
}

/// A link, and the lease that it stands on.
struct Attached<L> {
    link: Arc<L>,
    _lease: Arc<Lease>,
}

impl<L> Clone for Attached<L> {
    fn clone(&self) -> Self {
        Self { link: Arc::clone(&self.link), _lease: Arc::clone(&self._lease) }
    }
}

impl Pool {
    /// A link that sends on a connection of the pool.
    #[must_use]
    pub fn sender(&self, options: LinkOptions) -> PooledSender {
        PooledSender(Arc::new(self.cell(options)))
    }

    /// A link that receives on a connection of the pool.
    #[must_use]
    pub fn receiver(&self, options: LinkOptions) -> PooledReceiver {
        PooledReceiver(Arc::new(self.cell(options)))
    }

    fn cell<L>(&self, options: LinkOptions) -> Cell<L> {
        Cell { pool: self.clone(), options, link: Single::default() }
    }
}

impl<L: Attach> Cell<L> {
    /// The link, attached if there is none.
    async fn get(&self) -> Result<Attached<L>, Error> {
        let make = || async {
            let lease = self.pool.acquire().await.map_err(of_pool)?;
            let session = lease.begin(SessionOptions::default()).await?;
            let link = L::attach(&session, self.options.clone()).await?;
            Ok(Attached { link: Arc::new(link), _lease: Arc::new(lease) })
        };
        self.link.get(|_| true, make).await
    }

    /// The link has failed: whether another one is worth it.
    ///
    /// # Errors
    /// The cause, if it is not, or has been tried often enough.
    fn failed(&self, attached: Option<&Attached<L>>, error: Error, attempt: &mut u32) -> Result<(), Error> {
        let recovery = classify(&error);
        if recovery == Recovery::Retry {
            // nothing is gone: a deadline of the caller's has passed
            return Err(error);
        }
        if let Some(attached) = attached {
            self.link.drop_if(|there| Arc::ptr_eq(&there.link, &attached.link));
        }
        *attempt += 1;
        if recovery == Recovery::GiveUp || *attempt >= ATTEMPTS { Err(error) } else { Ok(()) }
    }
}

/// Why there is no connection.
fn of_pool(error: PoolError) -> Error {
    match error {
        PoolError::TimedOut => Error::Timeout(Step::Connect),
        PoolError::Closed => Error::Misuse(Misuse::ConnectionClosed),
        PoolError::Failed(error) => error,
    }
}

impl PooledSender {
    /// Sends a message and waits until the receiver has settled it (§2.6.12). What has not left when a link is lost is
    /// sent on the next one.
    ///
    /// Cancel-safe: dropped before the hand-over, nothing of the message is sent; dropped after it, the message is on its
    /// way.
    ///
    /// # Errors
    /// [`SendError::NotSent`] if there is no link to be had; [`SendError::InDoubt`] if the link was lost with the message
    /// on its way.
    pub async fn send(&self, message: impl Into<Message>) -> Result<Outcome, SendError> {
        self.give(Given::Message(message.into())).await
    }

    /// As [`send`](Self::send), a message that is encoded already.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn send_encoded(&self, outgoing: Outgoing) -> Result<Outcome, SendError> {
        self.give(Given::Encoded(outgoing)).await
    }

    async fn give(&self, given: Given) -> Result<Outcome, SendError> {
        let (cell, mut attempt) = (&self.0, 0);
        loop {
            let attached = match cell.get().await {
                Ok(attached) => attached,
                Err(error) => {
                    cell.failed(None, error, &mut attempt).map_err(SendError::NotSent)?;
                    continue;
                }
            };
            let settlement = match given.submit(&attached.link).await {
                Ok(settlement) => settlement,
                Err(error) => {
                    let cause = error.cause().clone();
                    cell.failed(Some(&attached), cause, &mut attempt).map_err(SendError::NotSent)?;
                    continue;
                }
            };
            return settlement.await.inspect_err(|error| {
                // whoever sends next attaches anew
                let _ = cell.failed(Some(&attached), error.cause().clone(), &mut attempt);
            });
        }
    }
}

impl PooledReceiver {
    /// Waits for the next delivery. What had arrived before a link was lost is still given out, though it can no longer be
    /// settled. Waits for as long as it takes, on however many links that stand.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// Why there is no link to be had: three in a row were lost within a second, say. The next call tries anew.
    pub async fn recv(&self) -> Result<Delivery, Error> {
        let (cell, mut attempt) = (&self.0, 0);
        loop {
            let error = match cell.get().await {
                Ok(attached) => {
                    let (begun, _) = attached.link.clock();
                    let error = match attached.link.recv().await {
                        Ok(delivery) => return Ok(delivery),
                        Err(error) => error,
                    };
                    if attached.link.clock().0.saturating_duration_since(begun) >= STOOD {
                        attempt = 0;
                    }
                    cell.failed(Some(&attached), error, &mut attempt)?;
                    continue;
                }
                Err(error) => error,
            };
            cell.failed(None, error, &mut attempt)?;
        }
    }
}

impl fmt::Debug for PooledSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PooledSender({})", self.0.options.name)
    }
}

impl fmt::Debug for PooledReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PooledReceiver({})", self.0.options.name)
    }
}
