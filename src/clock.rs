//! What time it is, by the server's clock: every host that shares a cache
//! judges expiry by that one, and signs by it, so that a wrong clock of its
//! own does no harm. Clones share what is known.
//!
//! In: the machine's clock, and the `Date` of replies. Out: Unix milliseconds.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

use crate::time::{self, parse_http_date, unix_millis};

/// The option `clock`.
pub(crate) type Hook = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// A clock that follows the server's.
#[derive(Clone)]
pub(crate) struct Clock {
    machine: Option<Hook>,
    skew: Arc<AtomicI64>,
    heard: Arc<AtomicI64>,
}

/// No reply has told the time yet.
const UNKNOWN: i64 = i64::MIN;

/// A reply's `Date` says no more than one a second earlier.
const PAUSE: i64 = 1000;

/// A `Date` further off than this is no clock's: a hundred years. Machines
/// that have none of their own wake up in 1970.
const ABSURD: i64 = 100 * 365 * 24 * 60 * 60 * 1000;

impl Clock {
    pub(crate) fn new(machine: Option<Hook>) -> Self {
        Self {
            machine,
            skew: Arc::new(AtomicI64::new(UNKNOWN)),
            heard: Arc::new(AtomicI64::new(UNKNOWN)),
        }
    }

    /// The server's time, as far as it is known.
    pub(crate) fn now(&self) -> i64 {
        let skew = self.skew().unwrap_or(0);
        self.machine().saturating_add(skew)
    }

    /// So many milliseconds is the server's clock before this machine's.
    /// `None`: no reply has told yet.
    pub(crate) fn skew(&self) -> Option<i64> {
        let skew = self.skew.load(Ordering::Relaxed);
        (skew != UNKNOWN).then_some(skew)
    }

    /// The machine's own time.
    pub(crate) fn machine(&self) -> i64 {
        self.machine
            .as_ref()
            .map_or_else(time::now, |hook| unix_millis(hook()))
    }

    /// Learns from the `Date` of a reply to a request that was sent at `sent`,
    /// by the machine's clock. `urgent`: though it has just been told.
    pub(crate) fn hear(&self, date: Option<&str>, sent: i64, urgent: bool) {
        let received = self.machine();
        let since = received.saturating_sub(self.heard.load(Ordering::Relaxed));
        if !urgent && (0..PAUSE).contains(&since) {
            return;
        }
        let Some(date) = date.and_then(parse_http_date) else {
            return;
        };
        // A whole second: the server's clock stood somewhere in it, at some
        // moment between sending and receiving.
        let least = date.saturating_sub(received);
        let most = date.saturating_add(PAUSE).saturating_sub(sent);
        // A clock that was set in between, or nonsense.
        if least > most || least.saturating_abs() > ABSURD {
            return;
        }
        // No further than this reply demands: a right clock is left alone.
        let known = self.skew().unwrap_or(0);
        let near = known.clamp(least, most);
        // One that was set meanwhile is taken for right again, if it may be.
        let was_set = near.abs_diff(known) > PAUSE.unsigned_abs();
        let skew = if was_set { 0.clamp(least, most) } else { near };
        self.skew.store(skew, Ordering::Relaxed);
        self.heard.store(received, Ordering::Relaxed);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("skew", &self.skew())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// 6 November 1994, 08:49:37.
    const AT: i64 = 784_111_777_000;
    const DATE: Option<&str> = Some("Sun, 06 Nov 1994 08:49:37 GMT");

    fn standing_at(millis: i64) -> Clock {
        let since = Duration::from_millis(millis.unsigned_abs());
        Clock::new(Some(Arc::new(move || SystemTime::UNIX_EPOCH + since)))
    }

    #[test]
    fn a_right_clock_is_left_alone() {
        for own in [AT, AT + 500, AT + 999] {
            let clock = standing_at(own);
            assert_eq!(clock.skew(), None);
            clock.hear(DATE, own, false);
            assert_eq!((clock.skew(), clock.now()), (Some(0), own));
        }
        // A reply that took long leaves more open.
        let clock = standing_at(AT + 5000);
        clock.hear(DATE, AT - 5000, false);
        assert_eq!(clock.skew(), Some(0));
    }

    #[test]
    fn a_wrong_one_is_followed_to_within_a_second() {
        for wrong in [3_600_000, -3_600_000, 600_000, -600_000, 5000] {
            let clock = standing_at(AT + 400 + wrong);
            clock.hear(DATE, AT + 400 + wrong, false);
            let off = clock.now() - (AT + 400);
            assert!(off.abs() <= 1000, "{wrong}: {off}");
        }
    }

    #[test]
    fn one_that_is_set_right_is_right_again() {
        let now = Arc::new(AtomicI64::new(AT + 3_600_400));
        let machine = Arc::clone(&now);
        let clock = Clock::new(Some(Arc::new(move || {
            let since = machine.load(Ordering::SeqCst).unsigned_abs();
            SystemTime::UNIX_EPOCH + Duration::from_millis(since)
        })));
        clock.hear(DATE, AT + 3_600_400, false);
        assert_eq!(clock.skew(), Some(-3_600_400 + 1000));
        now.store(AT + 300, Ordering::SeqCst);
        clock.hear(DATE, AT + 300, false);
        assert_eq!(clock.skew(), Some(0));
        // As one is that has never run.
        now.store(1000, Ordering::SeqCst);
        clock.hear(DATE, 1000, false);
        assert!(clock.now().abs_diff(AT) <= 1000);
    }

    #[test]
    fn what_tells_nothing_changes_nothing() {
        let clock = standing_at(AT);
        for date in [
            None,
            Some(""),
            Some("yesterday"),
            Some("Sun, 06 Nov 1894 08:49:37 GMT"),
            Some("Sun, 06 Nov 9994 08:49:37 GMT"),
        ] {
            clock.hear(date, AT, true);
            assert_eq!(clock.skew(), None, "{date:?}");
        }
        // The machine's clock was set back while the reply was on its way.
        clock.hear(DATE, AT + 3_600_000, true);
        assert_eq!(clock.skew(), None);
    }

    #[test]
    fn one_reply_a_second_is_enough_unless_it_is_urgent() {
        let clock = standing_at(AT);
        clock.hear(DATE, AT, false);
        let later = Some("Sun, 06 Nov 1994 09:49:37 GMT");
        clock.hear(later, AT, false);
        assert_eq!(clock.skew(), Some(0));
        clock.hear(later, AT, true);
        assert_eq!(clock.skew(), Some(3_600_000));
        assert_eq!(clock.clone().skew(), Some(3_600_000));
    }
}
