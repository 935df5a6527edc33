//! Transfers into deliveries (§2.6.14): the receiving end of a link puts together what comes in
//! pieces and checks that the pieces belong together.

use super::arrivals::{Arrivals, List};
use super::arrived::Arrived;
use super::{Chunk, Delivery, Load, Payload, Progress};
use crate::violation::Violation;
use crate::{DeliveryId, SessionId};
use alloc::boxed::Box;
use amqp_codec::{DeliveryTag, ReceiverSettleMode, SenderSettleMode, SequenceNo, Transfer};
use bytes::Bytes;

/// Transfers without payload that one delivery may have in a row (req: TR-2.7.5-22).
const MAX_EMPTY: u32 = 64;

/// What the attach of a link says about its deliveries.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Modes {
    pub(crate) snd: SenderSettleMode,
    pub(crate) rcv: ReceiverSettleMode,
    /// 0: no limit.
    pub(crate) max_message_size: u64,
}

impl Modes {
    /// What has come of a delivery: whether its sender says that it is settled, and its octets so far.
    fn check(&self, settled: bool, size: u64) -> Result<(), Violation> {
        if settled && self.snd == SenderSettleMode::Unsettled {
            return Err(Violation::NotUnsettled);
        }
        if self.max_message_size != 0 && size > self.max_message_size {
            return Err(Violation::MessageSize);
        }
        Ok(())
    }

    /// A delivery that is whole.
    fn check_complete(&self, settled: bool) -> Result<(), Violation> {
        if self.snd == SenderSettleMode::Settled && !settled {
            return Err(Violation::NotSettled);
        }
        Ok(())
    }
}

/// The deliveries of one link that have arrived and were not taken, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    /// Only of what comes in several frames.
    arriving: Option<Box<Arriving>>,
    /// In the session's table, which whoever asks for them has at hand.
    ready: List,
    /// How many of those there is nothing to settle of.
    ready_settled: u32,
    /// How many of them, from the front, no longer count for the session window.
    ready_hidden: u32,
    /// The application reads pieces, so it wants to know of pieces.
    streaming: bool,
}

/// A delivery that is not whole yet.
#[derive(Debug)]
struct Arriving {
    delivery: Delivery,
    /// Octets so far, taken or not.
    size: u64,
    /// What waits here.
    load: Load,
    empty: u32,
    /// The application has had a piece of it.
    started: bool,
    /// Nobody wants what is still to come of it.
    unwanted: bool,
    /// It was here before the link was attached again, or is not known at all.
    resumed: bool,
}

/// What a transfer amounted to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What was dropped: the session window gets it back.
    pub(crate) released: Load,
    /// The application should be told that there is something where nothing was.
    pub(crate) arrived: bool,
    /// The delivery was aborted, and is settled by that.
    pub(crate) aborted: bool,
    /// The delivery, unsettled until now, turned out to be sent settled.
    pub(crate) settled: bool,
}

impl Incoming {
    /// The delivery that is being transferred, if any.
    pub(crate) fn current(&self) -> Option<DeliveryId> {
        self.arriving.as_ref().map(|arriving| arriving.delivery.id)
    }

    /// The delivery of which not all has come, unless it was here before.
    pub(crate) fn partial(&self) -> Option<SequenceNo> {
        let arriving = self.arriving.as_ref().filter(|arriving| !arriving.resumed)?;
        Some(arriving.delivery.id.number())
    }

    /// Deliveries that are whole and wait.
    pub(crate) fn buffered(&self) -> usize {
        self.ready.len()
    }

    /// Octets of payload that wait, of deliveries that are whole or not.
    pub(crate) fn buffered_octets(&self, arrivals: &Arrivals) -> u64 {
        let loads = arrivals.iter(&self.ready).map(Arrived::load).chain([self.pieces()]);
        loads.map(|load| load.octets.saturating_add(load.hidden)).sum()
    }

    /// Those of them that there is nothing to settle of.
    pub(crate) fn buffered_settled(&self) -> usize {
        self.ready_settled as usize
    }

