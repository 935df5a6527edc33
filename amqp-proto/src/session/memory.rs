//! What the sessions of a connection share: octets of payload that the peer may make us hold (§2.5.6).

/// One for each connection.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The bound.
    max: u64,
    /// Held, or promised by incoming-windows, on all sessions.
    used: u64,
    /// The largest frame that may come, hence what one transfer of a window may amount to.
    frame: u64,
}

impl Memory {
    pub(crate) fn new(max: u64, max_frame_size: u32) -> Self {
        Self { max, used: 0, frame: u64::from(max_frame_size) }
    }

    /// The largest frame that may come, in octets.
    pub(crate) fn frame(&self) -> u64 {
        self.frame
    }

    /// What is held or promised, in octets.
    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    /// A session that used `before` octets now uses `after`.
    pub(crate) fn moved(&mut self, before: u64, after: u64) {
        self.used = self.used.saturating_sub(before).saturating_add(after);
    }

    /// How much a session may use that uses `own` now: half of what the others leave. So one that is alone has much,
    /// and one that comes late still finds as much as the others come to have.
    pub(crate) fn share(&self, own: u64) -> u64 {
        let others = self.used.saturating_sub(own);
        (self.max.saturating_sub(others) / 2).max(self.frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_come_to_equal_shares_within_the_bound() {
        let mut memory = Memory::new(1000, 1);
        let mut own = [0; 4];
        for _ in 0..50 {
            for own in &mut own {
                let share = memory.share(*own);
                memory.moved(*own, share);
                *own = share;
            }
        }
        assert!(own.iter().all(|own| (199..=201).contains(own)), "{own:?}");
        assert!(memory.used <= 1000);
    }

    #[test]
    fn one_frame_is_always_left() {
        let mut memory = Memory::new(100, 64);
        memory.moved(0, 1000);
        assert_eq!(memory.share(0), 64);
    }
}
