//! The session window (§2.5.6) as one side can know it: from the frames that it has sent and that it has heard.

use super::Strictness;
use amqp10_testkit::wire::Record;

/// Both windows of a session, by the letters of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// next-outgoing-id.
    pub(crate) next_outgoing: u32,
    initial_outgoing: u32,
    /// remote-incoming-window: transfers that we may still send.
    pub(crate) remote_incoming: u32,
    /// What is left of the furthest grant there ever was. A grant may be taken back, and cross what was sent by it.
    most_outgoing: u32,
    /// next-incoming-id, once the other side's begin has come.
    pub(crate) next_incoming: Option<u32>,
    /// incoming-window: transfers that the other side may still send, as far as it has been told.
    pub(crate) incoming: u32,
    /// The same of the furthest grant.
    most_incoming: u32,
    /// remote-outgoing-window.
    pub(crate) remote_outgoing: u32,
}

fn uint(frame: &Record, name: &str) -> Result<u32, String> {
    frame.uint(name).ok_or_else(|| format!("{} without {name}", frame.name))
}

impl Window {
    pub(crate) fn says_begin(&mut self, frame: &Record) -> Result<(), String> {
        self.initial_outgoing = uint(frame, "next-outgoing-id")?;
        self.next_outgoing = self.initial_outgoing;
        self.incoming = uint(frame, "incoming-window")?;
        self.most_incoming = self.incoming;
        Ok(())
    }

    pub(crate) fn hears_begin(&mut self, frame: &Record) -> Result<(), String> {
        self.next_incoming = Some(uint(frame, "next-outgoing-id")?);
        self.remote_incoming = uint(frame, "incoming-window")?;
        self.most_outgoing = self.remote_incoming;
        self.remote_outgoing = uint(frame, "outgoing-window")?;
        Ok(())
    }

    pub(crate) fn says_transfer(&mut self, strictness: Strictness) -> Result<(), String> {
        let left = match strictness {
            Strictness::Exact => self.remote_incoming,
            Strictness::Delayed => self.most_outgoing,
        };
        if left == 0 {
            return Err("a transfer beyond the remote-incoming-window".to_owned());
        }
        self.next_outgoing = self.next_outgoing.wrapping_add(1);
        self.remote_incoming = self.remote_incoming.saturating_sub(1);
        self.most_outgoing = self.most_outgoing.saturating_sub(1);
        Ok(())
    }

    pub(crate) fn hears_transfer(&mut self) -> Result<(), String> {
        let left = self.most_incoming.checked_sub(1);
        self.most_incoming = left.ok_or("a transfer came that no incoming-window ever allowed")?;
        self.incoming = self.incoming.saturating_sub(1);
        self.remote_outgoing = self.remote_outgoing.saturating_sub(1);
        self.next_incoming = self.next_incoming.map(|id| id.wrapping_add(1));
        Ok(())
    }

    /// `most`: the incoming-window that the application wants.
    pub(crate) fn says_flow(&mut self, frame: &Record, most: u32, strictness: Strictness) -> Result<(), String> {
        if uint(frame, "next-outgoing-id")? != self.next_outgoing {
            return Err(format!("the next-outgoing-id is {}", self.next_outgoing));
        }
        // How many transfers came between what the flow tells of and now.
        let missed = match (self.next_incoming, frame.uint("next-incoming-id")) {
            (Some(is), Some(said)) => is.wrapping_sub(said),
            (None, None) => 0,
            (is, _) => return Err(format!("the next-incoming-id is {is:?}")),
        };
        if missed != 0 && (strictness == Strictness::Exact || missed > u32::MAX / 2) {
            return Err(format!("the next-incoming-id is {:?}", self.next_incoming));
        }
        let window = uint(frame, "incoming-window")?;
        if window > most {
            return Err(format!("an incoming-window of more than {most}"));
        }
        self.incoming = window.saturating_sub(missed);
        self.most_incoming = self.most_incoming.max(self.incoming);
        Ok(())
    }

    pub(crate) fn hears_flow(&mut self, frame: &Record) -> Result<(), String> {
        let base = frame.uint("next-incoming-id").unwrap_or(self.initial_outgoing);
        let limit = base.wrapping_add(uint(frame, "incoming-window")?);
        let left = limit.wrapping_sub(self.next_outgoing);
        self.remote_incoming = if left > u32::MAX / 2 { 0 } else { left };
        self.most_outgoing = self.most_outgoing.max(self.remote_incoming);
        self.remote_outgoing = uint(frame, "outgoing-window")?;
        let next = uint(frame, "next-outgoing-id")?;
        if self.next_incoming != Some(next) {
            return Err(format!("transfers were lost: {next} follows, {:?} has come", self.next_incoming));
        }
        Ok(())
    }
}
