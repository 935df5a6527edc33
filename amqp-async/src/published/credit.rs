//! The credit of a link (§2.6.7) as it is shown.

use super::{Published, Show, Watching};
use amqp_proto::{Connection, LinkId};
use std::sync::Arc;

/// Messages that the sender may yet send.
pub(crate) struct Credit(pub(crate) u32);

impl Show<1> for Credit {
    type Id = LinkId;

    fn of(machine: &mut Connection, id: LinkId) -> Option<Self> {
        let credit = match id {
            LinkId::Sender(id) => machine.sender(id).ok()?.credit(),
            LinkId::Receiver(id) => machine.receiver(id).ok()?.credit(),
        };
        Some(Self(credit))
    }

    fn words(&self) -> [u64; 1] {
        [u64::from(self.0)]
    }

    fn from_words([credit]: [u64; 1]) -> Self {
        Self(credit as u32)
    }

    fn watch(watching: &mut Watching, published: Arc<Published<Self, 1>>) {
        let at = watching.links.binary_search_by(|link| link.id.cmp(&published.id)).unwrap_or_else(|at| at);
        watching.links.insert(at, published);
    }
}
