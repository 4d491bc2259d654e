//! Durations and timeouts as text: seconds, with a fraction and a unit if need
//! be. Exact, in whole nanoseconds: no floating point.

use std::time::Duration;

use crate::time::{DEFAULT_TIMEOUT, Timeout};

use super::text::{Codec, Read, Unfit, plain};

/// Any, zero included.
pub(super) const DURATION: Codec<Duration> = Codec {
    read,
    write: |duration| Some(written(*duration)),
};

/// Longer than zero.
pub(super) const SPAN: Codec<Duration> = Codec {
    read: |text| at_least(text, Duration::from_nanos(1)),
    write: |duration| Some(written(*duration)),
};

/// Less than a millisecond cannot be told to a socket.
pub(super) const WAIT: Codec<Duration> = Codec {
    read: |text| at_least(text, Duration::from_millis(1)),
    write: |duration| Some(written(*duration)),
};

/// Negative: already expired, as in Django, and so is zero.
pub(super) const TIMEOUT: Codec<Timeout> = Codec {
    read: |text| match &*plain(text) {
        "never" | "none" => Ok(Timeout::Never),
        _ => match text.trim().strip_prefix('-') {
            Some(positive) => read(positive).map(|_| Timeout::After(Duration::ZERO)),
            None => read(text).map(Timeout::After),
        },
    },
    write: |timeout| {
        Some(match timeout {
            Timeout::Never => "never".into(),
            Timeout::Default => written(DEFAULT_TIMEOUT),
            Timeout::After(duration) => written(*duration),
        })
    },
};

fn at_least(text: &str, least: Duration) -> Read<Duration> {
    read(text).and_then(|duration| {
        if duration >= least {
            Ok(duration)
        } else {
            Err(Unfit::default())
        }
    })
}

fn read(text: &str) -> Read<Duration> {
    nanoseconds(text.trim())
        .ok_or_else(|| Unfit::because("units are ms, s, m, h, d; without one it is seconds"))
}

fn nanoseconds(text: &str) -> Option<Duration> {
    const SECOND: u128 = 1_000_000_000;
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = match &*plain(unit) {
        "ms" => SECOND / 1000,
        "" | "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        "d" => 86400 * SECOND,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |text: &str| match text {
        "" => Some(0),
        _ => text.parse::<u64>().ok().map(u128::from),
    };
    // What lies below a billionth of the unit is dropped.
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let nanoseconds = digits(whole)? * unit + digits(fraction)? * unit / scale;
    let seconds = u64::try_from(nanoseconds / SECOND).ok()?;
    let rest = u32::try_from(nanoseconds % SECOND).ok()?;
    Some(Duration::new(seconds, rest))
}

fn written(duration: Duration) -> String {
    match (duration.as_secs(), duration.subsec_nanos()) {
        (seconds, 0) => seconds.to_string(),
        (seconds, rest) => {
            let text = format!("{seconds}.{rest:09}");
            text.trim_end_matches('0').to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_and_written() {
        for (text, milliseconds) in [
            ("0", 0),
            ("300", 300_000),
            ("1.5", 1_500),
            (".5", 500),
            ("2.", 2_000),
            (" 250 ms ", 250),
            ("0.5ms", 0),
            ("2s", 2_000),
            ("1.5 M", 90_000),
            ("2h", 7_200_000),
            ("0.5d", 43_200_000),
        ] {
            let read = read(text).expect(text);
            assert_eq!(read.as_millis(), milliseconds, "{text}");
        }
        for text in [
            "",
            "s",
            ".",
            "-1",
            "+1",
            "1e3",
            "1,5",
            "1.2.3",
            "1w",
            "1 2",
            "inf",
            "nan",
            "\u{661}",
            "18446744073709551616",
            "18446744073709551615d",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
        for duration in [
            Duration::ZERO,
            Duration::from_nanos(1),
            Duration::from_millis(1500),
            Duration::MAX,
        ] {
            assert_eq!(read(&written(duration)).unwrap(), duration);
        }
        assert_eq!(written(Duration::from_millis(1500)), "1.5");
    }

    #[test]
    fn timeouts() {
        let read = |text| (TIMEOUT.read)(text).expect(text);
        assert_eq!(read("None"), Timeout::Never);
        assert_eq!(read("never"), Timeout::Never);
        assert_eq!(read("-1.5"), Timeout::After(Duration::ZERO));
        assert_eq!(read("2m"), Timeout::After(Duration::from_secs(120)));
        assert!((TIMEOUT.read)("--1").is_err());
        assert!((TIMEOUT.read)("-").is_err());
    }
}
