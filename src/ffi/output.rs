//! Out-parameters: written first with what they hold if the call fails, and
//! again if it does not.

use super::failure::Failure;

pub(super) struct Out<T> {
    at: *mut T,
    name: &'static str,
}

impl<T> Out<T> {
    pub(super) unsafe fn new(name: &'static str, at: *mut T, unless: T) -> Self {
        if !at.is_null() {
            unsafe { at.write(unless) };
        }
        Self { at, name }
    }

    /// NULL is refused; where it is not asked, NULL means: not wanted.
    pub(super) fn needed(&self) -> Result<&Self, Failure> {
        if self.at.is_null() {
            return Err(Failure::null(self.name));
        }
        Ok(self)
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.at.is_null()
    }

    pub(super) fn set(&self, value: T) {
        if self.is_wanted() {
            // It was written before, by `new`.
            unsafe { self.at.write(value) };
        }
    }
}
