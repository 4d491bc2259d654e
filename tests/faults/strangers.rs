//! Replies that would lead elsewhere, and those before the answer: redirects,
//! `100 Continue`, `417`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use s3cache::{Cache, ErrorKind, Timeout};

use crate::support::{ALWAYS, Act, Bucket, Fault, Script, answer};
use crate::try_out::{BRIEF, Op, SLACK, each, options, try_out, try_out_at, try_out_with};

/// What is signed goes nowhere else, whoever says so and how.
#[test]
fn redirects_are_not_followed() {
    let visits = Arc::<AtomicUsize>::default();
    let counted = Arc::clone(&visits);
    let other = Script::serving(move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    let to = format!("location: {}/bucket/app\r\n", other.endpoint);
    let host = other.endpoint.trim_start_matches("http://");
    let xml = format!(
        "<Error><Code>TemporaryRedirect</Code><Message>m</Message><Endpoint>{host}</Endpoint><Bucket>bucket</Bucket></Error>"
    );
    for status in [301, 302, 303, 307, 308] {
        let bare = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n{to}\r\n");
        for op in Op::ALL {
            let seen = try_out(op, ALWAYS, Fault::Unapplied(Act::Keep(bare.clone().into())));
            assert_eq!(seen.kind, Some(ErrorKind::NotS3), "{op:?}: {seen:?}");
            assert_eq!(seen.heard.len(), 1, "{op:?}");
            let s3s = answer(status, &to, xml.as_bytes());
            let seen = try_out(op, ALWAYS, Fault::Unapplied(Act::Keep(s3s)));
            let kind = match status {
                301 | 307 => ErrorKind::WrongRegion,
                _ => ErrorKind::Refused,
            };
            assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
            assert_eq!(seen.heard.len(), 1, "{op:?}");
        }
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

/// With a region's name it is signed for that one, and goes to the same host.
#[test]
fn a_redirect_to_a_region_stays_here() {
    let bucket = Bucket::start();
    let told = "x-amz-bucket-region: eu-west-1\r\nlocation: http://127.0.0.1:1/\r\n";
    let fault = Fault::Unapplied(Act::Keep(answer(307, told, b"")));
    let seen = try_out_at(&bucket, &bucket.endpoint(), Op::Get, 1, fault);
    assert_eq!((seen.kind, seen.heard.len()), (None, 2), "{seen:?}");
    assert_eq!(seen.heard[1].region(), "eu-west-1");
}

/// Longer than what is sent unasked.
const LARGE: usize = 200 << 10;

/// A server that wants no `Expect` says so; it has seen no body by then.
#[test]
fn an_expectation_that_fails() {
    let script = Script::serving(|mut line| {
        while let Some(head) = line.read_head() {
            if head.contains("expect:") {
                line.send("HTTP/1.1 417 Expectation Failed\r\ncontent-length: 0\r\n\r\n");
                // As ureq closes it: nothing of the body has been sent.
                return;
            }
            line.read_body(&head);
            line.send("HTTP/1.1 200 OK\r\netag: \"1\"\r\ncontent-length: 0\r\n\r\n");
        }
    });
    let cache = Cache::open(options(&script.endpoint)).unwrap();
    assert!(cache.add("k", vec![1; LARGE], Timeout::Never).unwrap());
    assert_eq!(script.requests(), 2);
    // It is remembered, by clones as well.
    let clone = cache.clone();
    assert!(clone.add("other", vec![1; LARGE], Timeout::Never).unwrap());
    assert_eq!(script.requests(), 3);
    // What was sent of bodies, and no more.
    assert_eq!(cache.stats().bytes_out, 64 + LARGE as u64);
}

/// As many as it likes, before any answer.
#[test]
fn informational_replies_are_passed_over() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    for first in [hints.to_owned(), "HTTP/1.1 100 Continue\r\n\r\n".repeat(5)] {
        let script = Script::serving(move |mut line| {
            while let Some(head) = line.read_head() {
                line.read_body(&head);
                line.send(&first);
                line.send("HTTP/1.1 200 OK\r\netag: \"1\"\r\ncontent-length: 0\r\n\r\n");
            }
        });
        let cache = Cache::open(options(&script.endpoint)).unwrap();
        cache.set("k", "v", Timeout::Never).unwrap();
        assert!(cache.add("k", vec![1; LARGE], Timeout::Never).unwrap());
    }
}

/// Without end they are a head too long, or end with the deadline.
#[test]
fn a_flood_of_continues() {
    let flood = Act::Flood(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50));
    each(&[Op::Get, Op::Set], |op| {
        let bucket = Bucket::start();
        let brief = options(&bucket.endpoint()).deadline(BRIEF);
        let fault = Fault::Unapplied(flood.clone());
        let seen = try_out_with(brief, &bucket, op, ALWAYS, fault);
        let kinds = [Some(ErrorKind::NotS3), Some(ErrorKind::TimedOut)];
        assert!(kinds.contains(&seen.kind), "{seen:?}");
        assert!(seen.took < BRIEF + SLACK, "{:?}", seen.took);
    });
}
