//! Messages into deliveries (§2.6.12, §2.6.14): the part of [`SenderMut`] that sends.

use super::sender::SenderMut;
use super::{End, Half, Link};
use crate::context::Context;
use crate::delivery::outgoing::{self, Sending};
use crate::delivery::payload::Octets;
use crate::delivery::rest::Rest;
use crate::delivery::unsettled::Unsettled;
use crate::session::dispatch::claim;
use crate::session::{Held, Session};
use crate::{Blocked, DeliveryId, Misuse, Outgoing, SendError, Sent};
use alloc::boxed::Box;
use amqp_codec::{DeliveryTag, Encode, Handle, SequenceNo, Transfer};
use bytes::Bytes;
use core::mem;

/// Why a message is not taken.
enum Refusal {
    Blocked(Blocked),
    TooLarge,
    Misuse(Misuse),
}

impl Refusal {
    /// Together with the message, which goes back.
    #[cold]
    fn of(self, message: Outgoing) -> SendError {
        match self {
            Self::Blocked(blocked) => SendError::Blocked(message, blocked),
            Self::TooLarge => SendError::TooLarge(message),
            Self::Misuse(misuse) => SendError::Misuse(misuse),
        }
    }
}

impl From<Misuse> for Refusal {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl SenderMut<'_> {
    /// Sends a message, or hands it back (§2.6.12). What does not fit into the session window now
    /// leaves as the window opens; until then no other delivery can begin on this link.
    ///
    /// # Errors
    /// [`SendError::Blocked`] if it cannot be sent now, [`SendError::TooLarge`] if it never can;
    /// [`SendError::Misuse`] if the link is gone or the message contradicts its snd-settle-mode.
    pub fn send(&mut self, mut message: Outgoing) -> Result<Sent, SendError> {
        self.transfer(&mut message, false, None::<&Bytes>).map_err(|refusal| refusal.of(message))
    }

