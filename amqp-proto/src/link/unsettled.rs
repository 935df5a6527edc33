//! What is unsettled on a link that is attached again (§2.6.13, §3.4.6): the state that outlives a link endpoint, and
//! what the two sides' maps of it say together.

use super::keep::{Keep, Keeping};
use crate::sorted::{self, Sorted};
use alloc::boxed::Box;
use amqp_codec::{DeliveryState, DeliveryTag, Received};

/// Whether a link keeps its unsettled deliveries when it is detached, and with which it comes back (§2.6.13).
///
/// A line that breaks before the receiver had the message, and a second one:
///
/// ```
/// # use amqp_proto::{Config, Connection, Instant, LinkId, Segments, SessionOptions};
/// use amqp_proto::{Event, LinkOptions, Outgoing, Resume, Resumption, UnsettledDeliveries};
/// # use bytes::{Buf, BytesMut};
/// # fn connect() -> (Connection, Connection) {
/// #     let config = |name| Config::builder(name).build().expect("defaults are valid");
/// #     let client = Connection::client(config("client"), None, Instant::ZERO);
/// #     (client, Connection::listener(config("listener"), None, Instant::ZERO))
/// # }
/// # /// Moves octets until both ends are at rest; the listener accepts what it is asked for.
/// # fn pump(a: &mut Connection, b: &mut Connection, kept: &Resume) {
/// #     let (now, mut wire) = (Instant::ZERO, Segments::new());
/// #     loop {
/// #         let _ = a.poll_transmit(now, &mut wire);
/// #         let to_b = wire.copy_to_bytes(wire.remaining());
/// #         b.handle_input(now, &mut BytesMut::from(&to_b[..]));
/// #         while let Some(event) = b.poll_event() {
/// #             match event {
/// #                 Event::BeginRequested { session, .. } => {
/// #                     b.session(session).unwrap().accept(SessionOptions::default()).unwrap();
/// #                 }
/// #                 Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
/// #                     let options = LinkOptions { resume: kept.clone(), ..LinkOptions::answering(&attach) };
/// #                     b.receiver(id).unwrap().accept(options).unwrap();
/// #                 }
/// #                 _ => {}
/// #             }
/// #         }
/// #         let _ = b.poll_transmit(now, &mut wire);
/// #         let to_a = wire.copy_to_bytes(wire.remaining());
/// #         a.handle_input(now, &mut BytesMut::from(&to_a[..]));
/// #         if to_a.is_empty() && to_b.is_empty() {
/// #             return;
/// #         }
/// #     }
/// # }
/// # let now = Instant::ZERO;
/// # let (mut client, mut listener) = connect();
///
/// let options = |resume| LinkOptions { resume, ..LinkOptions::sender("out", "queue") };
/// let message = Outgoing { tag: Some(7u32.into()), ..Outgoing::new(&b"\x00\x53\x77\xa1\x02hi"[..]) };
///
/// let session = client.begin(SessionOptions::default())?;
/// let sender = client.session(session)?.attach_sender(options(Resume::keep()))?;
/// # pump(&mut client, &mut listener, &Resume::keep());
/// client.sender(sender)?.send(message.clone()).expect("there is credit");
/// client.handle_eof(now);
///
/// let mut kept = None;
/// while let Some(event) = client.poll_event() {
///     if let Event::Suspended { unsettled, .. } = event {
///         kept = Some(*unsettled);
///     }
/// }
/// let kept = kept.expect("the link keeps it");
/// assert!(kept.get(&7u32.into()).is_some());
///
/// # let (mut client, mut listener) = connect();
/// let session = client.begin(SessionOptions::default())?;
/// let sender = client.session(session)?.attach_sender(options(Resume::with(kept)))?;
/// # let nothing = Resume::with(UnsettledDeliveries::new());
/// # pump(&mut client, &mut listener, &nothing);
/// while let Some(event) = client.poll_event() {
///     let Event::Compared { remembers, deliveries, .. } = event else { continue };
///     // the listener knows the link, and says that it has nothing
///     assert_eq!((remembers, &deliveries[0].resumption), (true, &Resumption::Unknown));
///     client.sender(sender)?.send(message.clone()).expect("there is credit");
/// }
/// assert_eq!(client.sender(sender)?.unsettled(), 1);
/// # Ok::<(), amqp_proto::Misuse>(())
/// ```
#[derive(Debug, Default)]
pub struct Resume(pub(crate) Option<Box<dyn Keep>>);

impl Resume {
    /// It keeps nothing: they are forgotten with the link. Our attach has no unsettled map. The default.
    #[must_use]
    pub const fn forget() -> Self {
        Self(None)
    }

