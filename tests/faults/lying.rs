//! Replies that are not what they say: lengths, encodings, documents, and what
//! is no HTTP at all.

use s3cache::{Cache, ErrorKind, Options, Timeout};

use crate::support::{ALWAYS, Act, Bucket, Fault, answer};
use crate::try_out::{BRIEF, Op, RETRIES, VALUE, each, options, try_out, try_out_with};

/// With another length than its own.
fn stretched(reply: &[u8], by: isize) -> Vec<u8> {
    let end = reply.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(reply[..end].to_vec()).unwrap();
    let body = &reply[end..];
    let mut lines: Vec<_> = head.split("\r\n").map(str::to_owned).collect();
    for line in &mut lines {
        if let Some(length) = line.strip_prefix("content-length: ") {
            let length = length.parse::<isize>().unwrap() + by;
            *line = format!("content-length: {length}");
        }
    }
    [lines.join("\r\n").as_bytes(), body].concat()
}

#[test]
fn a_length_too_long() {
    each(&[Op::HasKey, Op::List, Op::DeleteMany], |op| {
        let method = if op == Op::DeleteMany { "POST" } else { "GET" };
        let close = Fault::Applied(|reply| Act::Close(stretched(&reply, 10)));
        let stay = Fault::Applied(|reply| Act::Stay(stretched(&reply, 10)));
        // Of a header nothing is missing.
        let whole = op == Op::HasKey;
        for (fault, kind) in [
            (close, ErrorKind::ConnectionLost),
            (stay, ErrorKind::TimedOut),
        ] {
            let bucket = Bucket::start();
            let options = options(&bucket.endpoint()).read_timeout(BRIEF);
            let seen = try_out_with(options, &bucket, op, ALWAYS, fault);
            let expected = if whole { 1 } else { 1 + RETRIES };
            assert_eq!(seen.kind, (!whole).then_some(kind), "{op:?}: {seen:?}");
            assert_eq!(seen.methods(), [method].repeat(expected).join(" "));
        }
    });
    // An entry says itself how long it is, so this is none.
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket.endpoint())).unwrap();
    cache.set("k", VALUE, Timeout::Never).unwrap();
    bucket.fail(1, Fault::Applied(|reply| Act::Stay(stretched(&reply, 10))));
    assert_eq!(cache.get("k").unwrap(), None);
    assert_eq!(cache.stats().corrupt, 1);
    assert_eq!(cache.get("k").unwrap().unwrap(), VALUE);
    // Nothing is wanted of these bodies.
    for op in [Op::Set, Op::Add] {
        for fault in [
            Fault::Applied(|reply| Act::Close(stretched(&reply, 10))),
            Fault::Applied(|reply| Act::Stay(stretched(&reply, 10))),
        ] {
            let seen = try_out(op, ALWAYS, fault);
            assert_eq!((seen.kind, seen.heard.len()), (None, 1), "{op:?}");
        }
    }
}

const SMUGGLED: &[u8] = b"HTTP/1.1 404 Told\r\nx-amz-request-id: 1\r\ncontent-length: 57\r\n\r\n<Error><Code>NoSuchKey</Code><Message>m</Message></Error>";

/// What is left of the body must not be taken for the next reply, whatever it
/// looks like.
#[test]
fn a_length_too_short() {
    let bucket = Bucket::start();
    nothing_is_left_over(&bucket, options(&bucket.endpoint()));
}

#[cfg(feature = "tls")]
#[test]
fn a_length_too_short_over_tls() {
    use crate::support::{Authority, Tls};
    let bucket = Bucket::start();
    let authority = Authority::new();
    let tls = Tls::before(&bucket.endpoint(), &authority, &["localhost"]);
    let options = options(&tls.endpoint("localhost")).ca_file(authority.file());
    nothing_is_left_over(&bucket, options);
}

fn nothing_is_left_over(bucket: &Bucket, options: Options) {
    let cache = Cache::open(options.clone()).unwrap();
    let other = Cache::open(options).unwrap();
    let smuggled = [VALUE, SMUGGLED].concat();
    cache.set("k", &smuggled, Timeout::Never).unwrap();
    other.set("there", VALUE, Timeout::Never).unwrap();
    let short = Fault::Applied(|reply| {
        let by = -SMUGGLED.len().cast_signed();
        Act::Keep(stretched(&reply, by))
    });
    for _ in 0..3 {
        bucket.fail(1, short.clone());
        assert_eq!(cache.get("k").unwrap(), None);
        assert_eq!(cache.get("there").unwrap().unwrap(), VALUE);
        // More than was announced, and a whole reply at that.
        bucket.fail(
            1,
            Fault::Applied(|mut reply| {
                reply.extend_from_slice(&answer(404, "", b""));
                Act::Keep(reply)
            }),
        );
        assert_eq!(cache.get("there").unwrap().unwrap(), VALUE);
        assert_eq!(cache.get("there").unwrap().unwrap(), VALUE);
    }
    assert_eq!(cache.stats().corrupt, 3);
    // A listing that is cut is none, and is no partial success.
    bucket.fail(1, Fault::Applied(|reply| Act::Keep(stretched(&reply, -5))));
    assert_eq!(cache.len().unwrap_err().kind(), ErrorKind::NotS3);
    assert_eq!(cache.len().unwrap(), 2);
}

