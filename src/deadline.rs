//! How long the call that this thread is making may still take. One limit
//! for all its requests, retries and pauses; whoever waits, asks here.
//!
//! Kept by thread and not in a handle: a pooled connection serves whatever
//! thread has it, and an inner call ends no later than the one around it.

use std::cell::Cell;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

thread_local! {
    static END: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// While it lives, the limit holds; then the one before it does again.
#[derive(Debug)]
#[must_use]
pub(crate) struct Deadline {
    before: Option<Instant>,
    /// It belongs to its thread.
    _thread: PhantomData<*const ()>,
}

impl Deadline {
    /// The earlier of this limit and the one around it.
    pub(crate) fn within(limit: Duration) -> Self {
        // A limit beyond the clock's range is none.
        let end = Instant::now().checked_add(limit);
        let before = END.get();
        let earlier = match (before, end) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Self::set(before, earlier)
    }

    /// The one around it, or this.
    pub(crate) fn or_within(limit: Duration) -> Self {
        match END.get() {
            Some(end) => Self::set(Some(end), Some(end)),
            None => Self::within(limit),
        }
    }

    fn set(before: Option<Instant>, end: Option<Instant>) -> Self {
        END.set(end);
        Self {
            before,
            _thread: PhantomData,
        }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        END.set(self.before);
    }
}

/// What is left. `None`: there is no limit. Zero: it is over.
pub(crate) fn left() -> Option<Duration> {
    let end = END.get()?;
    Some(end.saturating_duration_since(Instant::now()))
}

/// Whether so much is left, and more.
pub(crate) fn allows(pause: Duration) -> bool {
    left().is_none_or(|left| left > pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earlier_of_two_holds_and_ends_with_its_guard() {
        let (hour, day) = (Duration::from_secs(3600), Duration::from_secs(86400));
        let is_an_hour = |left: Option<Duration>| left.is_some_and(|left| left <= hour);
        assert_eq!(left(), None);
        {
            let _outer = Deadline::within(hour);
            assert!(is_an_hour(left()));
            {
                let _inner = Deadline::within(day);
                assert!(is_an_hour(left()), "not longer");
                let _default = Deadline::or_within(Duration::ZERO);
                assert!(is_an_hour(left()), "the one around it");
            }
            let inner = Deadline::within(Duration::ZERO);
            assert_eq!(left(), Some(Duration::ZERO));
            assert!(!allows(Duration::ZERO));
            drop(inner);
            assert!(allows(Duration::from_secs(3000)) && !allows(hour));
            std::thread::spawn(|| assert_eq!(left(), None))
                .join()
                .unwrap();
        }
        assert_eq!(left(), None);
        let default = Deadline::or_within(hour);
        assert!(is_an_hour(left()));
        drop(default);
        let _none = Deadline::within(Duration::MAX);
        assert_eq!(left(), None);
    }
}