    /// The first transfer of a delivery; `id` and `tag` are what it carries. `lacks`: it is resumed, and not all of its
    /// octets were here before.
    #[inline(always)]
    pub(crate) fn begin(
        &mut self,
        id: DeliveryId,
        (tag, lacks): (&DeliveryTag, bool),
        transfer: &Transfer,
        payload: Bytes,
        (modes, arrivals): (&Modes, &mut Arrivals),
    ) -> Result<Outcome, Violation> {
        // Of a settled delivery the mode says nothing (req: TR-2.7.5-18).
        let asked = transfer.rcv_settle_mode.filter(|_| transfer.settled != Some(true));
        let rcv_settle_mode = asked.unwrap_or(modes.rcv);
        if modes.rcv == ReceiverSettleMode::First && rcv_settle_mode == ReceiverSettleMode::Second {
            return Err(Violation::ReceiverSettleMode);
        }
        if transfer.more || transfer.aborted || transfer.resume {
            self.begin_pieces(id, (*tag, lacks), rcv_settle_mode, transfer);
            return self.transfer(transfer, payload, (modes, arrivals));
        }
        // The one transfer is all of it.
        let settled = transfer.settled == Some(true);
        modes.check(settled, payload.len() as u64)?;
        modes.check_complete(settled)?;
        let arrived = self.ready.is_empty();
        self.ready_settled += u32::from(settled);
        if let Some(place @ None) = arrivals.push_back(&mut self.ready) {
            *place = Some(Arrived {
                payload: payload.into(),
                tag: *tag,
                state: transfer.state.clone(),
                number: id.number(),
                message_format: transfer.message_format.unwrap_or(0),
                transfers: 1,
                hidden: 0,
                rcv_settle_mode,
                settled,
                batchable: transfer.batchable,
                aborted: false,
            });
        }
        Ok(Outcome { arrived, settled, ..Outcome::default() })
    }

    /// A delivery of which there is more to come, or that was aborted or is to be resumed.
    #[cold]
    fn begin_pieces(
        &mut self,
        id: DeliveryId,
        (tag, lacks): (DeliveryTag, bool),
        rcv_settle_mode: ReceiverSettleMode,
        transfer: &Transfer,
    ) {
        let delivery = Delivery {
            id,
            tag,
            message_format: transfer.message_format.unwrap_or(0),
            settled: false,
            rcv_settle_mode,
            state: transfer.state.clone(),
            batchable: false,
            payload: Payload::default(),
        };
        // Either its octets are here, or there is no such delivery here (req: TR-2.6.13-02).
        let (unwanted, resumed) = (transfer.resume && !lacks, transfer.resume);
        let load = Load::default();
        self.arriving =
            Some(Box::new(Arriving { delivery, size: 0, load, empty: 0, started: false, unwanted, resumed }));
    }

    /// The delivery is settled here. If it is not whole, the rest is dropped as it comes; what the session window
    /// gets back now.
    #[inline(always)]
    pub(crate) fn settled_here(&mut self, number: SequenceNo) -> Option<Load> {
        if self.arriving.is_some() { self.unwanted(number) } else { None }
    }

    #[cold]
    fn unwanted(&mut self, number: SequenceNo) -> Option<Load> {
        let arriving = self.arriving.as_mut().filter(|arriving| arriving.delivery.id.number() == number)?;
        arriving.unwanted = true;
        arriving.delivery.payload = Payload::default();
        Some(core::mem::take(&mut arriving.load)).filter(|load| *load != Load::default())
    }

    /// Nobody wants the rest of a delivery that was read in part; what that gives back.
    pub(crate) fn skip(&mut self, arrivals: &mut Arrivals, number: SequenceNo) -> Load {
        let rest = self.settled_here(number).unwrap_or_default();
        let next = arrivals.front(&self.ready).filter(|arrived| arrived.number == number);
        let Some((settled, load)) = next.map(|arrived| (arrived.over(), arrived.load())) else {
            return rest;
        };
        arrivals.pop_front(&mut self.ready);
        self.popped(settled);
        load
    }

    /// A transfer of the delivery that was begun.
    pub(crate) fn transfer(
        &mut self,
        transfer: &Transfer,
        payload: Bytes,
        (modes, arrivals): (&Modes, &mut Arrivals),
    ) -> Result<Outcome, Violation> {
        let load = Load::one(payload.len());
        let Some(arriving) = &mut self.arriving else { return Ok(Outcome { released: load, ..Outcome::default() }) };
        let resumed = arriving.resumed;
        if transfer.aborted {
            return Ok(self.abort(arrivals, load));
        }
        // What was unsettled before may be settled now, whatever the mode (§3.4.6).
        let modes = &if resumed { Modes { snd: SenderSettleMode::Mixed, ..*modes } } else { *modes };
        arriving.check(transfer, payload.len(), modes)?;
        let settled = transfer.settled == Some(true) && !arriving.delivery.settled;
        arriving.delivery.settled |= settled;
        arriving.delivery.batchable |= transfer.batchable;
        if arriving.unwanted {
            let last = (!transfer.more).then(|| modes.check_complete(arriving.delivery.settled)).transpose()?.is_some();
            self.arriving.take_if(|_| last);
            return Ok(Outcome { released: load, settled, ..Outcome::default() });
        }
        arriving.load += load;
        arriving.delivery.payload.push(payload);
        if transfer.more {
            let arrived = self.streaming && self.ready.is_empty() && arriving.load.transfers == 1;
            return Ok(Outcome { arrived, settled, ..Outcome::default() });
        }
        modes.check_complete(arriving.delivery.settled)?;
        Ok(Outcome { settled, ..self.complete(arrivals, false) })
    }

