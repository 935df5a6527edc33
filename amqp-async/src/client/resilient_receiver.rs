//! A receiving link that comes back, with its credit.

use super::link::{Attached, LinkCell, LinkPolicy, SessionCell};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::receiver::Receiver;
use crate::sync::{Mutex, MutexGuard};
use amqp_proto::{CreditMode, LinkOptions};
use std::fmt;
use std::sync::{Arc, PoisonError, Weak};

/// Receives messages from one address, attaching anew whenever the link is lost: from the same source, with the same
/// filters and properties, and with the credit that was left.
///
/// A delivery belongs to the link on which it came. When that is lost, settling it fails with the reason, at once: the
/// peer may deliver the message again.
pub struct ResilientReceiver {
    cell: LinkCell<Receiver>,
    manual: Mutex<Manual>,
}

/// Credit that the application has granted by hand.
#[derive(Default)]
struct Manual {
    /// What is left of it.
    left: u32,
    link: Weak<Receiver>,
}

impl ResilientReceiver {
    pub(super) fn new(session: Arc<SessionCell>, options: LinkOptions, policy: LinkPolicy) -> Self {
        Self { cell: LinkCell::new(session, options, policy), manual: Mutex::default() }
    }

    /// Waits for the next delivery, on however many links that takes. What had arrived before a link was lost is still
    /// given out, though it can no longer be settled.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// Why there will be no link any more.
    pub async fn recv(&self) -> Result<Delivery, Error> {
        loop {
            let attached = self.attached().await?;
            match attached.link.recv().await {
                Ok(delivery) => {
                    self.cell.succeeded();
                    let mut manual = self.manual();
                    manual.left = manual.left.saturating_sub(1);
                    return Ok(delivery);
                }
                Err(error) => self.cell.failed(&attached, error).await?,
            }
        }
    }

    /// Grants `more` credit on top of what is left (§2.6.7), for [`CreditMode::Manual`]: on the link of this moment, or
    /// when there is one.
    pub fn add_credit(&self, more: u32) {
        let mut manual = self.manual();
        manual.left = manual.left.saturating_add(more);
        if let Some(link) = manual.link.upgrade() {
            // a link that is gone is followed by one with all that is left
            let _ = link.add_credit(more);
        }
    }

    /// How much of the credit that was granted by hand is left.
    #[must_use]
    pub fn credit_left(&self) -> u32 {
        self.manual().left
    }

    /// The link of this moment, attached if there is none: it does not come back. Credit that is granted on it does not
    /// come back either.
    ///
    /// # Errors
    /// Why there will be none.
    pub async fn link(&self) -> Result<Arc<Receiver>, Error> {
        self.attached().await.map(|attached| attached.link)
    }

    async fn attached(&self) -> Result<Attached<Receiver>, Error> {
        let attached = self.cell.get().await?;
        if self.cell.options().credit == CreditMode::Manual {
            let mut manual = self.manual();
            if !std::ptr::eq(manual.link.as_ptr(), Arc::as_ptr(&attached.link)) {
                manual.link = Arc::downgrade(&attached.link);
                // refused only if it is gone again
                let _ = attached.link.set_credit(manual.left);
            }
        }
        Ok(attached)
    }

    fn manual(&self) -> MutexGuard<'_, Manual> {
        self.manual.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ResilientReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResilientReceiver({})", self.cell.options().name)
    }
}
