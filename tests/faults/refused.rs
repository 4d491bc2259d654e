//! Refusals by S3, or by somebody before it: what is tried again, how often,
//! and what is believed of a write.

use std::time::Duration;

use s3cache::{Cache, ErrorKind, Timeout};

use crate::broken::ids_differ;
use crate::support::{ALWAYS, Act, Bucket, Fault, answer};
use crate::try_out::{Op, RETRIES, each, options, try_out};

fn refusal(status: u16, code: &str, headers: &str) -> Fault {
    let xml = format!("<Error><Code>{code}</Code><Message>as told</Message></Error>");
    Fault::Unapplied(Act::Keep(answer(status, headers, xml.as_bytes())))
}

/// Without a mark of S3's.
fn bare(status: u16, headers: &str) -> Fault {
    let head = format!("HTTP/1.1 {status} Told\r\ncontent-length: 0\r\n{headers}\r\n");
    Fault::Unapplied(Act::Keep(head.into()))
}

/// Nothing was carried out, and every call says so: those that may be repeated
/// are, also a write, and under the same id.
fn is_tried_again_whatever_it_was(fault: &Fault, kind: ErrorKind) {
    each(&Op::ALL, |op| {
        let seen = try_out(op, ALWAYS, fault.clone());
        assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
        assert_eq!(seen.heard.len(), 1 + RETRIES, "{op:?}: {seen:?}");
        let method = seen.heard[0].method();
        assert!(seen.heard.iter().all(|h| h.method() == method), "{op:?}");
        let seen = try_out(op, 1, fault.clone());
        assert_eq!(seen.kind, None, "{op:?}: {seen:?}");
        let expected = 2 + usize::from(op == Op::Remove);
        assert_eq!(seen.heard.len(), expected, "{op:?}: {}", seen.methods());
        assert_eq!(seen.retries, 1);
    });
}

/// A write may have been made.
fn leaves_writes_in_doubt(fault: &Fault, kind: ErrorKind) {
    each(&Op::ALL, |op| {
        let seen = try_out(op, ALWAYS, fault.clone());
        let (kind, methods) = match op {
            Op::Set => (kind, "PUT GET GET"),
            Op::Add => (ErrorKind::OutcomeUnknown, "PUT GET GET GET"),
            Op::Delete => (kind, "DELETE DELETE DELETE"),
            Op::DeleteMany => (kind, "POST POST POST"),
            _ => (kind, "GET GET GET"),
        };
        assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
        assert_eq!(seen.methods(), methods, "{op:?}");
        let seen = try_out(op, 1, fault.clone());
        assert_eq!(seen.kind, None, "{op:?}: {seen:?}");
        let methods = match op {
            Op::Set | Op::Add => "PUT GET PUT",
            Op::Delete => "DELETE DELETE",
            Op::DeleteMany => "POST POST",
            Op::Remove => "GET GET DELETE",
            _ => "GET GET",
        };
        assert_eq!(seen.methods(), methods, "{op:?}");
        ids_differ(&seen.heard);
    });
}

#[test]
fn slow_down() {
    is_tried_again_whatever_it_was(&refusal(503, "SlowDown", ""), ErrorKind::Throttled);
}

#[test]
fn too_many_requests() {
    is_tried_again_whatever_it_was(&refusal(429, "TooManyRequests", ""), ErrorKind::Throttled);
}

/// Whoever says it, S3 has not seen the request.
#[test]
fn too_many_requests_in_the_words_of_a_gateway() {
    is_tried_again_whatever_it_was(&bare(429, ""), ErrorKind::Throttled);
}

/// The body did not come in time, so nothing was made of it.
#[test]
fn request_timeout() {
    is_tried_again_whatever_it_was(&refusal(400, "RequestTimeout", ""), ErrorKind::Refused);
}

#[test]
fn internal_error() {
    leaves_writes_in_doubt(&refusal(500, "InternalError", ""), ErrorKind::ServerError);
}

#[test]
fn a_gateways_errors() {
    let page = b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>";
    let page = Fault::Unapplied(Act::Keep(page.to_vec()));
    leaves_writes_in_doubt(&page, ErrorKind::NotS3);
    leaves_writes_in_doubt(&bare(503, ""), ErrorKind::NotS3);
}

/// Cloudflare's word for a client that went away: who knows how far it got.
#[test]
fn a_499() {
    leaves_writes_in_doubt(&bare(499, "x-amz-request-id: 1\r\n"), ErrorKind::Throttled);
}

