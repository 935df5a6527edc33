//! What a decoder accepts from a peer that it does not trust.

#[cfg(doc)]
use crate::Value;

/// Bounds on what one [`Decoder`](crate::Decoder) builds.
///
/// Sizes are bounded by the input itself: a decoder allocates nothing for
/// octets that have not arrived. These limits bound what the input's size does
/// not: recursion, elements that take no octets, and how many times larger than
/// its encoding a value is in memory (a null of one octet is a [`Value`] of 40).
///
/// ```
/// use amqp_codec::Limits;
///
/// const TIGHT: Limits = Limits::new().depth(8).zero_width_items(0);
/// assert_eq!(TIGHT.depth, 8);
/// assert_eq!(TIGHT.symbol_len, Limits::default().symbol_len);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep descriptors, lists, maps and arrays may nest, together.
    /// Default: 32.
    ///
    /// Decoding recurses once a level; 32 levels fit a stack of 128 KiB.
    pub depth: u8,
    /// How many elements one list, map (keys and values) or array may have.
    /// Default: 1,048,576.
    ///
    /// The fields of a composite are not counted: its type says how many it has.
    pub items: u32,
    /// How many [`Value`]s one decoder may build, those within others counted.
    /// Default: 1,048,576.
    pub total: u32,
    /// How many elements an array may claim whose encoding has no octets
    /// (null, true, uint0, list0, …). Default: 65,536.
    pub zero_width_items: u32,
    /// The longest symbol, in octets. Default: 65,536.
    pub symbol_len: u32,
}

impl Limits {
    /// The defaults.
    pub const fn new() -> Self {
        Self { depth: 32, items: 1 << 20, total: 1 << 20, zero_width_items: 65_536, symbol_len: 65_536 }
    }

    /// Sets how deep values may nest.
    pub const fn depth(mut self, depth: u8) -> Self {
        self.depth = depth;
        self
    }

    /// Sets how many elements a list, map or array may have.
    pub const fn items(mut self, items: u32) -> Self {
        self.items = items;
        self
    }

    /// Sets how many dynamic values may be built, all in all.
    pub const fn total(mut self, values: u32) -> Self {
        self.total = values;
        self
    }

    /// Sets how many zero-width elements an array may have.
    pub const fn zero_width_items(mut self, items: u32) -> Self {
        self.zero_width_items = items;
        self
    }

    /// Sets the longest symbol, in octets.
    pub const fn symbol_len(mut self, octets: u32) -> Self {
        self.symbol_len = octets;
        self
    }

    /// No limit but those of the input, for octets that were checked before.
    pub(crate) const CHECKED: Self =
        Self { depth: u8::MAX, items: u32::MAX, total: u32::MAX, zero_width_items: u32::MAX, symbol_len: u32::MAX };
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
