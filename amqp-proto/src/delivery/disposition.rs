//! What is to be said about deliveries (§2.7.6), gathered into ranges until the next flush.

use crate::context::Context;
use amqp_codec::{DeliveryState, Disposition, Role, SequenceNo};

/// The disposition that has not left yet: a run of consecutive ids with one state.
#[derive(Debug)]
pub(crate) struct Dispositions {
    role: Role,
    pending: Option<Run>,
}

#[derive(Debug)]
struct Run {
    first: SequenceNo,
    last: SequenceNo,
    state: Option<DeliveryState>,
    settled: bool,
}

impl Dispositions {
    pub(crate) const fn new(role: Role) -> Self {
        Self { role, pending: None }
    }

    /// Adds the ids from `first` to `last`: to the run that waits if they continue it at either end,
    /// else that run leaves first.
    #[inline(always)]
    pub(crate) fn add(
        &mut self,
        ctx: &mut Context,
        channel: u16,
        (first, last): (SequenceNo, SequenceNo),
        state: Option<DeliveryState>,
        settled: bool,
    ) {
        if let Some(run) = &mut self.pending {
            if run.settled == settled && same(run.state.as_ref(), state.as_ref()) {
                if first == run.last + 1 {
                    run.last = last;
                    return;
                }
                if run.first == last + 1 {
                    run.first = first;
                    return;
                }
            }
        }
        self.begin(ctx, channel, Run { first, last, state, settled });
    }

    #[cold]
    #[inline(never)]
    fn begin(&mut self, ctx: &mut Context, channel: u16, run: Run) {
        self.flush(ctx, channel);
        self.pending = Some(run);
    }

    /// Lets the run that waits leave.
    pub(crate) fn flush(&mut self, ctx: &mut Context, channel: u16) {
        let Some(Run { first, last, state, settled }) = self.pending.take() else { return };
        let last = (first != last).then_some(last);
        let disposition = Disposition { role: self.role, first, last, settled, state, batchable: false };
        ctx.output.frame(channel, &disposition);
    }
}

/// Whether two states are equal: nearly all are accepted.
#[inline]
fn same(one: Option<&DeliveryState>, other: Option<&DeliveryState>) -> bool {
    match (one, other) {
        (Some(DeliveryState::Accepted), Some(DeliveryState::Accepted)) => true,
        (one, other) => are_equal(one, other),
    }
}

#[cold]
#[inline(never)]
fn are_equal(one: Option<&DeliveryState>, other: Option<&DeliveryState>) -> bool {
    one == other
}