#[test]
fn operation_aborted() {
    let fault = refusal(409, "OperationAborted", "");
    each(&Op::ALL, |op| {
        let seen = try_out(op, ALWAYS, fault.clone());
        assert_eq!(seen.kind, Some(ErrorKind::Refused), "{op:?}: {seen:?}");
        // A conditional write is looked after, and its round is no try.
        let expected = 1 + RETRIES + usize::from(op == Op::Add);
        assert_eq!(seen.heard.len(), expected, "{op:?}: {}", seen.methods());
        let seen = try_out(op, 1, fault.clone());
        assert_eq!(seen.kind, None, "{op:?}: {seen:?}");
    });
}

/// What will not pass is not tried again.
#[test]
fn refusals_that_stay() {
    for (status, code, kind) in [
        (403, "AccessDenied", ErrorKind::AccessDenied),
        (403, "SignatureDoesNotMatch", ErrorKind::BadCredentials),
        (404, "NoSuchBucket", ErrorKind::NoSuchBucket),
        (400, "InvalidArgument", ErrorKind::Refused),
    ] {
        for op in Op::ALL.into_iter().filter(|op| *op != Op::DeleteMany) {
            let seen = try_out(op, ALWAYS, refusal(status, code, ""));
            assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
            assert_eq!((seen.heard.len(), seen.retries), (1, 0), "{op:?}");
        }
    }
}

/// S3's, and a load balancer's.
#[test]
fn a_second_asked_for_is_waited() {
    let asks = "retry-after: 1\r\n";
    for fault in [
        refusal(503, "SlowDown", asks),
        bare(503, asks),
        bare(429, asks),
    ] {
        each(&[Op::Get, Op::Set, Op::List], |op| {
            let seen = try_out(op, 1, fault.clone());
            assert_eq!(seen.kind, None, "{op:?}: {seen:?}");
            assert_eq!(seen.retries, 1, "{op:?}");
            assert!(
                seen.took >= Duration::from_secs(1),
                "{op:?}: {:?}",
                seen.took
            );
        });
    }
}

#[test]
fn an_hour_asked_for_is_not() {
    for hours in ["3600", "99999999999999999999999"] {
        let asks = format!("retry-after: {hours}\r\n");
        for (fault, kind) in [
            (refusal(503, "SlowDown", &asks), ErrorKind::Throttled),
            (refusal(500, "InternalError", &asks), ErrorKind::ServerError),
            (bare(503, &asks), ErrorKind::NotS3),
        ] {
            for op in Op::ALL {
                let seen = try_out(op, ALWAYS, fault.clone());
                let in_doubt = op == Op::Add && kind != ErrorKind::Throttled;
                let kind = if in_doubt {
                    ErrorKind::OutcomeUnknown
                } else {
                    kind
                };
                assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
                assert_eq!(seen.heard.len(), 1 + usize::from(in_doubt), "{op:?}");
                assert!(
                    seen.took < Duration::from_secs(5),
                    "{op:?}: {:?}",
                    seen.took
                );
            }
        }
    }
}

#[test]
fn the_option_retries_is_how_often() {
    for retries in [0, 1, 5] {
        let bucket = Bucket::start();
        let patient = options(&bucket.endpoint()).retries(retries);
        let cache = Cache::open(patient.deadline(Duration::from_secs(20))).unwrap();
        let tries = 1 + usize::try_from(retries).unwrap();
        bucket.fail(ALWAYS, refusal(500, "InternalError", ""));
        cache.get("k").unwrap_err();
        assert_eq!(bucket.requests(), tries);
        cache.set("k", "v", Timeout::Never).unwrap_err();
        assert_eq!(bucket.requests(), 2 * tries);
        assert_eq!(cache.stats().retries, 2 * u64::from(retries));
        // As often for all the ways in which one call may fail.
        let by_turns = Bucket::start();
        let patient = options(&by_turns.endpoint()).retries(retries);
        let cache = Cache::open(patient.deadline(Duration::from_secs(20))).unwrap();
        cache.set("k", "value", Timeout::Never).unwrap();
        by_turns.fail_by_turns(
            refusal(500, "InternalError", ""),
            Fault::Applied(|mut reply| {
                reply.truncate(reply.len() - 3);
                Act::Close(reply)
            }),
        );
        for call in [
            |c: &Cache| c.get("k").map(drop),
            |c: &Cache| c.len().map(drop),
            |c: &Cache| c.set("k", "v", Timeout::Never),
        ] {
            let before = by_turns.requests();
            call(&cache).unwrap_err();
            assert_eq!(by_turns.requests() - before, tries);
        }
    }
}
