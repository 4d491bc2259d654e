//! Replies without an end, and of whatever size they claim: none takes more
//! memory than what was to be expected. Alone in its process, as the allocator
//! counts for all of it, this small server included.

mod support;

use peak_alloc::PeakAlloc;
use s3cache::{Cache, ErrorKind, Options, Timeout};
use support::{ALWAYS, Act, Bucket, Fault};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MAX: usize = 4 << 20;
const MIB: usize = 1 << 20;

fn flood(head: &str, first: &[u8], again: &[u8]) -> Fault {
    let head = format!("HTTP/1.1 {head}\r\nx-amz-request-id: 1\r\netag: \"1\"\r\n\r\n");
    let first = [head.as_bytes(), first].concat();
    Fault::Unapplied(Act::Flood(first, again.repeat((64 << 10) / again.len())))
}

/// Chunks of a chunked body.
const CHUNK: &[u8] = b"10\r\n0123456789abcdef\r\n";

#[test]
fn no_reply_takes_more_than_may_be_expected() {
    let bucket = Bucket::start();
    let options = Options::new("bucket")
        .endpoint(bucket.endpoint())
        .region("us-east-1")
        .credentials("key", "secret")
        .environment(|_| None)
        .retries(0)
        .breaker_after(0)
        .max_entries(0);
    let cache = Cache::open(options.max_value_size(MAX)).unwrap();
    cache.set("k", vec![7; MAX], Timeout::Never).unwrap();
    let entry = bucket.heard_since(0)[0].body[..64].to_vec();
    cache.set("k", "small", Timeout::Never).unwrap();

    let peak = |fault: Fault, call: &dyn Fn()| {
        bucket.fail(ALWAYS, fault);
        // Once beforehand, for the connection's buffers.
        call();
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        call();
        ALLOCATOR.peak_usage() - before
    };
    let miss = || assert_eq!(cache.get("k").unwrap(), None);

    // A header that promises as much as may be, and bytes without an end.
    let claims = format!("200 OK\r\ncontent-length: {}", 64 + MAX);
    for (fault, most) in [
        (flood("200 OK", b"", b"no entry"), MIB),
        (
            flood("200 OK\r\ncontent-length: 99999999999999", b"", b"x"),
            MIB,
        ),
        (
            flood("200 OK\r\ntransfer-encoding: chunked", b"", CHUNK),
            MIB,
        ),
        (flood(&claims, &entry, b"x"), MAX + MIB),
        (flood("200 OK", &entry, b"x"), MAX + 2 * MIB),
    ] {
        let took = peak(fault.clone(), &miss);
        assert!(took < most, "{took}: {fault:?}");
    }
    // The same promise, and nothing behind it.
    let head = format!("HTTP/1.1 {claims}\r\netag: \"1\"\r\n\r\n");
    let nothing = Fault::Unapplied(Act::Close([head.as_bytes(), &entry].concat()));
    let took = peak(nothing, &|| {
        let error = cache.get("k").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionLost);
    });
    assert!(took < MAX + MIB, "{took}");

    // A page of a listing may be long, with names that are; 16 MiB are no page.
    let is_not_s3 = |error: ErrorKind| assert_eq!(error, ErrorKind::NotS3);
    for again in [&b"<ListBucketResult><Contents>"[..], b"<html>", b"\0"] {
        let took = peak(flood("200 OK", b"", again), &|| {
            is_not_s3(cache.len().unwrap_err().kind());
            is_not_s3(cache.delete_many(["k"]).unwrap_err().kind());
        });
        assert!(took < 19 * MIB, "{took}");
    }
    for status in ["403 Forbidden", "404 Not Found", "500 Internal", "503 Busy"] {
        let took = peak(flood(status, b"", b"<Error><Code>Such</Code>"), &|| {
            cache.get("k").unwrap_err();
            cache.set("k", "v", Timeout::Never).unwrap_err();
        });
        assert!(took < MIB, "{status}: {took}");
    }
    let took = peak(
        Fault::Unapplied(Act::Flood(
            b"HTTP/1.1 200 OK\r\n".to_vec(),
            b"x: y\r\n".repeat(10_000),
        )),
        &|| is_not_s3(cache.get("k").unwrap_err().kind()),
    );
    assert!(took < MIB, "{took}");
}
