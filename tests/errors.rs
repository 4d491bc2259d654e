//! Each way to fail has an error of its own: clear, in time, with the remedy.

mod support;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use s3cache::{Cache, ConditionalWrites, Error, ErrorKind, Options, Timeout};
use support::{Script, Site, options};

fn at(endpoint: &str) -> Options {
    Options::new("bucket")
        .endpoint(endpoint)
        .region("us-east-1")
        .location("app")
        .credentials("key", "hush-hush-secret")
        .max_entries(0)
        .conditional_writes(ConditionalWrites::Assume)
        .connect_timeout(Duration::from_millis(400))
        .read_timeout(Duration::from_millis(400))
        // What is tried again, and what after, is for other tests.
        .retries(0)
        .breaker_after(0)
}

fn opened(script: &Script) -> Cache {
    Cache::open(at(&script.endpoint)).unwrap()
}

/// The same error from a read, a write, and a listing.
fn all_fail(cache: &Cache, check: impl Fn(&Error)) {
    let started = Instant::now();
    let errors = [
        cache.get("k").unwrap_err(),
        cache.has_key("k").unwrap_err(),
        cache.set("k", b"v", Timeout::Default).unwrap_err(),
        cache.delete("k").unwrap_err(),
        cache.delete_many(["k"]).unwrap_err(),
        cache.clear().unwrap_err(),
        cache.add("k", b"v", Timeout::Default).unwrap_err(),
    ];
    assert!(started.elapsed() < Duration::from_secs(20), "as configured");
    for error in errors {
        check(&error);
        let text = format!("{error} {error:#} {error:?}");
        assert!(!text.contains("hush"), "{text}");
        assert!(error.operation().is_some(), "{text}");
        assert!(error.bucket().is_some(), "{text}");
    }
}

fn is(kind: ErrorKind, words: &'static [&'static str]) -> impl Fn(&Error) {
    move |error| {
        assert_eq!(error.kind(), kind, "{error:?}");
        let text = format!("{error:#}");
        for word in words {
            assert!(text.contains(word), "{word} is not in: {text}");
        }
    }
}

#[test]
fn wrong_secret() {
    let site = Site::start();
    let wrong = options(&site, "app").credentials(site.access_key(), "wrong");
    let cache = Cache::open(wrong.max_entries(0)).unwrap();
    all_fail(&cache, |error| {
        is(
            ErrorKind::BadCredentials,
            &["check the secret key", "SignatureDoesNotMatch"],
        )(error);
        assert_eq!(error.status(), Some(403));
        assert_eq!(error.code(), Some("SignatureDoesNotMatch"));
    });
    let unknown = options(&site, "app").credentials("nobody", "wrong");
    let cache = Cache::open(unknown.max_entries(0)).unwrap();
    all_fail(
        &cache,
        is(ErrorKind::BadCredentials, &["check the access key"]),
    );
}

#[test]
fn unknown_bucket_is_never_a_miss() {
    let site = Site::start();
    let lost = Options::new("no-such-bucket")
        .endpoint(site.endpoint())
        .region(site.region())
        .credentials(site.access_key(), site.secret_key())
        .max_entries(0);
    let cache = Cache::open(lost).unwrap();
    let check = is(
        ErrorKind::NoSuchBucket,
        &["create the bucket", "no-such-bucket"],
    );
    all_fail(&cache, check);
    let script = Script::refusing(404, "NoSuchBucket", "");
    all_fail(
        &opened(&script),
        is(
            ErrorKind::NoSuchBucket,
            &["create the bucket", "4442587FB7D0A2F9"],
        ),
    );
}

#[test]
fn nobody_listens() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let cache = Cache::open(at(&format!("http://{free}"))).unwrap();
    all_fail(
        &cache,
        is(
            ErrorKind::Unreachable,
            &["cannot connect", "refused", "check the endpoint"],
        ),
    );
}

