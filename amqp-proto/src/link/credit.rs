//! Link credit (§2.6.7): the same four numbers at either end, moved by opposite rules.

use crate::violation::Violation;
use amqp_codec::{Flow, SequenceNo};

/// Delivery-count, link-credit, available and drain of one end of a link.
#[derive(Debug)]
pub(crate) struct Credit {
    pub(crate) delivery_count: SequenceNo,
    pub(crate) link_credit: u32,
    pub(crate) available: u32,
    pub(crate) drain: bool,
    /// Receiver: the furthest delivery-count that was ever granted. Credit may have been lowered since,
    /// with deliveries under way (req: TR-2.6.7-08).
    limit: SequenceNo,
}

impl Credit {
    pub(crate) fn new(initial_delivery_count: SequenceNo) -> Self {
        Self {
            delivery_count: initial_delivery_count,
            link_credit: 0,
            available: 0,
            drain: false,
            limit: initial_delivery_count,
        }
    }

    /// Sender: where the count begins, known when our attach is. Credit may have come before.
    pub(crate) fn start_at(&mut self, initial_delivery_count: SequenceNo) {
        self.delivery_count = initial_delivery_count;
        self.limit = initial_delivery_count;
    }

    /// Sender: a flow of the receiver (req: TR-2.6.7-03, TR-2.6.7-04, TR-2.6.7-05).
    pub(crate) fn received_by_sender(&mut self, flow: &Flow, initial: SequenceNo) {
        let base = flow.delivery_count.unwrap_or(initial);
        let in_flight = self.delivery_count.0.wrapping_sub(base.0);
        // A count ahead of ours gives no more than what is written there.
        let in_flight = if in_flight > u32::MAX / 2 { 0 } else { in_flight };
        self.link_credit = flow.link_credit.unwrap_or(0).saturating_sub(in_flight);
        self.drain = flow.drain;
    }

    /// Either end: one delivery was begun (req: TR-2.6.7-06).
    pub(crate) fn used(&mut self) {
        self.delivery_count += 1;
        self.link_credit = self.link_credit.saturating_sub(1);
    }

    /// Sender: gives the rest of the credit back (req: TR-2.6.7-12). Whether there was any.
    pub(crate) fn drained(&mut self) -> bool {
        let rest = core::mem::take(&mut self.link_credit);
        self.delivery_count += rest;
        rest > 0
    }

    /// Receiver: the sender's attach tells where its count begins (req: TR-2.6.7-15). What was granted before counts
    /// from there, also what was granted more than now: the sender may use it before it hears of less.
    pub(crate) fn attached(&mut self, initial_delivery_count: SequenceNo) {
        let granted = self.limit.0.wrapping_sub(self.delivery_count.0);
        self.delivery_count = initial_delivery_count;
        self.limit = initial_delivery_count + granted;
    }

    /// Receiver: grants this much from now on.
    pub(crate) fn grant(&mut self, link_credit: u32) {
        self.link_credit = link_credit;
        let limit = self.delivery_count + link_credit;
        let ahead = limit.0.wrapping_sub(self.delivery_count.0);
        if ahead > self.limit.0.wrapping_sub(self.delivery_count.0) {
            self.limit = limit;
        }
    }

    /// Receiver: may a delivery begin (req: TR-2.6.7-08)?
    pub(crate) fn check(&self) -> Result<(), Violation> {
        if self.link_credit == 0 && self.delivery_count == self.limit {
            return Err(Violation::TransferLimit);
        }
        Ok(())
    }

    /// Receiver: may deliveries be under way that are not part of the credit, since it was lowered?
    pub(crate) fn in_flight(&self) -> bool {
        self.delivery_count + self.link_credit != self.limit
    }

    /// Receiver: a flow of the sender (req: TR-2.6.7-14, TR-2.6.7-16).
    pub(crate) fn received_by_receiver(&mut self, flow: &Flow) -> Result<(), Violation> {
        let count = flow.delivery_count.ok_or(Violation::DeliveryCountMissing)?;
        let advance = count.0.wrapping_sub(self.delivery_count.0);
        if advance > self.limit.0.wrapping_sub(self.delivery_count.0) {
            return Err(Violation::DeliveryCount);
        }
        self.delivery_count = count;
        self.link_credit = self.link_credit.saturating_sub(advance);
        self.available = flow.available.unwrap_or(0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEAR: SequenceNo = SequenceNo(u32::MAX - 1);

    fn flow(delivery_count: Option<SequenceNo>, link_credit: u32) -> Flow {
        let mut flow = Flow::new(0, SequenceNo(0), 0);
        flow.delivery_count = delivery_count;
        flow.link_credit = Some(link_credit);
        flow
    }

    #[test]
    fn what_is_under_way_is_subtracted() {
        // req: TR-2.6.7-03 TR-2.6.7-04 TR-2.6.7-05 TR-2.6.7-06
        let mut credit = Credit::new(NEAR);
        credit.received_by_sender(&flow(None, 5), NEAR);
        assert_eq!(credit.link_credit, 5);
        for _ in 0..3 {
            credit.used();
        }
        assert_eq!((credit.delivery_count, credit.link_credit), (SequenceNo(1), 2));
        credit.received_by_sender(&flow(Some(NEAR), 10), NEAR);
        assert_eq!(credit.link_credit, 7);
        credit.received_by_sender(&flow(Some(NEAR), 2), NEAR);
        assert_eq!(credit.link_credit, 0);
    }

    #[test]
    fn a_drain_moves_the_count_to_the_limit() {
        // req: TR-2.6.7-12 TR-2.6.7-14
        let mut sender = Credit::new(NEAR);
        let mut receiver = Credit::new(NEAR);
        receiver.grant(10);
        sender.received_by_sender(&flow(Some(NEAR), 10), NEAR);
        sender.used();
        receiver.used();
        assert!(sender.drained() && !sender.drained());
        receiver.received_by_receiver(&flow(Some(sender.delivery_count), 0)).expect("valid");
        assert_eq!((receiver.delivery_count, receiver.link_credit), (SequenceNo(8), 0));
    }

    #[test]
    fn lowered_credit_still_admits_what_was_granted() {
        // req: TR-2.6.7-08 TR-2.6.7-16
        let mut credit = Credit::new(NEAR);
        credit.grant(3);
        credit.grant(0);
        for _ in 0..3 {
            credit.check().expect("granted once");
            credit.used();
        }
        assert_eq!(credit.check(), Err(Violation::TransferLimit));
        assert_eq!(credit.received_by_receiver(&flow(Some(NEAR), 0)), Err(Violation::DeliveryCount));
        assert_eq!(credit.received_by_receiver(&flow(Some(SequenceNo(2)), 0)), Err(Violation::DeliveryCount));
    }
}
