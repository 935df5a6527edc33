//! What takes the room of a pointer until something is put into it: most sessions and links need most of their lists
//! never.

use alloc::boxed::Box;

/// A collection, made when it is first put to use and kept from then on.
#[derive(Debug)]
pub(crate) struct Thin<C>(Option<Box<C>>);

impl<C> Thin<C> {
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> Option<&C> {
        self.0.as_deref()
    }

    #[inline(always)]
    pub(crate) fn get_mut(&mut self) -> Option<&mut C> {
        self.0.as_deref_mut()
    }

    /// The collection, to put something into it.
    #[inline(always)]
    pub(crate) fn make(&mut self) -> &mut C
    where
        C: Default,
    {
        self.0.get_or_insert_with(Self::begin)
    }

    #[cold]
    fn begin() -> Box<C>
    where
        C: Default,
    {
        Box::default()
    }

    /// Gives it up, with what is in it.
    pub(crate) fn take(&mut self) -> Option<Box<C>> {
        self.0.take()
    }
}

impl<C> Default for Thin<C> {
    fn default() -> Self {
        Self::new()
    }
}
