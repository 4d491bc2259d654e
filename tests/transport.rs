//! Replies that break off, come early, or come from somebody in between: what
//! is told of a write must be what can be known of it.

mod support;

use std::time::{Duration, Instant};

use s3cache::{Cache, ConditionalWrites, ErrorKind, Options, Timeout};
use support::{Act, Bucket, Fault, Heard, Line, Script, refusal, reply};

const LARGE: usize = 1 << 20;
const STORED: &str = "HTTP/1.1 200 OK\r\netag: \"new\"\r\ncontent-length: 0\r\n\r\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";

fn at(endpoint: &str) -> Options {
    Options::new("bucket")
        .endpoint(endpoint)
        .region("us-east-1")
        .credentials("key", "secret")
        .conditional_writes(ConditionalWrites::Assume)
        .max_entries(0)
}

fn cache(script: &Script) -> Cache {
    Cache::open(at(&script.endpoint)).unwrap()
}

/// Serves the first connection as told, and no other.
fn once(mut serve: impl FnMut(Line) + Send + 'static) -> Script {
    let mut first = true;
    Script::serving(move |line| {
        if std::mem::take(&mut first) {
            serve(line);
        }
    })
}

fn add(cache: &Cache, len: usize) -> s3cache::Result<bool> {
    cache.add("k", vec![b'v'; len], Timeout::Never)
}

/// The connection is reset, as unread bytes of the request are left: after the
/// leave to send the body, and in the middle of a reply's head. The entry may
/// be stored, so "cannot connect" would be wrong.
#[test]
fn a_write_that_breaks_off_is_of_unknown_outcome() {
    let after_100 = once(|mut line| {
        line.read_head();
        line.send(CONTINUE);
    });
    let mid_head = once(|mut line| {
        line.read_head();
        line.send("HTTP/1.1 200 OK\r\netag: ");
    });
    for (script, len) in [(after_100, LARGE), (mid_head, 10)] {
        let error = add(&cache(&script), len).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    }
}

/// Refused unread, at once, over a connection that stays: ureq had to be shown
/// the reply it already holds, or it waited for another.
#[test]
fn an_early_refusal_is_heard_at_once() {
    let mut held = Vec::new();
    let mut round = 0;
    let script = Script::serving(move |mut line| {
        round += 1;
        match round {
            1 => {
                line.read_head();
                let refused = refusal(412, "PreconditionFailed", "");
                line.send(&refused.replace("connection: close\r\n", ""));
                held.push(line);
            }
            2 => {
                line.read_request();
                line.send(&refusal(404, "NoSuchKey", ""));
            }
            _ => {
                line.read_head();
                line.send(CONTINUE);
                line.send(STORED);
                held.push(line);
            }
        }
    });
    let begun = Instant::now();
    assert!(add(&cache(&script), LARGE).unwrap());
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(script.requests(), 3);
}

/// A server that does not know `Expect` waits for the body, and gets it, also
/// where the read timeout is shorter than the wait for a `100 Continue`.
#[test]
fn an_ignored_expectation_costs_a_wait_and_no_more() {
    let script = once(|mut line| {
        let head = line.read_request().unwrap();
        assert!(head.contains("expect: 100-continue"), "{head}");
        line.send(STORED);
    });
    let brief = at(&script.endpoint).read_timeout(Duration::from_millis(400));
    assert!(add(&Cache::open(brief).unwrap(), LARGE).unwrap());
}

/// What a gateway says of a server behind it leaves open what that one did.
#[test]
fn a_gateways_error_is_of_unknown_outcome() {
    for (head, status) in [
        ("502 Bad Gateway\r\ncontent-type: text/html", 502),
        ("504 Gateway Timeout\r\ncontent-type: text/html", 504),
    ] {
        let script = Script::replying(head, "<html>sorry</html>");
        let error = add(&cache(&script), 10).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
        assert_eq!(error.status(), Some(status));
    }
}

/// 409 is "ask again", and neither "exists" nor an error.
#[test]
fn an_undecided_write_is_made_again() {
    let mut round = 0;
    let script = Script::serving(move |mut line| {
        round += 1;
        let request = line.read_request().unwrap_or_default();
        match round {
            1 => line.send(&refusal(409, "ConditionalRequestConflict", "")),
            // Before it asks again, it looks.
            2 => line.send(&refusal(404, "NoSuchKey", "")),
            _ => {
                assert!(request.contains("if-none-match: *"));
                line.send(&reply("200 OK\r\netag: \"new\"", ""));
            }
        }
    });
    assert!(add(&cache(&script), 10).unwrap());
}

