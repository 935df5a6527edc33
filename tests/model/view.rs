//! What one side can know of sessions and links: from the frames that it has sent and heard, and nothing else. A frame
//! that it should not have sent is a fault, and so is one that it should not have had to hear.

use super::session::Session;
use super::settlement::News;
use super::{Checked, Strictness};
use amqp10_testkit::wire::Record;

/// How far one direction of a session or link has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Half {
    #[default]
    Idle,
    /// begin or attach, with this channel or handle.
    Active(u32),
    Ended,
}

/// See the module.
#[derive(Default)]
pub(crate) struct View {
    /// All there ever were, in the order in which they came to be known here.
    pub(crate) sessions: Vec<Session>,
}

impl View {
    /// A frame that this side has sent.
    pub(crate) fn says(&mut self, frame: &Record, strictness: Strictness) -> Checked {
        if ["header", "open", "empty", "close"].contains(&frame.name.as_str()) {
            return Ok(());
        }
        let channel = frame.uint("ch").unwrap_or(0);
        if frame.name == "begin" {
            return self.says_begin(frame, channel);
        }
        let session = self.sessions.iter_mut().find(|session| session.ours == Half::Active(channel));
        session.ok_or_else(|| format!("no session on channel {channel}"))?.says(frame, strictness)
    }

    /// A frame that has come: what the application has to hear of deliveries, by the number of the session.
    pub(crate) fn hears(&mut self, frame: &Record) -> Checked<Vec<(usize, News)>> {
        if ["header", "open", "empty", "close"].contains(&frame.name.as_str()) {
            return Ok(Vec::new());
        }
        let channel = frame.uint("ch").unwrap_or(0);
        if frame.name == "begin" {
            return self.hears_begin(frame, channel).map(|()| Vec::new());
        }
        let at = self.sessions.iter().position(|session| session.theirs == Half::Active(channel));
        let at = at.ok_or_else(|| format!("no session of the other side on channel {channel}"))?;
        let session = &mut self.sessions[at];
        if session.is_live() || frame.name == "end" {
            session.hears(frame).map(|news| news.into_iter().map(|news| (at, news)).collect())
        } else {
            Ok(Vec::new())
        }
    }

    fn says_begin(&mut self, frame: &Record, channel: u32) -> Checked {
        if self.sessions.iter().any(|session| session.ours == Half::Active(channel)) {
            return Err(format!("channel {channel} is in use"));
        }
        let answers = frame.uint("remote-channel");
        let waits = |session: &&mut Session| {
            session.ours == Half::Idle
                && match answers {
                    Some(remote) => session.remote_channel == Some(remote),
                    None => session.theirs == Half::Idle,
                }
        };
        let session = self.sessions.iter_mut().find(waits).ok_or("a begin that nobody wanted")?;
        session.ours = Half::Active(channel);
        session.channel = Some(channel);
        session.window.says_begin(frame)
    }

    fn hears_begin(&mut self, frame: &Record, channel: u32) -> Checked {
        let Some(remote) = frame.uint("remote-channel") else {
            let (theirs, remote_channel) = (Half::Active(channel), Some(channel));
            self.sessions.push(Session { theirs, remote_channel, ..Session::default() });
            return self.sessions.last_mut().map_or(Ok(()), |session| session.window.hears_begin(frame));
        };
        let answered = self.answered(remote);
        let session = answered.ok_or("a begin in answer to none")?;
        (session.theirs, session.remote_channel) = (Half::Active(channel), Some(channel));
        session.window.hears_begin(frame)
    }

    /// The oldest session that has this channel and no answer: one that was ended meanwhile comes before its successor.
    fn answered(&mut self, remote: u32) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.theirs == Half::Idle && session.channel == Some(remote))
    }
}
