//! Messages that are sent again under their tags, on links that are resumed (§2.6.13): which of them anybody still waits
//! for, and what each is to do on the next link. A machine: links tell it what they left and what the peer knows.

use amqp_proto::codec::{DeliveryState, DeliveryTag, Outcome};
use amqp_proto::{Resume, Resumption, UnsettledDeliveries};
use std::collections::BTreeMap;

use crate::resume::Comparison;

/// What a message is to do whose outcome was not known when its link went.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// Its receiver has it, or a part of it: go on with the delivery.
    Resume,
    /// Its receiver has come to this outcome: resume it without the message, and be done.
    Conclude(Outcome),
    /// Its receiver has never had all of it: send it as a new one, under the same tag.
    Send,
    /// Nobody can say.
    Lost,
}

/// The messages of one link, whichever one that is at the moment.
#[derive(Debug, Default)]
pub(super) struct SameTag {
    /// The tag that was made last.
    made: u64,
    /// Those that somebody waits for, and what is known to be next.
    live: BTreeMap<DeliveryTag, Option<Next>>,
    /// What the last link left; none before the first.
    left: Option<UnsettledDeliveries>,
}

impl SameTag {
    /// A message is given, under a tag of the caller's or one that is made.
    pub(super) fn begin(&mut self, tag: Option<DeliveryTag>) -> DeliveryTag {
        let tag = tag.unwrap_or_else(|| {
            self.made += 1;
            self.made.into()
        });
        self.live.insert(tag, None);
        tag
    }

    /// Nobody waits for it any more. What is forgotten is settled (§2.6.12), so no later link lists it.
    pub(super) fn end(&mut self, tag: &DeliveryTag) {
        self.live.remove(tag);
    }

    /// A link has left these.
    pub(super) fn left(&mut self, unsettled: UnsettledDeliveries) {
        self.left = Some(unsettled);
    }

    /// How the next link is attached.
    pub(super) fn resume(&self) -> Resume {
        let Some(left) = &self.left else { return Resume::keep() };
        let live = left.iter().filter(|(tag, _)| self.live.contains_key(*tag));
        Resume::with(live.map(|(tag, delivery)| (*tag, delivery.clone())).collect())
    }

    /// A link is attached: what both ends know. `None`: the peer resumes nothing, and was asked for nothing.
    pub(super) fn attached(&mut self, comparison: Option<&Comparison>) {
        let left = self.left.take().unwrap_or_default();
        let Some(comparison) = comparison else {
            left.iter().for_each(|(tag, _)| self.set(tag, Next::Lost));
            return;
        };
        for compared in &comparison.deliveries {
            let next = match &compared.resumption {
                Resumption::Content { .. } => Some(Next::Resume),
                Resumption::Outcome { outcome, .. } => Some(concluded(outcome)),
                Resumption::Unknown if comparison.remembers => Some(Next::Send),
                // listed again on the next link
                Resumption::Pending => None,
                _ => Some(Next::Lost),
            };
            if let Some(next) = next {
                self.set(&compared.tag, next);
            }
        }
    }

    fn set(&mut self, tag: &DeliveryTag, next: Next) {
        if let Some(known) = self.live.get_mut(tag) {
            *known = Some(next);
        }
    }

    /// What a message is to do on the link that is attached now. `begun`: it was sent before, or a part of it.
    pub(super) fn next(&mut self, tag: &DeliveryTag, begun: bool) -> Next {
        let known = self.live.get_mut(tag).and_then(Option::take);
        known.unwrap_or(if begun { Next::Lost } else { Next::Send })
    }

    /// What was next could not be done: the link is gone already. What waits there to be resumed the next one lists again.
    pub(super) fn put_back(&mut self, tag: &DeliveryTag, next: Next) {
        if let Some(known @ None) = self.live.get_mut(tag) {
            *known = Some(next);
        }
    }
}

fn concluded(outcome: &DeliveryState) -> Next {
    match outcome {
        DeliveryState::Accepted => Next::Conclude(Outcome::Accepted),
        DeliveryState::Rejected(rejected) => Next::Conclude(Outcome::Rejected(rejected.clone())),
        DeliveryState::Released => Next::Conclude(Outcome::Released),
        DeliveryState::Modified(modified) => Next::Conclude(Outcome::Modified(modified.clone())),
        DeliveryState::Received(_)
        | DeliveryState::Declared(_)
        | DeliveryState::Transactional(_)
        | DeliveryState::Other(_) => Next::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_proto::{Compared, UnsettledDelivery};

    fn compared(tag: u32, resumption: Resumption) -> Compared {
        Compared { tag: tag.into(), token: 0, remote: None, resumption }
    }

    fn left(tags: &[u32]) -> UnsettledDeliveries {
        tags.iter().map(|&tag| (tag.into(), UnsettledDelivery::default())).collect()
    }

    #[test]
    fn each_does_what_both_ends_know() {
        let mut tags = SameTag::default();
        assert_eq!(tags.resume(), Resume::keep());
        let [a, b, c, d] = [1, 2, 3, 4].map(|_| tags.begin(None));
        tags.end(&d);
        tags.left(left(&[1, 2, 4]));
        assert_eq!(tags.resume(), Resume::with(left(&[1, 2])), "what nobody waits for is forgotten");
        let outcome = Resumption::Outcome { outcome: DeliveryState::Released, agreed: true };
        let deliveries = vec![compared(1, Resumption::Content { from: None }), compared(2, outcome)];
        tags.attached(Some(&Comparison { remembers: true, deliveries }));
        assert_eq!(tags.next(&a, true), Next::Resume);
        assert_eq!(tags.next(&b, true), Next::Conclude(Outcome::Released));
        assert_eq!(tags.next(&c, false), Next::Send);
    }

    #[test]
    fn what_only_we_know_depends_on_what_the_peer_remembers() {
        for (remembers, next) in [(true, Next::Send), (false, Next::Lost)] {
            let mut tags = SameTag::default();
            let tag = tags.begin(None);
            tags.left(left(&[1]));
            tags.attached(Some(&Comparison { remembers, deliveries: vec![compared(1, Resumption::Unknown)] }));
            assert_eq!(tags.next(&tag, true), next);
        }
    }

    #[test]
    fn a_peer_that_resumes_nothing_leaves_all_in_doubt() {
        let mut tags = SameTag::default();
        let (a, b) = (tags.begin(None), tags.begin(None));
        tags.left(left(&[1]));
        tags.attached(None);
        assert_eq!((tags.next(&a, true), tags.next(&b, false)), (Next::Lost, Next::Send));
    }

    #[test]
    fn what_could_not_be_done_is_done_on_the_next_link() {
        let mut tags = SameTag::default();
        let tag = tags.begin(None);
        tags.left(left(&[1]));
        let deliveries = vec![compared(1, Resumption::Unknown)];
        tags.attached(Some(&Comparison { remembers: true, deliveries }));
        let next = tags.next(&tag, true);
        tags.put_back(&tag, next);
        tags.left(left(&[]));
        tags.attached(Some(&Comparison { remembers: true, deliveries: Vec::new() }));
        assert_eq!(tags.next(&tag, true), Next::Send, "the map no longer has it, and it is known why");
    }
}