/// None is asked for, and none undone: what an entry is, its own bytes say. A
/// body that somebody has packed on the way is no entry, and no listing.
#[test]
fn a_content_encoding() {
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket.endpoint())).unwrap();
    cache.set("k", VALUE, Timeout::Never).unwrap();
    bucket.add_to_replies("content-encoding: gzip\r\n");
    assert_eq!(cache.get("k").unwrap().unwrap(), VALUE);
    // An empty member: ten bytes of head, two of deflate, eight of sums.
    let packed = Fault::Applied(|_| {
        let body = [
            0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        Act::Keep(answer(
            200,
            "etag: \"1\"\r\ncontent-encoding: gzip\r\n",
            &body,
        ))
    });
    bucket.fail(ALWAYS, packed);
    assert_eq!(cache.get("k").unwrap(), None);
    assert_eq!(cache.stats().corrupt, 1);
    assert_eq!(cache.len().unwrap_err().kind(), ErrorKind::NotS3);
    let error = cache.delete_many(["k"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotS3);
    for request in bucket.heard_since(0) {
        assert_eq!(request.header("accept-encoding"), None);
    }
}

#[test]
fn a_web_page() {
    let page =
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>";
    for op in Op::ALL {
        let seen = try_out(op, ALWAYS, Fault::Unapplied(Act::Keep(page.into())));
        assert_eq!(seen.kind, Some(ErrorKind::NotS3), "{op:?}: {seen:?}");
        assert_eq!(seen.heard.len(), 1, "{op:?}");
    }
}

#[test]
fn an_error_under_200() {
    let told = "<Error><Code>SlowDown</Code><Message>m</Message></Error>";
    let marked = answer(200, "", told.as_bytes());
    let plain = format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{told}",
        told.len()
    );
    for op in [Op::List, Op::DeleteMany] {
        for reply in [&marked, plain.as_bytes()] {
            let fault = Fault::Unapplied(Act::Keep(reply.to_vec()));
            let seen = try_out(op, ALWAYS, fault.clone());
            assert_eq!(seen.kind, Some(ErrorKind::Throttled), "{op:?}: {seen:?}");
            assert_eq!(seen.heard.len(), 1 + RETRIES, "{op:?}");
            let seen = try_out(op, 1, fault);
            assert_eq!((seen.kind, seen.heard.len()), (None, 2), "{op:?}");
        }
    }
    // It is no object of S3's without a mark, and no entry with one.
    let seen = try_out(Op::Get, ALWAYS, Fault::Unapplied(Act::Keep(plain.into())));
    assert_eq!(seen.kind, Some(ErrorKind::NotS3), "{seen:?}");
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket.endpoint())).unwrap();
    bucket.fail(ALWAYS, Fault::Unapplied(Act::Keep(marked)));
    assert_eq!(cache.get("k").unwrap(), None);
    assert_eq!(cache.stats().corrupt, 1);
}

#[test]
fn what_is_not_http() {
    for bytes in [
        &b"\x00\xff\x13garbage\r\n\r\n"[..],
        b"220 mail.example ESMTP\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    ] {
        let fault = Fault::Unapplied(Act::Close(bytes.to_vec()));
        for op in Op::ALL {
            let seen = try_out(op, ALWAYS, fault.clone());
            let (kind, count) = match op {
                Op::Add => (ErrorKind::OutcomeUnknown, 2),
                _ => (ErrorKind::NotS3, 1),
            };
            assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
            assert_eq!(seen.heard.len(), count, "{op:?}");
        }
    }
}

#[test]
fn a_megabyte_of_headers() {
    let line = format!("x-more: {}\r\n", "m".repeat(1014));
    let one = format!("HTTP/1.1 200 OK\r\nx-one: {}\r\n\r\n", "m".repeat(1 << 20));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", line.repeat(1024));
    for reply in [one, many] {
        let seen = try_out(
            Op::Get,
            ALWAYS,
            Fault::Unapplied(Act::Close(reply.clone().into())),
        );
        assert_eq!(seen.kind, Some(ErrorKind::NotS3), "{seen:?}");
        assert_eq!(seen.heard.len(), 1);
        let seen = try_out(Op::Set, ALWAYS, Fault::Unapplied(Act::Close(reply.into())));
        assert_eq!(seen.kind, Some(ErrorKind::NotS3), "{seen:?}");
        assert_eq!(seen.heard.len(), 1);
    }
    // Without an end.
    let flood = Fault::Unapplied(Act::Flood(b"HTTP/1.1 200 OK\r\n".to_vec(), line.into()));
    let seen = try_out(Op::Get, ALWAYS, flood);
    assert_eq!(seen.kind, Some(ErrorKind::NotS3), "{seen:?}");
}

/// Each is given up as soon as it is known for what it is.
#[test]
fn a_body_without_an_end() {
    let flood = |head: &str, again: &str| {
        let head = format!("HTTP/1.1 {head}\r\nx-amz-request-id: 1\r\netag: \"1\"\r\n\r\n");
        Fault::Unapplied(Act::Flood(head.into(), again.repeat(100).into()))
    };
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket.endpoint())).unwrap();
    bucket.fail(ALWAYS, flood("200 OK", "no entry"));
    assert_eq!(cache.get("k").unwrap(), None);
    assert_eq!(cache.ttl("k").unwrap(), None);
    assert_eq!(cache.stats().corrupt, 2);
    assert_eq!(bucket.requests(), 2);

    let page = flood("200 OK", "<ListBucketResult><Contents>");
    for op in [Op::List, Op::DeleteMany] {
        let seen = try_out(op, ALWAYS, page.clone());
        assert_eq!(seen.kind, Some(ErrorKind::NotS3), "{op:?}: {seen:?}");
        assert_eq!(seen.heard.len(), 1, "{op:?}");
    }
    for op in Op::ALL {
        let seen = try_out(op, ALWAYS, flood("403 Forbidden", "<Error>"));
        assert_eq!(seen.kind, Some(ErrorKind::AccessDenied), "{op:?}: {seen:?}");
        assert_eq!(seen.heard.len(), 1, "{op:?}");
    }
}
