//! Which reply belongs to which request (§3.2.4).

use amqp_proto::codec::message::MessageId;
use std::collections::BTreeMap;

/// Requests that wait for their replies.
#[derive(Debug)]
pub struct Correlator<T> {
    issued: u64,
    waiting: BTreeMap<MessageId, Option<T>>,
    /// Replies that nobody waits for: late ones, or wrong ones.
    strays: u64,
}

impl<T> Default for Correlator<T> {
    fn default() -> Self {
        Self { issued: 0, waiting: BTreeMap::new(), strays: 0 }
    }
}

impl<T> Correlator<T> {
    /// A new request: the message-id that its reply will have as correlation-id. `id` if it is given and no other request
    /// waits under it, a number otherwise.
    pub fn request(&mut self, id: Option<MessageId>) -> MessageId {
        let free = id.filter(|id| !self.waiting.contains_key(id));
        let id = free.unwrap_or_else(|| {
            loop {
                let id = MessageId::Ulong(self.issued);
                self.issued = self.issued.wrapping_add(1);
                if !self.waiting.contains_key(&id) {
                    break id;
                }
            }
        });
        self.waiting.insert(id.clone(), None);
        id
    }

    /// A reply has come; false if nobody waits for it, or if there has been one.
    pub fn reply(&mut self, id: Option<&MessageId>, reply: T) -> bool {
        match id.and_then(|id| self.waiting.get_mut(id)) {
            Some(slot @ None) => {
                *slot = Some(reply);
                true
            }
            Some(Some(_)) | None => {
                self.strays += 1;
                false
            }
        }
    }

    /// The reply to a request, if it is here; it waits no more then.
    pub fn take(&mut self, id: &MessageId) -> Option<T> {
        let reply = self.waiting.get_mut(id)?.take();
        if reply.is_some() {
            self.waiting.remove(id);
        }
        reply
    }

    /// Nobody waits for this reply any more.
    pub fn cancel(&mut self, id: &MessageId) {
        self.waiting.remove(id);
    }

    /// How many requests wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether no request waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many replies belonged to nobody.
    #[must_use]
    pub fn strays(&self) -> u64 {
        self.strays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_find_their_requests_in_any_order_and_late_ones_are_dropped() {
        let mut machine = Correlator::default();
        let (a, b, own) = (machine.request(None), machine.request(None), machine.request(Some("mine".into())));
        assert_eq!(own, MessageId::from("mine"));
        assert_ne!(machine.request(Some("mine".into())), own, "an id that waits is not given out again");
        assert!(machine.reply(Some(&b), 2) && machine.reply(Some(&own), 3));
        assert!(!machine.reply(Some(&b), 22), "only the first counts");
        assert_eq!((machine.take(&a), machine.take(&b), machine.take(&own)), (None, Some(2), Some(3)));
        machine.cancel(&a);
        assert!(!machine.reply(Some(&a), 1));
        assert!(!machine.reply(None, 0));
        assert_eq!((machine.len(), machine.strays()), (1, 3));
    }
}
