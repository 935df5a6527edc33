//! Transfers and dispositions, as seen from outside.

use super::{Delivery, Observer, Part, Seen, Side};
use crate::wire::{Record, Value};

impl Observer {
    pub(super) fn transfer(&mut self, side: Side, frame: &Record) -> Result<Seen, String> {
        let session = self.session_of(side, frame)?;
        let at = self.link_of(side, session, frame)?;
        let before = *self.sessions[session].transfers.of(side);
        *self.sessions[session].transfers.of_mut(side) = before.wrapping_add(1);
        let link = &mut self.links[at];
        let going_on = link.deliveries.last().is_some_and(|delivery| delivery.part == Some(Part::Begun));
        if !going_on {
            let id = frame.uint("delivery-id").ok_or("a first transfer without delivery-id")?;
            let mut meta = frame.clone();
            meta.fields.retain(|(name, _)| name != "payload");
            link.deliveries.push(Delivery { id, meta, frames: (before, before), ..Delivery::default() });
            link.delivery_count = link.delivery_count.wrapping_add(1);
            link.credit -= 1;
            let number = link.deliveries.len() - 1;
            self.sessions[session].deliveries.of_mut(side).push((id, at, number));
        }
        let link = &mut self.links[at];
        let number = link.deliveries.len() - 1;
        link.deliveries[number].add(frame, before.wrapping_add(1));
        Ok(Seen::Transfer(at, number, link.deliveries[number].part.unwrap_or(Part::Begun)))
    }

    /// The deliveries in a disposition's range that nobody has settled.
    ///
    /// # Errors
    /// When it has no session or no range.
    pub fn held(&self, side: Side, frame: &Record) -> Result<Vec<(usize, usize)>, String> {
        let session = self.session_of(side, frame)?;
        let first = frame.uint("first").ok_or("disposition without first")?;
        let last = frame.uint("last").unwrap_or(first);
        let sender = if frame.text("role") == Some("sender") { side } else { side.other() };
        let known = self.sessions[session].deliveries.of(sender);
        let inside = |id: u32| id.wrapping_sub(first) <= last.wrapping_sub(first);
        let touched = known.iter().filter(|(id, ..)| inside(*id)).map(|(_, at, number)| (*at, *number));
        Ok(touched.filter(|delivery| !self.delivery(*delivery).settled).collect())
    }

    pub(super) fn disposition(&mut self, side: Side, frame: &Record) -> Result<Seen, String> {
        let held = self.held(side, frame)?;
        if frame.flag("settled") {
            for (link, number) in &held {
                self.links[*link].deliveries[*number].settled = true;
            }
        }
        Ok(Seen::Disposition(held))
    }
}

impl Delivery {
    fn add(&mut self, frame: &Record, frames: u32) {
        self.payload.extend_from_slice(frame.binary("payload").unwrap_or_default());
        self.frames.1 = frames;
        for name in ["settled", "state", "rcv-settle-mode"] {
            if *frame.get(name) != Value::Null {
                self.meta.set(name, frame.get(name).clone());
            }
        }
        let aborted = frame.flag("aborted");
        self.settled |= frame.flag("settled") || aborted;
        self.part = Some(match (aborted, frame.flag("more")) {
            (true, _) => Part::Aborted,
            (false, true) => Part::Begun,
            (false, false) => Part::Whole,
        });
    }
}
