//! A sending link that comes back.

use super::link::{Attached, Given, InFlight, LinkCell, LinkPolicy, SessionCell};
use super::same_tag::Next;
use super::{Retry, RetryPolicy, Verdict};
use crate::error::{Error, SendError};
use crate::sender::Sender;
use crate::sender::Settlement;
use amqp_proto::codec::{DeliveryTag, Message, Outcome};
use amqp_proto::{LinkOptions, Outgoing};
use std::fmt;
use std::sync::Arc;

/// Sends messages to one address, attaching anew whenever the link is lost. Cheap to clone; all clones are the same link.
///
/// What has not left waits for the link; what was on its way is treated as [`InFlight`] says.
#[derive(Clone)]
pub struct ResilientSender {
    cell: Arc<LinkCell<Sender>>,
}

/// A message that was handed over, and whose outcome is to come; see [`ResilientSender::submit`].
#[must_use = "the outcome says whether the message was accepted"]
pub struct Submitted {
    sender: ResilientSender,
    attached: Attached<Sender>,
    settlement: Settlement,
    given: Given,
    /// Under which the message is sent again, with [`InFlight::ResendSameTag`].
    tag: Option<Tag>,
}

/// The tag of a message, until nobody waits for that any more.
struct Tag {
    cell: Arc<LinkCell<Sender>>,
    tag: DeliveryTag,
}

impl Drop for Tag {
    fn drop(&mut self) {
        if let Some(mut tags) = self.cell.tags() {
            tags.end(&self.tag);
        }
    }
}

impl ResilientSender {
    pub(super) fn new(session: Arc<SessionCell>, options: LinkOptions, policy: LinkPolicy) -> Self {
        Self { cell: Arc::new(LinkCell::sender(session, options, policy)) }
    }

    /// Sends a message and waits until the receiver has settled it (§2.6.12), on however many links that takes.
    ///
    /// Cancel-safe: dropped before the hand-over, nothing of the message is sent; dropped after it, the message is on its
    /// way, and is not sent again.
    ///
    /// # Errors
    /// [`SendError::NotSent`] if there will be no link; [`SendError::InDoubt`] if the link was lost, with
    /// [`InFlight::Fail`], or will not come back.
    pub async fn send(&self, message: impl Into<Message>) -> Result<Outcome, SendError> {
        self.submit(message).await?.outcome().await
    }

    /// Sends a message, and again as `policy` says by what becomes of it: released, rejected for a reason that passes.
    ///
    /// Cancel-safe as [`send`](Self::send).
    ///
    /// # Errors
    /// What became of the last attempt.
    pub async fn send_retrying(&self, message: impl Into<Message>, policy: RetryPolicy) -> Result<Outcome, SendError> {
        let given = Given::Message(message.into());
        let mut retry = Retry::new(policy);
        loop {
            let result = match self.give(given.clone()).await {
                Ok(submitted) => submitted.outcome().await,
                Err(error) => Err(error),
            };
            match retry.came(&result, self.cell.random()) {
                Verdict::Done => return result,
                Verdict::Again(wait) => self.cell.sleep(wait).await,
            }
        }
    }

    /// Hands a message over, and gives what its outcome can be waited for with: many can be on their way.
    ///
    /// Cancel-safe: dropped before the hand-over, nothing of the message is sent.
    ///
    /// # Errors
    /// [`SendError::NotSent`] if there will be no link, or if the message does not fit it.
    pub async fn submit(&self, message: impl Into<Message>) -> Result<Submitted, SendError> {
        self.give(Given::Message(message.into())).await
    }

    /// Hands over a message that is encoded already, as [`Sender::submit_encoded`].
    ///
    /// # Errors
    /// As for [`submit`](Self::submit).
    pub async fn submit_encoded(&self, outgoing: Outgoing) -> Result<Submitted, SendError> {
        self.give(Given::Encoded(outgoing)).await
    }

