//! What became of one scenario with one peer.

use std::error::Error;
use std::fmt;

/// Why a scenario did not go as it should.
pub(crate) type Fault = Box<dyn Error + Send + Sync>;

/// What a scenario ends with.
pub(crate) type Check = Result<(), Fault>;

/// One cell of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    /// It failed first, for the reason given, and then passed.
    SecondTry(String),
    /// It passed when it was played again, after what the peer at times does whatever is played.
    Replayed(&'static str),
    /// The peer does not do it, and is known not to; the text says what it does instead.
    Refused(&'static str),
    /// The peer's interface has no way to do it, and why.
    Cannot(&'static str),
    /// Not played, and why.
    Skipped(String),
    /// Not begun, or not played again: the time given to the whole run was up.
    OutOfTime,
    /// Ours until shown otherwise.
    Failed(String),
}

impl Verdict {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::SecondTry(_) => "at second try",
            Self::Replayed(_) => "after replays",
            Self::Refused(_) => "refused",
            Self::Cannot(_) => "cannot",
            Self::Skipped(_) | Self::OutOfTime => "skipped",
            Self::Failed(_) => "FAIL",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Pass => Ok(()),
            Self::Refused(why) | Self::Cannot(why) => write!(f, ": {why}"),
            Self::SecondTry(why) => write!(f, ", after: {why}"),
            Self::Replayed(why) => write!(f, " of this: {why}"),
            Self::OutOfTime => f.write_str(": the time was up"),
            Self::Skipped(why) | Self::Failed(why) => write!(f, ": {why}"),
        }
    }
}

/// Fails with this text unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+).into());
        }
    };
}
pub(crate) use ensure;
