//! Any moment, written as S3 does and read again, and any text in its place;
//! what expires when; and a clock that hears any of it. See `fuzz/README.md`.
//!
//! The input: a moment, another and a duration in milliseconds (8 bytes each),
//! the text.
#![no_main]

mod tape;

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use s3cache::fuzzing::{amz_date, expires_at, parse_http_date, parse_iso8601, skew, ttl};
use s3cache::{Timeout, Ttl};
use tape::Tape;

/// From the year 0 to the end of 9999, in Unix milliseconds.
const FIRST: i64 = -62_167_219_200_000;
const LAST: i64 = 253_402_300_799_999;
/// No clock is wrong by two hundred years.
const ABSURD: u64 = 200 * 365 * 24 * 60 * 60 * 1000;

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape(bytes);
    let now = i64::from_le_bytes(tape.bytes());
    let other = i64::from_le_bytes(tape.bytes());
    let millis = u64::from_le_bytes(tape.bytes());
    let text = String::from_utf8_lossy(tape.rest());

    expiry(now, other, millis);
    let moment = FIRST + now.rem_euclid(LAST - FIRST + 1);
    let date = written(moment);
    for (text, certain) in [(&*text, false), (&*date, true)] {
        hear(millis, text, now);
        hear(millis, text, other);
        if certain {
            hear(moment.unsigned_abs(), text, moment);
        }
        for parsed in [parse_http_date(text), parse_iso8601(text)] {
            // With a day's room for a zone of its own.
            let day = 86_400_000;
            assert!(parsed.is_none_or(|at| (FIRST - day..=LAST + day).contains(&at)));
        }
    }
});

fn expiry(now: i64, other: i64, millis: u64) {
    let after = Timeout::After(Duration::from_millis(millis));
    let at = expires_at(after, now, Timeout::Never);
    assert_eq!(at, expires_at(Timeout::Default, now, after));
    assert_eq!(expires_at(Timeout::Never, now, after), i64::MAX);
    assert_eq!(ttl(i64::MAX, now), Some(Ttl::Never));
    // More than fits is as good as for ever.
    let most = i64::try_from(millis).unwrap_or(i64::MAX);
    let exact = i128::from(now) + i128::from(most);
    match at {
        0 if millis == 0 => {}
        at => assert_eq!(i128::from(at), exact.min(i128::from(i64::MAX - 1))),
    }
    // Whoever looks, and whenever: it is over from that moment on, and not before.
    let left = i128::from(at) - i128::from(other);
    match ttl(at, other) {
        Some(Ttl::Left(duration)) => {
            let most = left.min(i128::from(i64::MAX));
            assert_eq!(i128::try_from(duration.as_millis()), Ok(most));
        }
        Some(Ttl::Never) => panic!("it ends"),
        None => assert!(left <= 0),
    }
}

/// The three ways S3 writes a moment. The calendar is Howard Hinnant's
/// "days to civil", and not the library's.
fn written(moment: i64) -> String {
    let (seconds, milli) = (moment.div_euclid(1000), moment.rem_euclid(1000));
    let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let name = |names: &'static str, nth: i64| {
        let nth = usize::try_from(nth).unwrap();
        &names[3 * nth..3 * nth + 3]
    };
    let week = name("ThuFriSatSunMonTueWed", days.rem_euclid(7));
    let months = name("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1);

    let time = format!("{hour:02}:{minute:02}:{second:02}");
    let iso = format!("{year:04}-{month:02}-{day:02}T{time}.{milli:03}Z");
    assert_eq!(parse_iso8601(&iso), Some(moment), "{iso}");
    let amz = format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z");
    assert_eq!(amz_date(moment), amz);
    let date = format!("{week}, {day:02} {months} {year:04} {time} GMT");
    // The format's years begin there.
    if year >= 1900 {
        assert_eq!(parse_http_date(&date), Some(seconds * 1000), "{date}");
    }
    date
}

/// What a clock learns of a reply brings the second that it tells between the
/// moments of sending and receiving.
fn hear(own: u64, date: &str, sent: i64) {
    let Some(skew) = skew(Duration::from_millis(own), date, sent) else {
        return;
    };
    let date = parse_http_date(date).unwrap();
    let own = i64::try_from(own).unwrap_or(i64::MAX);
    assert!(skew.unsigned_abs() < ABSURD);
    assert!(own.saturating_add(skew) >= date);
    assert!(sent.saturating_add(skew) <= date + 1000);
}
