//! Links on which the client receives.

use super::queue::{Queue, Stored};
use super::selector::Selector;
use super::{Place, refusal, source_as_served};
use amqp10::codec::{self, Condition, Outcome, SenderSettleMode, SourceTerminus, Str};
use amqp10::proto::{LinkOptions, Outgoing};
use amqp10::{Error, IncomingSender, SendError, Sender, Settlement};
use std::sync::Arc;

pub(super) async fn serve(link: IncomingSender, place: Place) {
    let asked = link.attach().source.as_ref().and_then(SourceTerminus::as_source).cloned();
    let address: Option<Str> = asked.as_ref().and_then(|source| match source.dynamic {
        true => Some(place.shared.dynamic_address()),
        false => source.address.clone(),
    });
    let (Some(asked), Some(address)) = (asked, address) else {
        return link.refuse(codec::Error::new(Condition::NOT_FOUND, "a link without a source"));
    };
    if let Some(error) = refusal(address.as_str()) {
        return link.refuse(error);
    }
    let mut options = LinkOptions::answering(link.attach());
    let settled = options.snd_settle_mode == SenderSettleMode::Settled || address.as_str().starts_with("settle");
    let giving = Giving {
        queue: place.shared.queue(address.as_str()),
        selector: Selector::of(&asked),
        copy: asked.distribution_mode.as_ref().is_some_and(|mode| mode.as_str() == "copy"),
        settled,
    };
    options.source = Some(source_as_served(&asked, address));
    link.hold_drains();
    match link.accept(options) {
        Ok(sender) => {
            if let Err(error) = giving.give_out(&sender).await {
                place.shared.complain(&error);
            }
        }
        Err(error) => place.shared.complain(&error),
    }
}

/// What one link is given, and how.
struct Giving {
    queue: Arc<Queue>,
    selector: Selector,
    /// Messages stay in the queue.
    copy: bool,
    settled: bool,
}

impl Giving {
    async fn give_out(self, sender: &Sender) -> Result<(), Error> {
        let mut from = 0;
        loop {
            sender.ready().await?;
            let (place, message) = tokio::select! {
                // what is there goes first, then the rest of the credit goes back
                biased;
                next = self.queue.next(from, self.copy, |message| self.selector.takes(message)) => next,
                wanted = sender.drain_wanted() => {
                    wanted?;
                    sender.drained()?;
                    continue;
                }
            };
            if self.copy {
                from = place + 1;
            }
            let outgoing = Outgoing {
                message_format: message.message_format,
                settled: self.settled,
                ..Outgoing::new(message.payload.clone())
            };
            match sender.submit_encoded(outgoing).await {
                Ok(_) if self.copy || self.settled => {}
                Ok(settlement) => drop(tokio::spawn(settle(settlement, Arc::clone(&self.queue), place, message))),
                Err(SendError::NotSent(error) | SendError::InDoubt(error)) => {
                    if !self.copy {
                        self.queue.put_back(place, message);
                    }
                    return Err(error);
                }
            }
        }
    }
}

/// What is not accepted goes back to its place, unless it is not to be delivered again.
async fn settle(settlement: Settlement, queue: Arc<Queue>, place: u64, message: Stored) {
    match settlement.await {
        Ok(Outcome::Accepted | Outcome::Rejected(_)) => {}
        Ok(Outcome::Modified(modified)) if modified.undeliverable_here => {}
        Ok(Outcome::Released | Outcome::Modified(_) | Outcome::Other(_)) | Err(_) => queue.put_back(place, message),
    }
}
