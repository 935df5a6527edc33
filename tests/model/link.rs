//! What one side can know of a link.

use super::Checked;
use super::credit::Credit;
use super::resume::Resuming;
use super::view::Half;
use amqp10_testkit::wire::Record;

/// A link, at one end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    pub(crate) name: String,
    /// What the trace calls it.
    pub(crate) subject: String,
    pub(crate) sends: bool,
    pub(crate) ours: Half,
    pub(crate) theirs: Half,
    /// Either attach was a refusal, or is there only to be followed by a closing detach.
    pub(crate) refused: bool,
    /// Our application has detached it; the frame may have to wait.
    pub(crate) left: bool,
    /// We have detached it, and not for good.
    pub(crate) suspended: bool,
    /// The other side has closed it.
    pub(crate) closed: bool,
    pub(crate) credit: Credit,
    /// snd-settle-mode of the sender's attach, rcv-settle-mode of the receiver's.
    pub(crate) modes: (String, String),
    /// Both modes, as the other side's attach has them.
    pub(crate) wished: (String, String),
    /// The max-message-size of the receiver's attach, once that has come; 0: none.
    pub(crate) max_message_size: u64,
    /// The delivery-ids, in the order in which they began.
    pub(crate) deliveries: Vec<u32>,
    /// The delivery in progress on the wire.
    pub(crate) current: Option<Current>,
    pub(crate) resuming: Resuming,
}

/// A delivery of which more has to come.
#[derive(Clone, Debug)]
pub(crate) struct Current {
    pub(super) id: u32,
    pub(super) settled: bool,
    /// Of payload, so far.
    pub(crate) octets: usize,
}

impl Link {
    pub(crate) fn is_attached(&self) -> bool {
        matches!((self.ours, self.theirs), (Half::Active(_), Half::Active(_))) && !self.refused
    }

    /// Whether so many octets are more than a message may have (§2.7.3).
    pub(crate) fn is_too_large(&self, octets: usize) -> bool {
        self.max_message_size != 0 && octets as u64 > self.max_message_size
    }

    /// Neither side has detached it.
    pub(crate) fn is_live(&self) -> bool {
        self.ours != Half::Ended && self.theirs != Half::Ended && !self.refused && !self.left
    }

    /// §2.6.6: suspended by us and then closed by the other side, it has to be attached again to be closed.
    pub(super) fn has_to_close(&self) -> bool {
        (self.ours, self.theirs) == (Half::Ended, Half::Ended) && self.suspended && self.closed
    }

    pub(super) fn attach(&mut self, frame: &Record, by_sender: bool) -> Checked {
        let (snd, rcv) = modes(frame);
        if by_sender {
            self.modes.0 = snd;
            self.credit.starts(frame)?;
        } else {
            self.modes.1 = rcv;
            self.max_message_size = frame.number("max-message-size").unwrap_or(0);
        }
        // Who refuses leaves out the terminus that is its own.
        self.refused |= frame.composite(if by_sender { "source" } else { "target" }).is_none();
        Ok(())
    }

    /// One transfer of a delivery: whether it begins one, and whether the delivery is unsettled before and after it.
    pub(super) fn transfer(&mut self, frame: &Record) -> Checked<Step> {
        let octets = frame.binary("payload").map_or(0, <[u8]>::len);
        let begins = self.current.is_none();
        let mut current = match self.current.take() {
            Some(current) => current,
            None => Current {
                id: frame.uint("delivery-id").ok_or("a first transfer without delivery-id")?,
                settled: false,
                octets: 0,
            },
        };
        if frame.uint("delivery-id").is_some_and(|id| id != current.id) {
            return Err("deliveries of a link interleave".to_owned());
        }
        let (was, aborted) = (current.settled, frame.flag("aborted"));
        current.settled |= frame.flag("settled") || aborted;
        current.octets += octets;
        let (id, settled) = (current.id, current.settled);
        if !aborted && self.modes.0 == "unsettled" && settled {
            return Err("a settled delivery on a link of mode unsettled".to_owned());
        }
        if frame.flag("more") && !aborted {
            self.current = Some(current);
        } else if self.modes.0 == "settled" && !settled {
            return Err("an unsettled delivery on a link of mode settled".to_owned());
        }
        if begins {
            self.deliveries.push(id);
        }
        Ok(Step { id, begins, holds: begins && !settled, settles: !begins && !was && settled })
    }
}

/// snd-settle-mode and rcv-settle-mode of an attach.
pub(super) fn modes(attach: &Record) -> (String, String) {
    let mode = |name, default: &str| attach.text(name).unwrap_or(default).to_owned();
    (mode("snd-settle-mode", "mixed"), mode("rcv-settle-mode", "first"))
}

/// What a transfer is to its delivery.
pub(super) struct Step {
    pub(super) id: u32,
    pub(super) begins: bool,
    pub(super) holds: bool,
    pub(super) settles: bool,
}
