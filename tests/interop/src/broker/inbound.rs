//! Links on which the client sends.

use super::queue::Stored;
use super::{Place, is_coordinator, refusal};
use amqp10::codec::message::EncodedMessage;
use amqp10::codec::{self, Condition, Fields, Modified, Symbol, Target, TargetTerminus};
use amqp10::proto::{CreditMode, LinkOptions};
use amqp10::{Delivery, Error, IncomingReceiver, Receiver};

const WINDOW: u32 = 50;

pub(super) async fn serve(link: IncomingReceiver, place: Place) {
    let Some((options, node)) = answer(&link, &place) else {
        let condition = match is_coordinator(link.attach().target.as_ref()) {
            true => codec::Error::new(Condition::NOT_IMPLEMENTED, "there are no transactions here"),
            false => codec::Error::new(Condition::NOT_FOUND, "a link without a target"),
        };
        return link.refuse(condition);
    };
    if let Some(error) = node.as_deref().and_then(refusal) {
        return link.refuse(error);
    }
    match link.accept(options) {
        Ok(receiver) => {
            if let Err(error) = take_in(&receiver, node.as_deref(), &place).await {
                place.shared.complain(&error);
            }
        }
        Err(error) => place.shared.complain(&error),
    }
}

/// Our attach, and the node; `None` in its place: each message says where it goes.
fn answer(link: &IncomingReceiver, place: &Place) -> Option<(LinkOptions, Option<String>)> {
    let mut options = LinkOptions::answering(link.attach());
    let Some(TargetTerminus::Target(target)) = &mut options.target else { return None };
    let target: &mut Target = target;
    if target.dynamic {
        target.address = Some(place.shared.dynamic_address());
    }
    let node = target.address.as_ref().map(ToString::to_string);
    let slow = node.as_deref().is_some_and(|node| node.starts_with("slow"));
    options.credit = CreditMode::Auto(if slow { 1 } else { WINDOW });
    Some((options, node))
}

async fn take_in(receiver: &Receiver, node: Option<&str>, place: &Place) -> Result<(), Error> {
    loop {
        let delivery = receiver.recv().await?;
        let address = node.map_or_else(|| to(&delivery), ToOwned::to_owned);
        let (kind, number) = address.split_once('-').unwrap_or((&address, "1"));
        let due = place.shared.count(&address) >= number.parse().unwrap_or(1);
        let mut info = Fields::default();
        info.insert(Symbol::from_static("address"), address.as_str());
        let asked =
            |condition| codec::Error { info: Some(info.into()), ..codec::Error::new(condition, "as asked for") };
        match kind {
            "detach" if due => return place.shared.detach(receiver, asked(Condition::RESOURCE_LIMIT_EXCEEDED)).await,
            "end" if due => return place.session.end_with(asked(Condition::WINDOW_VIOLATION)).await,
            "close" if due => return place.connection.close_with(asked(Condition::CONNECTION_FORCED)).await,
            "hold" => delivery.leave_unsettled(),
            "reject" => delivery.reject(asked(Condition::PRECONDITION_FAILED))?,
            "release" => delivery.release()?,
            "modify" => delivery.modify(modified())?,
            _ => {
                let payload = delivery.payload().clone().into_bytes();
                let stored = Stored { payload, message_format: delivery.message_format() };
                place.shared.queue(&address).push(stored);
                delivery.accept()?;
            }
        }
    }
}

fn modified() -> Modified {
    let mut annotations = Fields::default();
    annotations.insert(Symbol::from_static("x-opt-why"), "this node modifies");
    Modified { delivery_failed: true, undeliverable_here: true, message_annotations: Some(annotations) }
}

/// Where the message says that it goes.
fn to(delivery: &Delivery) -> String {
    let properties = delivery.encoded().and_then(|message: EncodedMessage| message.properties());
    properties.ok().flatten().and_then(|it| it.to.clone()).map(|to| to.to_string()).unwrap_or_default()
}