    async fn give(&self, given: Given) -> Result<Submitted, SendError> {
        let (given, tag) = match self.cell.tags() {
            None => (given, None),
            Some(mut tags) => {
                let (tag, outgoing) = given.tagged(&mut tags);
                (Given::Encoded(outgoing), Some(Tag { cell: Arc::clone(&self.cell), tag }))
            }
        };
        let (attached, settlement) = self.hand_over(&given).await?;
        Ok(Submitted { sender: self.clone(), attached, settlement, given, tag })
    }

    async fn hand_over(&self, given: &Given) -> Result<(Attached<Sender>, Settlement), SendError> {
        loop {
            let attached = self.cell.get().await.map_err(SendError::NotSent)?;
            match given.submit(&attached.link).await {
                Ok(settlement) => return Ok((attached, settlement)),
                Err(error) => {
                    let cause = error.cause().clone();
                    self.cell.failed(&attached, cause).await.map_err(SendError::NotSent)?;
                }
            }
        }
    }

    /// The link of this moment, attached if there is none: it does not come back.
    ///
    /// # Errors
    /// Why there will be none.
    pub async fn link(&self) -> Result<Arc<Sender>, Error> {
        self.cell.get().await.map(|attached| attached.link)
    }
}

impl Submitted {
    /// Waits for the outcome. Dropped, the future loses nothing but the knowledge, and the message is not sent again.
    ///
    /// # Errors
    /// As for [`ResilientSender::send`].
    pub async fn outcome(self) -> Result<Outcome, SendError> {
        let Self { sender, mut attached, mut settlement, given, tag } = self;
        let cell = &sender.cell;
        loop {
            let error = match settlement.await {
                Ok(outcome) => {
                    cell.succeeded();
                    return Ok(outcome);
                }
                Err(error) => error,
            };
            let cause = error.cause().clone();
            if cell.in_flight() == InFlight::Fail {
                // whoever comes next waits as long as has to be waited
                let _ = cell.note(&attached, cause);
                return Err(error);
            }
            cell.failed(&attached, cause).await.map_err(SendError::InDoubt)?;
            (attached, settlement) = match &tag {
                None => {
                    let again = sender.hand_over(&given).await;
                    // what could not be sent again was sent before
                    again.map_err(|error| SendError::InDoubt(error.cause().clone()))?
                }
                Some(tag) => match sender.go_on(tag, &given).await? {
                    Ok(again) => again,
                    Err(outcome) => return Ok(outcome),
                },
            };
        }
    }
}

impl ResilientSender {
    /// Goes on with a message that was sent before, on the next link: what waits for its outcome now, or that itself.
    async fn go_on(
        &self,
        Tag { tag, .. }: &Tag,
        given: &Given,
    ) -> Result<Result<(Attached<Sender>, Settlement), Outcome>, SendError> {
        let cell = &self.cell;
        let Given::Encoded(outgoing) = given else { return Err(SendError::InDoubt(Error::ResumeLost)) };
        loop {
            let attached = cell.get().await.map_err(SendError::InDoubt)?;
            let next = cell.tags().map_or(Next::Lost, |mut tags| tags.next(tag, true));
            let link = &attached.link;
            let again = match &next {
                Next::Lost => return Err(SendError::InDoubt(Error::ResumeLost)),
                Next::Conclude(outcome) => {
                    // if the link is gone again, the next one does not list it, which says the same
                    let _ = link.resume_encoded(*tag, Outgoing::default()).await;
                    cell.succeeded();
                    return Ok(Err(outcome.clone()));
                }
                Next::Resume => link.resume_encoded(*tag, outgoing.clone()).await,
                Next::Send => link.submit_encoded(outgoing.clone()).await,
            };
            let error = match again {
                Ok(settlement) => return Ok(Ok((attached, settlement))),
                Err(error) => error.cause().clone(),
            };
            if let Some(mut tags) = cell.tags() {
                tags.put_back(tag, next);
            }
            cell.failed(&attached, error).await.map_err(SendError::InDoubt)?;
        }
    }
}

impl fmt::Debug for ResilientSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResilientSender({})", self.cell.options().name)
    }
}

impl fmt::Debug for Submitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Submitted").field(&self.settlement).finish()
    }
}
