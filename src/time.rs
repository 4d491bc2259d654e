//! Timeouts, expiry arithmetic, and the few date formats S3 uses. The only
//! room that reads the clock and that names the `time` crate.
//!
//! Moments are Unix milliseconds, signed; arithmetic saturates.

use std::time::{Duration, SystemTime};

use ::time::OffsetDateTime;
use ::time::format_description::well_known::{Rfc2822, Rfc3339};

/// The `expires_at` of an entry that never expires.
pub(crate) const NEVER: i64 = i64::MAX;

/// How long an entry lives.
///
/// Django's rules: `Default` is the option `default_timeout` (300 s unless
/// set), `Never` is Django's `None`, and zero means already expired. Kept to
/// the millisecond; a part of one counts as a whole one.
///
/// Anything that is `Into<Timeout>` serves: a [`Duration`], an
/// `Option<Duration>` (`None` is never), or a number of seconds by
/// [`Timeout::seconds`], which also takes Django's negative ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timeout {
    /// What the cache was opened with: 300 s unless set.
    #[default]
    Default,
    /// The entry does not expire.
    Never,
    /// The entry expires after so long; after zero it is expired at once.
    After(Duration),
}

impl Timeout {
    /// So many seconds; zero, negative or not a number: already expired.
    #[must_use]
    pub fn seconds(seconds: f64) -> Self {
        if seconds > 0.0 {
            Self::After(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
        } else {
            Self::After(Duration::ZERO)
        }
    }

    /// The moment an entry written at `now` expires. `default` stands in for
    /// `Default`, and must not be `Default` itself.
    pub(crate) fn expires_at(self, now: i64, default: Self) -> i64 {
        match self {
            Self::Default if default == Self::Default => expiry_after(now, DEFAULT_TIMEOUT),
            Self::Default => default.expires_at(now, default),
            Self::Never => NEVER,
            Self::After(duration) => expiry_after(now, duration),
        }
    }
}

/// Django's default of the setting TIMEOUT.
pub(crate) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

fn expiry_after(now: i64, duration: Duration) -> i64 {
    if duration.is_zero() {
        // Expired on every host, whatever its clock says.
        return 0;
    }
    now.saturating_add(millis(duration)).min(NEVER - 1)
}

/// A part of a millisecond counts as a whole one.
pub(crate) fn millis(duration: Duration) -> i64 {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    i64::try_from(millis).unwrap_or(i64::MAX)
}

impl From<Duration> for Timeout {
    fn from(duration: Duration) -> Self {
        Self::After(duration)
    }
}

/// `None` means never, as in Django.
impl From<Option<Duration>> for Timeout {
    fn from(duration: Option<Duration>) -> Self {
        duration.map_or(Self::Never, Self::After)
    }
}

/// What is left of a live entry's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// The entry does not expire.
    Never,
    /// It expires after so long.
    Left(Duration),
}

impl Ttl {
    /// `None` once the moment has come.
    pub(crate) fn until(expires_at: i64, now: i64) -> Option<Self> {
        if expires_at == NEVER {
            return Some(Self::Never);
        }
        let left = u64::try_from(expires_at.saturating_sub(now)).ok()?;
        (left > 0).then(|| Self::Left(Duration::from_millis(left)))
    }
}

/// To give one entry what another has left.
impl From<Ttl> for Timeout {
    fn from(ttl: Ttl) -> Self {
        match ttl {
            Ttl::Never => Self::Never,
            Ttl::Left(duration) => Self::After(duration),
        }
    }
}

/// The machine's clock.
pub(crate) fn now() -> i64 {
    unix_millis(SystemTime::now())
}

pub(crate) fn unix_millis(moment: SystemTime) -> i64 {
    match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
    }
}

/// The same moment as the signing functions want it, at whole seconds; 1970
/// for what the calendar cannot hold.
pub(crate) fn utc(now: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(now.div_euclid(1000)).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// `20130524T000000Z`, the value of `x-amz-date`.
pub(crate) fn amz_date(at: OffsetDateTime) -> String {
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// The `Date` of a reply, as RFC 9110 has it: `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn parse_http_date(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc2822).ok()?;
    at.unix_timestamp().checked_mul(1000)
}

/// A listing's `LastModified`.
pub(crate) fn parse_iso8601(text: &str) -> Option<i64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Timeout = |ms| Timeout::After(Duration::from_millis(ms));

    #[test]
    fn expiry_is_kept_to_the_millisecond_and_saturates() {
        let at = |t: Timeout| t.expires_at(1_000, Timeout::Default);
        assert_eq!(at(MS(1)), 1_001);
        assert_eq!(at(Timeout::After(Duration::from_nanos(1))), 1_001);
        assert_eq!(at(Timeout::Default), 301_000);
        assert_eq!(at(Timeout::Never), NEVER);
        assert_eq!(at(Timeout::After(Duration::MAX)), NEVER - 1);
        assert_eq!(at(Timeout::seconds(f64::INFINITY)), NEVER - 1);
        for dead in [0.0, -0.0, -1.0, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(at(Timeout::seconds(dead)), 0);
        }
        assert_eq!(Timeout::Default.expires_at(5, MS(2)), 7);
        assert_eq!(Timeout::Default.expires_at(5, Timeout::Never), NEVER);
    }

    #[test]
    fn what_is_left() {
        assert_eq!(Ttl::until(NEVER, i64::MAX), Some(Ttl::Never));
        assert_eq!(Ttl::until(10, 10), None);
        assert_eq!(Ttl::until(10, 11), None);
        assert_eq!(Ttl::until(i64::MIN, i64::MAX), None);
        assert_eq!(
            Ttl::until(11, 10),
            Some(Ttl::Left(Duration::from_millis(1)))
        );
        assert!(Ttl::until(NEVER - 1, i64::MIN).is_some());
    }

    #[test]
    fn dates() {
        assert_eq!(amz_date(utc(1_369_353_600_999)), "20130524T000000Z");
        assert_eq!(
            parse_iso8601("2013-05-24T00:00:00.5Z"),
            Some(1_369_353_600_500)
        );
        assert_eq!(
            parse_iso8601("2013-05-24T00:00:00Z"),
            Some(1_369_353_600_000)
        );
        assert_eq!(parse_iso8601("yesterday"), None);
    }
}