#[test]
fn the_name_does_not_resolve() {
    let cache = Cache::open(at("http://no-such-host.invalid:9000")).unwrap();
    all_fail(
        &cache,
        is(
            ErrorKind::Unreachable,
            &["no-such-host.invalid:9000", "check the endpoint"],
        ),
    );
}

#[test]
fn a_web_page_is_not_s3() {
    let page = "<!DOCTYPE html><html><body>Please log in</body></html>";
    for head in [
        "200 OK\r\ncontent-type: text/html",
        "302 Found\r\nlocation: http://127.0.0.1:1/login",
        "403 Forbidden\r\ncontent-type: text/html",
        "404 Not Found\r\ncontent-type: text/html",
    ] {
        let script = Script::replying(head, page);
        let cache = opened(&script);
        let words = &["not S3", "check the endpoint", "proxy"];
        all_fail(&cache, is(ErrorKind::NotS3, words));
        assert_eq!(script.requests(), 7, "no redirect is followed");
    }
}

#[test]
fn something_else_than_http() {
    let script = Script::answering("220 mail.example ESMTP\r\n");
    all_fail(&opened(&script), |error| {
        // Of the conditional write nobody knows what such a server made.
        let kind = if error.operation() == Some("PutObject")
            && error.kind() == ErrorKind::OutcomeUnknown
        {
            ErrorKind::OutcomeUnknown
        } else {
            ErrorKind::NotS3
        };
        is(kind, &["does not speak HTTP", "port"])(error);
    });
}

#[test]
fn a_server_that_never_answers() {
    let script = Script::silent();
    let cache = opened(&script);
    let started = Instant::now();
    let error = cache.get("k").unwrap_err();
    is(
        ErrorKind::TimedOut,
        &["did not answer in time", "read_timeout"],
    )(&error);
    assert!(started.elapsed() >= Duration::from_millis(400));
    all_fail(&cache, |error| {
        let unknown = error.kind() == ErrorKind::OutcomeUnknown;
        let kind = if unknown {
            ErrorKind::OutcomeUnknown
        } else {
            ErrorKind::TimedOut
        };
        is(kind, &["did not answer in time", "read_timeout"])(error);
    });
    let error = cache.add("k", b"v", Timeout::Default).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
}

