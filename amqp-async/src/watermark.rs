//! When something is getting full, and when it no longer is: told once each way.

/// Tells when a level crosses a high mark upwards or a low mark downwards. Between the two nothing is told, so a level
/// that swings about one of them makes no storm.
#[derive(Clone, Debug)]
pub struct Watermark {
    high_percent: u8,
    low_percent: u8,
    is_high: bool,
}

/// What a [`Watermark`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crossing {
    /// The high mark has been reached.
    High,
    /// The level is back at the low mark.
    Low,
}

impl Default for Watermark {
    /// 80 and 50 per cent.
    fn default() -> Self {
        Self::new(80, 50)
    }
}

impl Watermark {
    /// High and low mark in per cent; a low one above the high one counts as that.
    #[must_use]
    pub fn new(high_percent: u8, low_percent: u8) -> Self {
        Self { high_percent, low_percent: low_percent.min(high_percent), is_high: false }
    }

    /// The level at this moment: `used` of `max`.
    pub fn update(&mut self, used: u64, max: u64) -> Option<Crossing> {
        let (level, max) = (u128::from(used) * 100, u128::from(max));
        match self.is_high {
            false if max > 0 && level >= max * u128::from(self.high_percent) => {
                self.is_high = true;
                Some(Crossing::High)
            }
            true if level <= max * u128::from(self.low_percent) => {
                self.is_high = false;
                Some(Crossing::Low)
            }
            true | false => None,
        }
    }

    /// The level of a session's incoming-window: what has been sent of it and not been taken (§2.5.6).
    pub fn incoming(&mut self, windows: &amqp_proto::Windows) -> Option<Crossing> {
        self.update(u64::from(windows.incoming_used()), u64::from(windows.incoming_window_max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s8_2_each_crossing_is_told_once_and_swings_about_a_mark_are_not() {
        let mut mark = Watermark::default();
        let mut told = Vec::new();
        let swing = [79, 81, 79, 81, 79, 80, 79];
        for level in (0..=79).chain(swing).chain([100]).chain((51..=100).rev()).chain([50, 51, 50, 79, 10, 80]) {
            if let Some(crossing) = mark.update(level, 100) {
                told.push((level, crossing));
            }
        }
        assert_eq!(told, [(81, Crossing::High), (50, Crossing::Low), (80, Crossing::High)]);
        assert_eq!(Watermark::default().update(0, 0), None, "what has no room is not full");
        assert_eq!(Watermark::default().update(u64::MAX, u64::MAX), Some(Crossing::High));
    }
}