    /// [`Event::Suspended`](crate::Event::Suspended) hands them over when the link is gone. The link is a new one: our
    /// attach has no unsettled map.
    #[must_use]
    pub fn keep() -> Self {
        Self(Some(Box::new(Keeping::new(None))))
    }

    /// The same, and the link goes on where one was that left these. Our attach has them in its unsettled map, or as
    /// many of them as the peer's max-frame-size admits; also an empty map says something: that nothing is unsettled.
    #[must_use]
    pub fn with(unsettled: UnsettledDeliveries) -> Self {
        Self(Some(Box::new(Keeping::new(Some(unsettled)))))
    }

    /// Whether the link keeps them.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.0.is_some()
    }

    /// What the link is to go on [`with`](Self::with).
    #[must_use]
    pub fn unsettled(&self) -> Option<&UnsettledDeliveries> {
        self.0.as_ref()?.before()
    }
}

impl Clone for Resume {
    fn clone(&self) -> Self {
        Self(self.0.as_ref().map(|kept| kept.again()))
    }
}

impl PartialEq for Resume {
    fn eq(&self, other: &Self) -> bool {
        (self.keeps(), self.unsettled()) == (other.keeps(), other.unsettled())
    }
}

/// The unsettled deliveries of one end of a link, by delivery-tag (§2.6.13). A plain value: whoever wants them to outlive
/// the process writes them down.
///
/// There are never more of them than [`max_unsettled`](crate::ConfigBuilder::max_unsettled) lets be unsettled, unless the
/// application adds some.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnsettledDeliveries(Sorted<DeliveryTag, UnsettledDelivery>);

/// What one end of a link knows of a delivery that it has not settled (§2.6.12).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnsettledDelivery {
    /// Its state at this end. Of a sender that is the outcome, where the receiver has reported one; of a receiver what
    /// was disposed without settling.
    ///
    /// The application may set it while there is no link: a receiver that comes to an outcome; one that holds a part
    /// of the message, as [`Received`](DeliveryState::Received) up to where; a sender that holds the message only from
    /// there on. A sender must not set an outcome while the receiver might still need the message (§3.4.6).
    pub state: Option<DeliveryState>,
    /// The token of the [`Outgoing`](crate::Outgoing) message; 0 for a delivery that was received.
    pub token: u64,
}

impl UnsettledDeliveries {
    /// Nothing unsettled.
    #[must_use]
    pub const fn new() -> Self {
        Self(Sorted::new())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one; returns what was there by that tag.
    pub fn insert(&mut self, tag: DeliveryTag, delivery: UnsettledDelivery) -> Option<UnsettledDelivery> {
        self.0.insert(tag, delivery)
    }

    /// What is known of the delivery of that tag.
    #[must_use]
    pub fn get(&self, tag: &DeliveryTag) -> Option<&UnsettledDelivery> {
        self.0.get(tag)
    }

    /// The same, to change its state.
    pub fn get_mut(&mut self, tag: &DeliveryTag) -> Option<&mut UnsettledDelivery> {
        self.0.get_mut(tag)
    }

    /// Forgets one, which is to settle it: a receiver that has forgotten a delivery is sent it as a new one.
    pub fn remove(&mut self, tag: &DeliveryTag) -> Option<UnsettledDelivery> {
        self.0.remove(tag)
    }

    /// All of them, in the order of their tags.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&DeliveryTag, &UnsettledDelivery)> {
        self.0.iter()
    }
}

impl FromIterator<(DeliveryTag, UnsettledDelivery)> for UnsettledDeliveries {
    fn from_iter<I: IntoIterator<Item = (DeliveryTag, UnsettledDelivery)>>(deliveries: I) -> Self {
        Self(deliveries.into_iter().collect())
    }
}

impl IntoIterator for UnsettledDeliveries {
    type Item = (DeliveryTag, UnsettledDelivery);
    type IntoIter = sorted::IntoIter<DeliveryTag, UnsettledDelivery>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One delivery that was unsettled, when both ends have said what they know (§2.6.13).
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Its tag. It has no delivery-id until it is resumed.
    pub tag: DeliveryTag,
    /// Its token, as in [`UnsettledDelivery`].
    pub token: u64,
    /// Its state at the peer's end, if the peer knows the delivery and has any.
    pub remote: Option<DeliveryState>,
    /// What is to be done.
    pub resumption: Resumption,
}