/// The head comes at once, the entry never: the read timeout holds there too.
#[test]
fn a_body_that_stalls() {
    for part in ["", "S3C"] {
        let head = "HTTP/1.1 200 OK\r\netag: \"x\"\r\ncontent-length: 500\r\n\r\n";
        let script = Script::answering(format!("{head}{part}…"));
        let cache = opened(&script);
        let started = Instant::now();
        let error = cache.get("k").unwrap_err();
        is(ErrorKind::TimedOut, &["did not answer in time"])(&error);
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn half_a_reply() {
    let entry = "HTTP/1.1 200 OK\r\netag: \"x\"\r\ncontent-length: 500\r\n\r\nS3C\u{1}";
    let script = Script::answering(entry);
    let error = opened(&script).get("k").unwrap_err();
    is(ErrorKind::ConnectionLost, &["closed the connection early"])(&error);
    let script = Script::answering(String::new());
    let cache = opened(&script);
    is(ErrorKind::ConnectionLost, &[])(&cache.get("k").unwrap_err());
    is(ErrorKind::ConnectionLost, &[])(&cache.set("k", b"v", Timeout::Default).unwrap_err());
    is(ErrorKind::OutcomeUnknown, &["read the key"])(
        &cache.add("k", b"v", Timeout::Default).unwrap_err(),
    );
}

#[test]
fn the_errors_of_s3_have_remedies() {
    for (status, code, kind, word) in [
        (
            403,
            "AccessDenied",
            ErrorKind::AccessDenied,
            "s3:ListBucket",
        ),
        (
            403,
            "InvalidAccessKeyId",
            ErrorKind::BadCredentials,
            "access key",
        ),
        (
            400,
            "ExpiredToken",
            ErrorKind::BadCredentials,
            "fresh credentials",
        ),
        (403, "RequestTimeTooSkewed", ErrorKind::ClockSkew, "clock"),
        (503, "SlowDown", ErrorKind::Throttled, "fewer requests"),
        (501, "NotImplemented", ErrorKind::Unsupported, "engine"),
        (
            400,
            "AccessControlListNotSupported",
            ErrorKind::Refused,
            "ACLs",
        ),
    ] {
        let script = Script::refusing(status, code, "");
        all_fail(&opened(&script), |error| {
            is(kind, &[])(error);
            let text = error.to_string();
            for part in [word, code, "as told", "4442587FB7D0A2F9", "app/"] {
                let a_listing = part == "app/" && error.object().is_none();
                assert!(a_listing || text.contains(part), "{part} is not in: {text}");
            }
            assert_eq!((error.status(), error.code()), (Some(status), Some(code)));
            assert_eq!(error.request_id(), Some("4442587FB7D0A2F9"));
        });
    }
    let script = Script::refusing(500, "InternalError", "");
    let cache = opened(&script);
    is(ErrorKind::ServerError, &["try again"])(&cache.get("k").unwrap_err());
    is(ErrorKind::OutcomeUnknown, &["InternalError"])(
        &cache.add("k", b"v", Timeout::Default).unwrap_err(),
    );
}

#[test]
fn a_wrong_region_names_the_right_one() {
    let header = "301 Moved Permanently\r\nx-amz-bucket-region: eu-central-1";
    let malformed = "<Region>eu-central-1</Region>";
    for script in [
        Script::replying(header, ""),
        Script::refusing(301, "PermanentRedirect", malformed),
        Script::refusing(400, "AuthorizationHeaderMalformed", malformed),
    ] {
        all_fail(
            &opened(&script),
            is(ErrorKind::WrongRegion, &["region", "eu-central-1"]),
        );
    }
}

/// A success in name, an error in the body; and a document that is neither.
#[test]
fn a_listing_that_is_none() {
    for (script, kind) in [
        (Script::refusing(200, "SlowDown", ""), ErrorKind::Throttled),
        (
            Script::replying("200 OK", "<ListBucketResult><Contents>"),
            ErrorKind::NotS3,
        ),
        (Script::replying("200 OK", ""), ErrorKind::NotS3),
        (
            Script::replying(
                "200 OK",
                "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
            ),
            ErrorKind::NotS3,
        ),
        (
            Script::replying(
                "200 OK",
                "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>again</NextContinuationToken></ListBucketResult>",
            ),
            ErrorKind::NotS3,
        ),
    ] {
        assert_eq!(opened(&script).clear().unwrap_err().kind(), kind);
        assert!(script.requests() <= 2);
    }
}

#[test]
fn what_was_not_deleted_is_told() {
    let script = Script::replying(
        "200 OK",
        "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>app/b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>",
    );
    let error = opened(&script).delete_many(["a", "b"]).unwrap_err();
    is(ErrorKind::AccessDenied, &["app/b", "DeleteObjects"])(&error);
    assert_eq!(error.object(), Some("app/b"));
}

#[test]
fn the_right_to_list_is_named_where_it_is_missed() {
    let script = Script::refusing(403, "AccessDenied", "");
    let cache = Cache::open(at(&script.endpoint).max_entries(300)).unwrap();
    let error = cache.set("k", b"v", Timeout::Default).unwrap_err();
    is(
        ErrorKind::AccessDenied,
        &["ListObjectsV2", "set max_entries to 0"],
    )(&error);
}

#[cfg(feature = "tls")]
#[test]
fn https_to_a_port_that_speaks_http() {
    let script = Script::replying("400 Bad Request", "");
    let endpoint = script.endpoint.replace("http:", "https:");
    let cache = Cache::open(at(&endpoint)).unwrap();
    let error = cache.get("k").unwrap_err();
    is(ErrorKind::Tls, &["no TLS", "speaks https"])(&error);
}