#[test]
fn a_write_that_is_never_decided_ends_in_contention() {
    let script = Script::serving(|mut line| {
        let request = line.read_request().unwrap_or_default();
        line.send(&if request.starts_with("put") {
            refusal(409, "ConditionalRequestConflict", "")
        } else {
            refusal(404, "NoSuchKey", "")
        });
    });
    let error = add(&cache(&script), 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contended, "{error}");
    assert_eq!(error.operation(), Some("add"));
    assert!(script.requests() < 300);
}

/// Of a deletion it says neither "gone" nor "another by now": it is asked
/// again, after a look.
#[test]
fn an_undecided_removal_is_made_again() {
    let bucket = Bucket::start();
    let cache = Cache::open(at(&bucket.endpoint())).unwrap();
    cache.set("k", "v", Timeout::Never).unwrap();
    let deletes = |heard: &Heard| heard.method() == "DELETE";
    let undecided = refusal(409, "ConditionalRequestConflict", "").into_bytes();
    bucket.fail_where(deletes, 2, Fault::Unapplied(Act::Keep(undecided)));
    let before = bucket.requests();
    assert!(cache.remove("k").unwrap());
    let heard = bucket.heard_since(before);
    let methods: Vec<_> = heard.iter().map(Heard::method).collect();
    assert_eq!(methods, ["GET", "DELETE"].repeat(3));
    assert!(!cache.remove("k").unwrap());
}

/// An answer that bears no mark of S3 decides nothing.
#[test]
fn a_refusal_must_be_s3s() {
    for head in ["412 Precondition Failed", "409 Conflict"] {
        let script = Script::replying(head, "<html>a proxy's</html>");
        let error = add(&cache(&script), 10).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotS3, "{error}");
    }
}

#[test]
fn an_engine_without_etags_cannot_do_it() {
    let script = Script::serving(|mut line| {
        let request = line.read_request().unwrap_or_default();
        line.send(&if request.starts_with("put") {
            refusal(412, "PreconditionFailed", "")
        } else {
            reply("200 OK\r\nx-amz-request-id: 1", "something else")
        });
    });
    let error = add(&cache(&script), 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("no ETag"), "{error}");
}

/// The body of an error that stalls costs one read timeout, not two.
#[test]
fn a_stalled_error_body_is_waited_for_once() {
    let head = "HTTP/1.1 403 Forbidden\r\nx-amz-request-id: 1\r\ncontent-length: 500\r\n\r\n<Err…";
    let script = Script::answering(head);
    let limit = Duration::from_millis(1500);
    let cache = Cache::open(at(&script.endpoint).read_timeout(limit)).unwrap();
    let begun = Instant::now();
    let error = cache.get("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
    assert!(begun.elapsed() < limit * 2);
}

#[test]
fn the_longest_timeouts_are_harmless() {
    let script = Script::refusing(404, "NoSuchKey", "");
    let ever = Duration::MAX;
    let options = at(&script.endpoint).connect_timeout(ever);
    let cache = Cache::open(options.read_timeout(ever).write_timeout(ever)).unwrap();
    assert_eq!(cache.get("k").unwrap(), None);
}

/// Nothing was sent: no write is in doubt.
#[cfg(feature = "tls")]
#[test]
fn a_failed_handshake_leaves_nothing_open() {
    let script = Script::serving(drop);
    let endpoint = script.endpoint.replace("http:", "https:");
    let cache = Cache::open(at(&endpoint)).unwrap();
    let error = cache.get("k").unwrap_err();
    let kinds = [ErrorKind::Tls, ErrorKind::Unreachable];
    assert!(kinds.contains(&error.kind()), "{error:?}");
    let error = add(&cache, 10).unwrap_err();
    assert!(kinds.contains(&error.kind()), "{error:?}");

    let silent = Script::silent();
    let endpoint = silent.endpoint.replace("http:", "https:");
    let brief = at(&endpoint)
        .read_timeout(Duration::from_millis(200))
        .connect_timeout(Duration::from_millis(500));
    let error = add(&Cache::open(brief).unwrap(), 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error:?}");
    assert!(error.to_string().contains("connect_timeout"), "{error}");
}
