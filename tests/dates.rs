//! What the dates of replies teach, and what they must not: a right clock is
//! left alone, nonsense is not believed, and a write that is made is not taken
//! back for its date.

mod support;

use std::thread::sleep;
use std::time::{Duration, SystemTime};

use s3cache::{Cache, ConditionalWrites, ErrorKind, Options, Ttl};
use support::{ALWAYS, Act, Bucket, Fault, Heard, Script, answer};

const LIFE: Duration = Duration::from_secs(100);

/// 14 November 2023, 22:13:20, and a part of a second.
const AT: i64 = 1_700_000_000_400;
const DATE: &str = "date: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
const HOUR_LATER: &str = "date: Tue, 14 Nov 2023 23:13:20 GMT\r\n";
const HOUR_EARLIER: &str = "date: Tue, 14 Nov 2023 21:13:20 GMT\r\n";

fn standing(endpoint: &str) -> Options {
    Options::new("bucket")
        .endpoint(endpoint)
        .region("us-east-1")
        .location("app")
        .credentials("key", "secret")
        .max_entries(0)
        .conditional_writes(ConditionalWrites::Assume)
        .environment(|_| None)
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_millis(AT.unsigned_abs()))
}

/// When the writes so far say that they expire.
fn dated(bucket: &Bucket) -> Vec<i64> {
    let heard = bucket.heard_since(0);
    let writes = heard.iter().filter(|h| h.method() == "PUT");
    let expiry = |h: &Heard| i64::from_le_bytes(h.body[8..16].try_into().unwrap());
    writes.map(expiry).collect()
}

/// Nothing is added to a right clock, not a millisecond, and however long a
/// reply has taken.
#[test]
fn a_right_host_is_exact() {
    for late in [0, 700] {
        let bucket = Bucket::start();
        bucket.add_to_replies(DATE);
        let cache = Cache::open(standing(&bucket.endpoint())).unwrap();
        if late > 0 {
            bucket.fail(
                ALWAYS,
                Fault::Applied(|reply| {
                    sleep(Duration::from_millis(700));
                    Act::Keep(reply)
                }),
            );
        }
        for _ in 0..3 {
            cache.set("k", "v", LIFE).unwrap();
            assert_eq!(cache.ttl("k").unwrap(), Some(Ttl::Left(LIFE)));
        }
        assert_eq!(dated(&bucket), [AT + 100_000; 3]);
    }
}

/// Dates that are none, and those of a reply that somebody had kept.
#[test]
fn what_tells_no_time_is_not_believed() {
    for headers in [
        "",
        "date: \r\n",
        "date: yesterday\r\n",
        "date: Tue, 14 Nov 1823 22:13:20 GMT\r\n",
        "date: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
        "date: Tue, 14 Nov 99999 23:59:59 GMT\r\n",
        "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nage: 5\r\n",
        &format!("age: 3600\r\n{HOUR_LATER}"),
    ] {
        let bucket = Bucket::start();
        bucket.add_to_replies(headers);
        let cache = Cache::open(standing(&bucket.endpoint())).unwrap();
        for _ in 0..2 {
            cache.set("k", "v", LIFE).unwrap();
            assert_eq!(cache.ttl("k").unwrap(), Some(Ttl::Left(LIFE)), "{headers}");
        }
        assert_eq!(dated(&bucket), [AT + 100_000; 2], "{headers}");
    }
}

/// A refusal that does not say what time it is cannot be put right.
#[test]
fn a_refusal_without_a_date_stays() {
    let script = Script::refusing(403, "RequestTimeTooSkewed", "");
    let cache = Cache::open(standing(&script.endpoint)).unwrap();
    let error = cache.get("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClockSkew, "{error}");
    assert_eq!(script.requests(), 1);
    let error = cache.set("k", "v", LIFE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClockSkew, "{error}");
    let error = cache.add("k", "v", LIFE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ClockSkew, "{error}");
    assert_eq!(script.requests(), 3);
}

/// One that tells another time each time is not followed for ever.
#[test]
fn a_server_whose_clock_runs_wild() {
    let mut hour = 0;
    let script = Script::telling(move |_| {
        hour = (hour + 7) % 24;
        let date = format!("Tue, 14 Nov 2023 {hour:02}:13:20 GMT");
        let head = format!("403 Forbidden\r\ndate: {date}\r\nx-amz-request-id: 1");
        support::reply(&head, "<Error><Code>RequestTimeTooSkewed</Code></Error>")
    });
    let calls: [fn(&Cache) -> s3cache::Result<()>; 4] = [
        |c| c.get("k").map(drop),
        |c| c.set("k", "v", LIFE),
        |c| c.add("k", "v", LIFE).map(drop),
        |c| c.delete("k"),
    ];
    for call in calls {
        let before = script.requests();
        let cache = Cache::open(standing(&script.endpoint)).unwrap();
        assert_eq!(call(&cache).unwrap_err().kind(), ErrorKind::ClockSkew);
        assert!(script.requests() - before <= 4, "{}", script.requests());
    }
}

fn is_put(request: &Heard) -> bool {
    request.method() == "PUT"
}

fn telling(date: &str, reply: &[u8]) -> Act {
    let head = b"HTTP/1.1 200 Told\r\n";
    let rest = reply.strip_prefix(head).unwrap();
    Act::Keep([head, date.as_bytes(), rest].concat())
}

/// The time is told between the look and the write: what was kept of the entry
/// was dated well, and is not moved by an hour.
#[test]
fn a_kept_expiry_is_not_corrected() {
    let bucket = Bucket::start();
    let cache = Cache::open(standing(&bucket.endpoint())).unwrap();
    cache.set("k", "1", LIFE).unwrap();
    let later = Fault::Applied(|reply| telling(HOUR_LATER, &reply));
    bucket.fail_where(is_put, ALWAYS, later);
    assert_eq!(cache.incr("k", 1).unwrap(), 2);
    assert_eq!(dated(&bucket), [AT + 100_000; 2]);
    // A new one is: it was counted from now.
    let cache = Cache::open(standing(&bucket.endpoint())).unwrap();
    assert!(cache.add("new", "1", LIFE).unwrap());
    let all = dated(&bucket);
    assert_eq!(all.len(), 4, "the entry, and once more with its date");
    assert!(all[3].abs_diff(AT + 3_600_000 + 100_000) <= 1000, "{all:?}");
}

/// The write is made: that its date cannot be put right is no reason to say
/// that it has failed, and have the caller make it again.
#[test]
fn a_change_that_is_made_is_told() {
    let bucket = Bucket::start();
    let cache = Cache::open(standing(&bucket.endpoint()).retries(0)).unwrap();
    let lost = Fault::Unapplied(Act::Keep(answer(500, "", b"")));
    // The entry would live an hour longer than it should.
    let earlier = Fault::Applied(|reply| telling(HOUR_EARLIER, &reply));
    bucket.fail_by_turns(earlier, lost);
    assert!(cache.add("k", "v", LIFE).unwrap());
    assert_eq!(bucket.requests(), 2);
    bucket.behave();
    assert!(!cache.add("k", "v", LIFE).unwrap());
}
