//! The core's snapshot as records: `connection`, `session s0`, `link s0/l0`.

use super::driver::Driver;
use crate::meaning::word;
use crate::wire::{Record, Value};
use amqp_proto::codec::{ReceiverSettleMode, SenderSettleMode};
use amqp_proto::{Blocked, Half, Idle, Instant};

fn half(half: Half) -> Value {
    word(match half {
        Half::Idle => "idle",
        Half::Active => "active",
        Half::Ended => "ended",
    })
}

fn snd_settle_mode(mode: SenderSettleMode) -> &'static str {
    match mode {
        SenderSettleMode::Unsettled => "unsettled",
        SenderSettleMode::Settled => "settled",
        SenderSettleMode::Mixed => "mixed",
    }
}

pub(super) fn rcv_settle_mode(mode: ReceiverSettleMode) -> &'static str {
    match mode {
        ReceiverSettleMode::First => "first",
        ReceiverSettleMode::Second => "second",
    }
}

fn blocked_word(blocked: Blocked) -> &'static str {
    match blocked {
        Blocked::NotAttached => "not-attached",
        Blocked::Busy => "busy",
        Blocked::NoCredit => "no-credit",
        Blocked::WindowClosed => "window-closed",
        Blocked::OutputFull => "output-full",
        Blocked::Unsettled => "unsettled",
        _ => "unknown",
    }
}

fn idle_word(idle: Idle) -> &'static str {
    match idle {
        Idle::NotAttached => "not-attached",
        Idle::NoCredit => "no-credit",
        Idle::WindowClosed => "window-closed",
        Idle::NothingSent => "nothing-sent",
        _ => "unknown",
    }
}

fn count(number: usize) -> Value {
    Value::from(u64::try_from(number).unwrap_or(u64::MAX))
}

impl Driver {
    /// What the snapshot says of the subject that is asked for.
    pub(super) fn snapshot(&self, want: &Record) -> Result<Record, String> {
        match want.name.as_str() {
            "connection" => Ok(self.connection_snapshot()),
            "session" => self.session_snapshot(want),
            "link" => self.link_snapshot(want),
            other => Err(format!("no snapshot is called {other:?}")),
        }
    }

    fn connection_snapshot(&self) -> Record {
        let snapshot = self.peer.core.snapshot();
        let state = if self.peer.core.is_closed() { "closed" } else { "open" };
        let output = if self.peer.closing { "ended" } else { "open" };
        let now = self.peer.clock.now();
        let deadline = self.peer.core.poll_timeout();
        let left = |at: Instant| u64::try_from(at.saturating_duration_since(now).as_millis()).unwrap_or(u64::MAX);
        Record::new("connection")
            .with("state", word(state))
            .with("output", word(output))
            .with("deadline", deadline.map_or(Value::Null, |(at, _)| Value::from(left(at))))
            .with("of", deadline.map_or(Value::Null, |(_, reason)| word(format!("{reason:?}"))))
            .with("local", half(snapshot.local))
            .with("remote", half(snapshot.remote))
            .with("sessions", count(snapshot.sessions.len()))
            .with("output-pending", count(snapshot.output_pending))
            .with("memory-used", snapshot.memory_used)
    }

    fn session_snapshot(&self, want: &Record) -> Result<Record, String> {
        let name = want.text("subject").ok_or("which session?")?;
        let id = *self.names.sessions.get(name).ok_or_else(|| format!("there is no session {name}"))?;
        let snapshot = self.peer.core.snapshot();
        let session = snapshot.sessions.iter().find(|session| session.id == id);
        let session = session.ok_or_else(|| format!("session {name} is gone"))?;
        let windows = &session.windows;
        Ok(Record::new("session")
            .with("subject", word(name))
            .with("local", half(session.local))
            .with("remote", half(session.remote))
            .with("links", count(session.links.len()))
            .with("next-incoming-id", windows.next_incoming_id.map_or(Value::Null, |id| Value::from(id.0)))
            .with("incoming-window", windows.incoming_window)
            .with("next-outgoing-id", windows.next_outgoing_id.0)
            .with("remote-outgoing-window", windows.remote_outgoing_window)
            .with("unread", windows.buffered)
            .with("unread-octets", windows.buffered_octets)
            .with("remote-incoming-window", windows.remote_incoming_window)
            .with("unsettled-outgoing", count(session.unsettled_outgoing))
            .with("unsettled-incoming", count(session.unsettled_incoming)))
    }

    fn link_snapshot(&self, want: &Record) -> Result<Record, String> {
        let id = self.link_id(want)?;
        let snapshot = self.peer.core.snapshot();
        let link = snapshot.sessions.iter().flat_map(|session| &session.links).find(|link| link.id == id);
        let link = link.ok_or("the link is gone")?;
        let now = self.peer.clock.now();
        let blocked_for = link.blocked_since.map(|since| now.saturating_duration_since(since).as_millis());
        Ok(Record::new("link")
            .with("subject", want.get("subject").clone())
            .with("local", half(link.local))
            .with("remote", half(link.remote))
            .with("credit", link.link_credit)
            .with("delivery-count", link.delivery_count.0)
            .with("drain", link.drain)
            .with("available", link.available)
            .with("blocked", link.blocked.map_or(Value::Null, |blocked| word(blocked_word(blocked))))
            .with(
                "for",
                blocked_for.map_or(Value::Null, |millis| Value::from(u64::try_from(millis).unwrap_or(u64::MAX))),
            )
            .with("name", link.name.as_str())
            .with("handle", link.handle)
            .with("remote-handle", link.remote_handle.map_or(Value::Null, Value::from))
            .with("snd-settle-mode", word(snd_settle_mode(link.snd_settle_mode)))
            .with("rcv-settle-mode", word(rcv_settle_mode(link.rcv_settle_mode)))
            .with("unsettled", link.unsettled)
            .with("idle", link.idle.map_or(Value::Null, |idle| word(idle_word(idle))))
            .with("buffered", count(link.buffered))
            .with("buffered-octets", link.buffered_octets)
            .with("in-progress", link.in_progress))
    }
}
