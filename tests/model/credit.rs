//! Link credit (§2.6.7), at either end, as that end can know it from the frames that it has sent and heard.

use super::Strictness;
use amqp10_testkit::wire::Record;

/// delivery-count, link-credit and drain of one end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Credit {
    pub(crate) delivery_count: u32,
    pub(crate) link_credit: u32,
    pub(crate) drain: bool,
    /// Whether a drain of no credit is over cannot be told: it was said late.
    pub(crate) is_unsure: bool,
    initial: u32,
    /// What is left of the furthest grant there ever was.
    most: u32,
}

impl Credit {
    /// The sender's attach was sent or heard.
    pub(crate) fn starts(&mut self, attach: &Record) -> Result<(), String> {
        let initial = attach.uint("initial-delivery-count").ok_or("a sender without initial-delivery-count")?;
        (self.initial, self.delivery_count) = (initial, initial);
        Ok(())
    }

    fn begin(&mut self) {
        self.delivery_count = self.delivery_count.wrapping_add(1);
        self.link_credit = self.link_credit.saturating_sub(1);
        self.most = self.most.saturating_sub(1);
    }

    fn grant(&mut self, link_credit: u32) {
        self.link_credit = link_credit;
        self.most = self.most.max(link_credit);
    }

    /// Sender: a delivery begins.
    pub(crate) fn sender_begins(&mut self, strictness: Strictness) -> Result<(), String> {
        let left = match strictness {
            Strictness::Exact => self.link_credit,
            Strictness::Delayed => self.most,
        };
        if left == 0 {
            return Err("a delivery beyond the link-credit".to_owned());
        }
        self.begin();
        Ok(())
    }

    /// Receiver: a delivery begins.
    pub(crate) fn receiver_hears_delivery(&mut self) -> Result<(), String> {
        if self.most == 0 {
            return Err("a delivery came that no link-credit ever allowed".to_owned());
        }
        let had_any = self.link_credit > 0;
        self.begin();
        self.drain &= !had_any || self.link_credit > 0;
        Ok(())
    }

    /// Sender: link-credit_snd := delivery-count_rcv + link-credit_rcv - delivery-count_snd.
    pub(crate) fn sender_hears_flow(&mut self, frame: &Record) {
        let base = frame.uint("delivery-count").unwrap_or(self.initial);
        let limit = base.wrapping_add(frame.uint("link-credit").unwrap_or(0));
        let left = limit.wrapping_sub(self.delivery_count);
        self.grant(if left > u32::MAX / 2 { 0 } else { left });
        self.drain = frame.flag("drain");
    }

    /// Sender: it says what it has, or that it gives it back: only what a drain wants.
    pub(crate) fn sender_says_flow(&mut self, frame: &Record, strictness: Strictness) -> Result<(), String> {
        let (count, credit) = link_fields(frame)?;
        let advance = count.wrapping_sub(self.delivery_count);
        let exact = match advance {
            0 => credit == self.link_credit,
            _ => self.drain && advance == self.link_credit && credit == 0,
        };
        let allowed = match strictness {
            Strictness::Exact => exact,
            Strictness::Delayed => exact || (advance <= self.most && credit <= self.most),
        };
        if !allowed {
            return Err(format!("delivery-count {}, link-credit {}", self.delivery_count, self.link_credit));
        }
        self.delivery_count = count;
        self.most = self.most.saturating_sub(advance);
        self.link_credit = self.link_credit.saturating_sub(advance);
        Ok(())
    }

    /// Receiver: it grants. Its delivery-count is what it has heard, and absent before the sender's attach.
    pub(crate) fn receiver_says_flow(
        &mut self,
        frame: &Record,
        attached: bool,
        strictness: Strictness,
    ) -> Result<(), String> {
        let credit = frame.uint("link-credit").ok_or("a flow without link-credit")?;
        let missed = match frame.uint("delivery-count") {
            Some(said) if attached => self.delivery_count.wrapping_sub(said),
            Some(_) => return Err("no delivery-count: the sender has not told it".to_owned()),
            None if attached && strictness == Strictness::Exact => return Err("a delivery-count".to_owned()),
            None => self.delivery_count.wrapping_sub(self.initial),
        };
        if missed != 0 && (strictness == Strictness::Exact || missed > u32::MAX / 2) {
            return Err(format!("delivery-count {}", self.delivery_count));
        }
        self.grant(credit.saturating_sub(missed));
        // Written before it heard what has used up all that it drains; if that was nothing, no delivery has.
        self.drain = frame.flag("drain") && (missed == 0 || credit == 0 || self.link_credit > 0);
        self.is_unsure = self.drain && self.link_credit == 0 && strictness == Strictness::Delayed;
        Ok(())
    }

    /// Receiver: the sender may move the delivery-count on, within what was granted.
    pub(crate) fn receiver_hears_flow(&mut self, frame: &Record) -> Result<(), String> {
        let (count, _) = link_fields(frame)?;
        let advance = count.wrapping_sub(self.delivery_count);
        if advance > self.most {
            return Err(format!("the delivery-count went from {} to {count}", self.delivery_count));
        }
        self.delivery_count = count;
        self.link_credit = self.link_credit.saturating_sub(advance);
        self.most = self.most.saturating_sub(advance);
        self.drain &= self.link_credit > 0;
        self.is_unsure = false;
        Ok(())
    }
}

fn link_fields(frame: &Record) -> Result<(u32, u32), String> {
    let count = frame.uint("delivery-count").ok_or("a sender's flow without delivery-count")?;
    Ok((count, frame.uint("link-credit").ok_or("a flow without link-credit")?))
}