    fn complete(&mut self, arrivals: &mut Arrivals, aborted: bool) -> Outcome {
        let Some(arriving) = self.arriving.take() else { return Outcome::default() };
        let arrived = self.ready.is_empty() && !(self.streaming && arriving.started && arriving.load.transfers > 1);
        let Arriving { delivery, load, .. } = *arriving;
        let whole = Arrived::of(delivery, load, aborted);
        self.ready_settled += u32::from(whole.over());
        if let Some(place) = arrivals.push_back(&mut self.ready) {
            *place = Some(whole);
        }
        Outcome { arrived, aborted, ..Outcome::default() }
    }

    /// The sender gave the delivery up. One that the application knows of stays as a mark.
    fn abort(&mut self, arrivals: &mut Arrivals, last: Load) -> Outcome {
        let Some(arriving) = &mut self.arriving else { return Outcome::default() };
        let mut released = core::mem::take(&mut arriving.load);
        released += last;
        arriving.delivery.payload = Payload::default();
        if arriving.started && !arriving.unwanted {
            return Outcome { released, ..self.complete(arrivals, true) };
        }
        self.arriving = None;
        Outcome { released, aborted: true, ..Outcome::default() }
    }

    /// Whether the application can take something now, and give the session window back what it took.
    pub(crate) fn can_be_taken(&self) -> bool {
        !self.ready.is_empty() || (self.streaming && self.pieces().transfers > 0)
    }

    /// What waits of the delivery that is not whole.
    pub(crate) fn pieces(&self) -> Load {
        self.arriving.as_ref().map_or(Load::default(), |arriving| arriving.load)
    }

    /// The session window gets back all that is here, although it is here still.
    pub(crate) fn hide(&mut self, arrivals: &mut Arrivals) {
        arrivals.each_from(&self.ready, self.ready_hidden as usize, Arrived::hide);
        self.ready_hidden = self.ready.len() as u32;
        self.arriving.iter_mut().for_each(|arriving| arriving.load.hide());
    }

    /// The link is gone: what is not whole will never be. What that gives back.
    pub(crate) fn drop_partial(&mut self) -> Load {
        self.arriving.take().map_or(Load::default(), |arriving| arriving.load)
    }

    /// The oldest delivery that is whole; `released`: what it gives back to the session window.
    #[inline]
    pub(crate) fn recv(
        &mut self,
        arrivals: &mut Arrivals,
        session: SessionId,
        released: &mut Load,
    ) -> Option<Delivery> {
        while arrivals.front(&self.ready)?.aborted {
            arrivals.pop_front(&mut self.ready);
            self.popped(true);
        }
        let arrived = arrivals.pop_front(&mut self.ready)?;
        self.popped(arrived.settled);
        *released = arrived.load();
        Some(arrived.delivery(session))
    }

    /// One that was whole is no longer here.
    #[inline]
    fn popped(&mut self, settled: bool) {
        self.ready_hidden = self.ready_hidden.saturating_sub(1);
        self.ready_settled -= u32::from(settled);
    }

    /// What has come of the oldest delivery since the last look, and what that gives back.
    pub(crate) fn read(&mut self, arrivals: &mut Arrivals, session: SessionId) -> Option<(Chunk, Load)> {
        self.streaming = true;
        if let Some(arrived) = arrivals.pop_front(&mut self.ready) {
            self.popped(arrived.over());
            let load = arrived.load();
            let progress = if arrived.aborted { Progress::Aborted } else { Progress::Complete };
            return Some((Chunk { delivery: arrived.delivery(session), progress }, load));
        }
        let arriving = self
            .arriving
            .as_mut()
            .filter(|arriving| arriving.load.transfers > 0 || !arriving.delivery.payload.is_empty())?;
        arriving.started = true;
        let payload = core::mem::take(&mut arriving.delivery.payload);
        let of = &arriving.delivery;
        let delivery = Delivery { payload, state: of.state.clone(), ..*of };
        Some((Chunk { delivery, progress: Progress::More }, core::mem::take(&mut arriving.load)))
    }
}

impl Arriving {
    fn check(&mut self, transfer: &Transfer, octets: usize, modes: &Modes) -> Result<(), Violation> {
        let delivery = &self.delivery;
        let same = transfer.delivery_id.is_none_or(|id| id == delivery.id.number())
            && transfer.delivery_tag.is_none_or(|tag| tag == delivery.tag)
            && transfer.message_format.is_none_or(|format| format == delivery.message_format);
        if !same {
            return Err(Violation::ContinuationDiffers);
        }
        if delivery.settled && transfer.settled == Some(false) {
            return Err(Violation::SettledTakenBack);
        }
        self.empty = if octets == 0 && transfer.more { self.empty + 1 } else { 0 };
        if self.empty > MAX_EMPTY {
            return Err(Violation::EmptyTransfers);
        }
        self.size = self.size.saturating_add(octets as u64);
        modes.check(transfer.settled == Some(true), self.size)
    }
}