    /// Sends what is yet to be encoded, a [`Message`](amqp_codec::Message) say: straight into the output where one
    /// frame holds it, which saves an allocation and a copy. `data` of [`Segments::EXTERNAL`](crate::Segments::EXTERNAL)
    /// octets and more is never copied, in however many frames it leaves; nor is a large piece of a
    /// [`Payload`](crate::Payload) that is passed on. `message` says how it is sent; its payload does not count.
    ///
    /// ```
    /// # use amqp_proto::{SendError, SenderMut};
    /// use amqp_proto::Outgoing;
    /// use amqp_proto::codec::Message;
    ///
    /// # fn send(sender: &mut SenderMut<'_>) -> Result<(), SendError> {
    /// let message = Message::builder().to("orders").data("12 crates").build();
    /// sender.send_encoded(&message, Outgoing { settled: true, ..Outgoing::default() })?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn send_encoded(&mut self, content: &impl Encode, mut message: Outgoing) -> Result<Sent, SendError> {
        self.transfer(&mut message, false, Some(content)).map_err(|refusal| refusal.of(message))
    }

    /// Begins a delivery of which more is to come with [`write`](Self::write) (§2.6.14); `message`
    /// holds the first piece.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn start(&mut self, mut message: Outgoing) -> Result<Sent, SendError> {
        self.transfer(&mut message, true, None::<&Bytes>).map_err(|refusal| refusal.of(message))
    }

    /// A new delivery, if nothing is against it.
    #[inline]
    fn transfer(&mut self, message: &mut Outgoing, more: bool, content: Option<&impl Encode>) -> Result<Sent, Refusal> {
        let full = self.session.is_full(self.ctx);
        let Session { links, sent, window, next_delivery_id, .. } = &mut *self.session;
        let link = links.get_mut(self.key.index).ok_or(Misuse::StaleId)?;
        if link.gone || link.local == Half::Ended || link.is_leaving() {
            return Err(Misuse::Detached.into());
        }
        if link.is_incomplete() {
            return Err(Misuse::IncompleteUnsettled.into());
        }
        message.settled = link.settles(message)?;
        self.ctx.output.carries(message.state.as_ref())?;
        let max = link.modes.max_message_size;
        let len = content.map_or(message.payload.len(), Encode::encoded_len);
        if max != 0 && len as u64 > max {
            return Err(Refusal::TooLarge);
        }
        if let Some(blocked) = link.why_blocked(self.ctx, window, full) {
            self.session.wait(self.ctx, self.key.index, blocked)?;
            return Err(Refusal::Blocked(blocked));
        }
        let number = *next_delivery_id;
        let tag = claim_tag(link, sent, number, message).ok_or(Misuse::TagInUse)?;
        *next_delivery_id += 1;
        link.begins(self.ctx);
        if !message.settled {
            link.unsettled += 1;
            sent.insert(number, Held { link: self.key.into(), tag, state: None, token: message.token });
        }
        Ok(self.leave((number, tag, more), message, (content, len)))
    }

    /// A new delivery leaves: in one frame, if it fits into one.
    #[inline]
    fn leave(
        &mut self,
        (number, tag, more): (SequenceNo, DeliveryTag, bool),
        message: &mut Outgoing,
        (content, len): (Option<&impl Encode>, usize),
    ) -> Sent {
        let Session { id, window, .. } = &mut *self.session;
        let settled = message.settled;
        let transfer = Transfer {
            delivery_id: Some(number),
            delivery_tag: Some(tag),
            message_format: Some(message.message_format),
            settled: Some(settled),
            more,
            rcv_settle_mode: message.rcv_settle_mode,
            state: message.state.take(),
            batchable: message.batchable,
            ..Transfer::new(Handle(self.key.index))
        };
        let sent = Sent { delivery: DeliveryId { session: *id, number }, settled };
        let whole = match content {
            Some(content) => self.ctx.output.whole_transfer(id.index, &transfer, content, len),
            None => self.ctx.output.whole_transfer(id.index, &transfer, &Octets(&message.payload), len),
        };
        if whole {
            outgoing::left(self.ctx, window);
            if more {
                self.keep_sending(Sending::started(transfer, number, settled, len));
            }
            return sent;
        }
        let rest = match content {
            Some(content) => Rest::encoded(content, len),
            None => mem::take(&mut message.payload).into(),
        };
        self.send_rest(Sending::new(transfer, number, settled, rest));
        sent
    }

    /// There is more to come of it.
    #[cold]
    fn keep_sending(&mut self, sending: Sending) {
        let link = self.session.links.get_mut(self.key.index);
        if let Some(End::Sender(sender)) = link.map(|link| &mut link.end) {
            sender.sending = Some(Box::new(sending));
        }
    }

    /// More than one frame, of which some may have to wait.
    #[cold]
    pub(super) fn send_rest(&mut self, mut sending: Sending) {
        let Session { id, links, window, .. } = &mut *self.session;
        let Some(link) = links.get_mut(self.key.index) else { return };
        let End::Sender(sender) = &mut link.end else { return };
        if sending.frames(self.ctx, id.index, window) == outgoing::Sent::Part {
            let waits = !sending.wants_more();
            sender.sending = Some(Box::new(sending));
            if waits {
                self.session.send_on(self.ctx, self.key.index);
            }
        }
    }

    /// Adds a piece to the delivery that was [`start`](Self::start)ed; the last one with `more` false.
    ///
    /// # Errors
    /// [`Misuse::NoDelivery`] if there is none; hands the piece back as
    /// [`SendError::Blocked`] while the one before it has not left, and as [`SendError::TooLarge`] if the message
    /// would be larger than the peer takes: the delivery can only be given up then.
    pub fn write(&mut self, payload: Bytes, more: bool) -> Result<(), SendError> {
        let link = self.link_mut()?;
        let max = link.modes.max_message_size;
        let End::Sender(sender) = &mut link.end else { return Err(Misuse::StaleId.into()) };
        let Some(sending) = &mut sender.sending else { return Err(Misuse::NoDelivery.into()) };
        if !sending.wants_more() {
            sender.wants = true;
            return Err(SendError::Blocked(Outgoing::new(payload), Blocked::Busy));
        }
        if max != 0 && sending.size() + payload.len() as u64 > max {
            return Err(SendError::TooLarge(Outgoing::new(payload)));
        }
        sending.add(payload, more);
        self.session.send_on(self.ctx, self.key.index);
        Ok(())
    }

    /// Gives up the delivery in progress: the receiver forgets what came of it, and it counts as
    /// settled (§2.6.14).
    ///
    /// # Errors
    /// [`Misuse::NoDelivery`] if there is none.
    pub fn abort(&mut self) -> Result<(), Misuse> {
        let link = self.link_mut()?;
        let End::Sender(sender) = &mut link.end else { return Err(Misuse::StaleId) };
        let sending = sender.sending.as_mut().ok_or(Misuse::NoDelivery)?;
        let waits = !sending.wants_more();
        sending.abort();
        let (number, settled) = (sending.number(), sending.settled());
        if let Some(tag) = (!settled).then(|| self.session.sent.take(number, |held| Some(held.tag))).flatten() {
            if let Some(link) = self.session.links.get_mut(self.key.index) {
                link.settled(&tag);
            }
        }
        if !waits {
            self.session.sending.make().push_back(self.key.index);
        }
        self.session.pump(self.ctx);
        self.session.flush(self.ctx);
        self.session.offer(self.ctx);
        Ok(())
    }
}

impl Link {
    /// A delivery begins.
    #[inline]
    fn begins(&mut self, ctx: &Context) {
        let before = self.credit.link_credit;
        self.credit.used();
        self.note_empty(before, ctx.now);
        if let End::Sender(sender) = &mut self.end {
            sender.began = ctx.output.frames;
        }
    }
}

/// The tag of a new delivery: the one given, or one made of the delivery-id; `None` if it is in use (req: TR-2.6.12-01).
#[inline]
fn claim_tag(link: &mut Link, sent: &Unsettled<Held>, number: SequenceNo, message: &Outgoing) -> Option<DeliveryTag> {
    match message.tag {
        Some(tag) => (message.settled || claim(link, sent, &tag)).then_some(tag),
        None => {
            let made = message.settled || link.tags.all_made(link.unsettled);
            let number = if made { Some(number.0.into()) } else { claim_made(link, sent, number.0) };
            number.map(DeliveryTag::from)
        }
    }
}

/// Longer ones for the rare case that the application has given an equal one.
#[cold]
fn claim_made(link: &mut Link, sent: &Unsettled<Held>, number: u32) -> Option<u64> {
    let number = u64::from(number);
    (0..).map(|more: u64| more << 32 | number).find(|&tag| claim(link, sent, &tag.into()))
}