/// What the states of a delivery at both ends mean (§3.4.6).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Resumption {
    /// Sender: the receiver has begun and not finished. [`resume_delivery`](crate::SenderMut::resume_delivery) is due,
    /// with the message.
    Content {
        /// The first octet that the receiver does not hold; `None`: it says nothing about that, so all of it is needed.
        /// To leave out what comes before is allowed, and not required.
        from: Option<Received>,
    },
    /// Sender: there is an outcome. [`resume_delivery`](crate::SenderMut::resume_delivery) is due, without the message.
    Outcome {
        /// The outcome: ours if we had one, else the receiver's.
        outcome: DeliveryState,
        /// Both ends have come to this one, or ours had none: resuming settles. Otherwise it restates ours, and the
        /// receiver settles.
        agreed: bool,
    },
    /// Sender: the delivery cannot be completed, since what the receiver lacks is not here any more.
    /// [`resume_delivery`](crate::SenderMut::resume_delivery) is due, and aborts it.
    Abort,
    /// Sender: only we know it. It is forgotten, its tag is free: send the message as a new one or report it. If the
    /// peer remembers the link at all ([`Event::Compared`](crate::Event::Compared)), either it never had all of
    /// the delivery, or it has settled it.
    Unknown,
    /// Sender: the receiver has forgotten a delivery of which the outcome was known. Receiver: the sender has forgotten
    /// it, that is, settled. It is forgotten here, too.
    Settled,
    /// Receiver: the sender has to resume it; [`Event::Resumed`](crate::Event::Resumed) follows.
    Awaited,
    /// Nothing is known, because a map was incomplete (§2.7.3): detach without closing when what can be resumed is
    /// settled, and attach again.
    Pending,
}

/// How far a message has come: octets before this are held. Nothing said is nothing held.
fn point(state: Option<&DeliveryState>) -> (u32, u64) {
    match state {
        Some(DeliveryState::Received(received)) => (received.section_number, received.section_offset),
        _ => (0, 0),
    }
}

/// The table of §3.4.6. `theirs`: the receiver's entry, if there is one.
pub(crate) fn of_sender(ours: Option<&DeliveryState>, theirs: Option<Option<&DeliveryState>>) -> Resumption {
    let outcome = ours.filter(|state| state.is_outcome());
    match (outcome, theirs) {
        (None, None) => Resumption::Unknown,
        (Some(_), None) => Resumption::Settled,
        (None, Some(Some(theirs))) if theirs.is_outcome() => {
            Resumption::Outcome { outcome: theirs.clone(), agreed: true }
        }
        (Some(ours), Some(Some(theirs))) if theirs.is_outcome() => {
            Resumption::Outcome { outcome: ours.clone(), agreed: ours == theirs }
        }
        (None, Some(theirs)) if point(ours) <= point(theirs) => Resumption::Content {
            from: match theirs {
                Some(DeliveryState::Received(received)) => Some(*received),
                _ => None,
            },
        },
        (None | Some(_), Some(_)) => Resumption::Abort,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(section_number: u32, section_offset: u64) -> DeliveryState {
        DeliveryState::Received(Received { section_number, section_offset })
    }

    #[test]
    fn the_table_of_the_text() {
        use DeliveryState::{Accepted, Released};
        let content = |from| Resumption::Content { from };
        let outcome = |outcome, agreed| Resumption::Outcome { outcome, agreed };
        let from = Received { section_number: 1, section_offset: 200 };
        let at = received(1, 200);
        let cases = [
            (None, None, Resumption::Unknown),                                   // 01
            (None, Some(Some(at.clone())), content(Some(from))),                 // 02
            (None, Some(Some(Accepted)), outcome(Accepted, true)),               // 03
            (None, Some(None), content(None)),                                   // 04
            (Some(received(1, 0)), None, Resumption::Unknown),                   // 05
            (Some(received(1, 0)), Some(Some(at.clone())), content(Some(from))), // 06
            (Some(at.clone()), Some(Some(at.clone())), content(Some(from))),     // 06
            (Some(received(1, 201)), Some(Some(at.clone())), Resumption::Abort), // 07
            (Some(received(2, 0)), Some(Some(at.clone())), Resumption::Abort),   // 07
            (Some(at.clone()), Some(Some(Released)), outcome(Released, true)),   // 08
            (Some(at.clone()), Some(None), Resumption::Abort),                   // 09
            (Some(received(0, 0)), Some(None), content(None)),                   // 09: all of it is here
            (Some(Accepted), None, Resumption::Settled),                         // 10
            (Some(Accepted), Some(Some(at)), Resumption::Abort),                 // 11
            (Some(Accepted), Some(Some(Accepted)), outcome(Accepted, true)),     // 12
            (Some(Accepted), Some(Some(Released)), outcome(Accepted, false)),    // 13
            (Some(Accepted), Some(None), Resumption::Abort),                     // 14
        ];
        for (ours, theirs, wanted) in cases {
            assert_eq!(of_sender(ours.as_ref(), theirs.as_ref().map(Option::as_ref)), wanted, "{ours:?} {theirs:?}");
        }
    }
}
