//! `read_only` writes nothing, and `on_error = miss` lets a program go on
//! without its cache; what is misconfigured is told all the same.

mod support;

use std::net::TcpListener;
use std::time::Duration;

use s3cache::{Cache, Error, ErrorKind, OnError, Options, Result, Timeout};
use support::{Script, Site, open, options};

const HOUR: Timeout = Timeout::After(Duration::from_secs(3600));

#[test]
fn read_only_refuses_every_write_without_a_request() {
    let site = Site::start();
    open(&site, "app").set("there", "value", HOUR).unwrap();
    let cache = Cache::open(options(&site, "app").read_only(true)).unwrap();

    let refused = |call: &str, result: Result<()>| {
        let error = result.expect_err(call);
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{call}: {error}");
        assert!(error.to_string().starts_with(call), "{call}: {error}");
    };
    let ((), seen) = site.count(|| {
        refused("set", cache.set("k", "v", HOUR));
        refused("set", cache.set_many([("k", "v")], HOUR));
        refused("add", cache.add("k", "v", HOUR).map(drop));
        refused("touch", cache.touch("k", HOUR).map(drop));
        refused("incr", cache.incr("k", 1).map(drop));
        refused("decr", cache.decr("k", 1).map(drop));
        let update = cache.update("k", HOUR, |_| unreachable!("it is not to be stored"));
        refused("update", update.map(drop));
        refused("delete", cache.delete("there"));
        refused("remove", cache.remove("there").map(drop));
        refused("delete_many", cache.delete_many(["there"]));
        refused("clear", cache.clear().map(drop));
        refused("cull", cache.cull().map(drop));
        refused("remove_expired", cache.remove_expired().map(drop));
        let old = cache.remove_older_than(Duration::ZERO);
        refused("remove_older_than", old.map(drop));
        refused("set_lifecycle", cache.set_lifecycle(1));
        refused("remove_lifecycle", cache.remove_lifecycle().map(drop));
        refused("create_bucket", cache.create_bucket());
        refused("conditional_writes", cache.conditional_writes().map(drop));
    });
    assert_eq!(seen.total(), 0, "{seen:?}");

    assert_eq!(cache.get("there").unwrap().unwrap(), b"value");
    assert!(cache.has_key("there").unwrap());
    assert_eq!(cache.len().unwrap(), 1);
    let (computed, seen) = site.count(|| cache.get_or_set("new", HOUR, || "computed").unwrap());
    assert_eq!((computed.as_slice(), seen.total()), (&b"computed"[..], 1));
    assert_eq!(cache.get("new").unwrap(), None);
    let served = cache.get_or_set("there", HOUR, || "computed").unwrap();
    assert_eq!(served, b"value");

    // With on_error = miss the writes are dropped without a word.
    let quiet = options(&site, "app")
        .read_only(true)
        .on_error(OnError::Miss);
    let quiet = Cache::open(quiet).unwrap();
    quiet.set("k", "v", HOUR).unwrap();
    quiet.delete("there").unwrap();
    assert!(!quiet.add("k", "v", HOUR).unwrap());
    assert_eq!(quiet.get("there").unwrap().unwrap(), b"value");
    assert_eq!(quiet.last_error().unwrap().kind(), ErrorKind::ReadOnly);
    assert_eq!((quiet.stats().hidden_errors, quiet.stats().misses), (3, 0));
}

/// A bucket that is not there is not made either.
#[test]
fn read_only_makes_no_bucket() {
    let site = Site::embedded();
    let options = Options::new("not-there")
        .endpoint(site.endpoint())
        .region(site.region())
        .credentials(site.access_key(), site.secret_key())
        .auto_create_bucket(true)
        .read_only(true);
    let error = Cache::open(options).unwrap().get("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSuchBucket, "{error}");
}

fn to(endpoint: &str) -> Cache {
    with(endpoint, OnError::Miss)
}

fn with(endpoint: &str, on_error: OnError) -> Cache {
    let options = Options::new("bucket")
        .endpoint(endpoint)
        .region("us-east-1")
        .credentials("key", "secret")
        .read_timeout(Duration::from_millis(200))
        .on_error(on_error)
        .retries(0)
        .breaker_after(0);
    Cache::open(options).unwrap()
}

/// Every call has its answer, and the statistics tell what happened.
fn goes_on_without(cache: &Cache, kind: ErrorKind) {
    assert!(cache.last_error().is_none());
    assert_eq!(cache.get("k").unwrap(), None);
    let mut buffer = b"old".to_vec();
    assert!(!cache.get_into("k", &mut buffer).unwrap());
    assert!(buffer.is_empty());
    assert_eq!(cache.get_many(["a", "b"]).unwrap(), [None, None]);
    assert!(!cache.has_key("k").unwrap());
    assert_eq!(cache.ttl("k").unwrap(), None);
    assert!(cache.get_with_token("k").unwrap().is_none());
    cache.set("k", "v", HOUR).unwrap();
    cache.set_many([("k", "v")], HOUR).unwrap();
    assert!(!cache.add("k", "v", HOUR).unwrap());
    assert!(!cache.touch("k", HOUR).unwrap());
    let missing = cache.incr("k", 1).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let seen = cache.update("k", HOUR, |old| Some(vec![u8::from(old.is_none())]));
    assert_eq!(seen.unwrap().unwrap(), [1]);
    cache.delete("k").unwrap();
    assert!(!cache.remove("k").unwrap());
    cache.delete_many(["k"]).unwrap();
    assert_eq!(cache.get_or_set("k", HOUR, || "new").unwrap(), b"new");
    let failed = cache.get_or_try_set("k", HOUR, || Err::<Vec<u8>, _>(Failed::Own));
    assert!(matches!(failed, Err(Failed::Own)));

    let stats = cache.stats();
    assert_eq!(stats.hits, 0);
    assert_eq!(stats.misses, 9, "{stats}");
    assert_eq!(stats.hidden_errors, 18, "{stats}");
    let last = cache.last_error().unwrap();
    assert_eq!(last.kind(), kind, "{last}");
    for error in [cache.clear().map(drop), cache.len().map(drop)] {
        assert_eq!(error.unwrap_err().kind(), kind);
    }
    // What the caller did wrong is no fault of S3's.
    let too_large = cache.set("k", vec![0; 65 << 20], HOUR).unwrap_err();
    assert_eq!(too_large.kind(), ErrorKind::ValueTooLarge);
}

#[derive(Debug)]
enum Failed {
    Own,
    OfCache,
}

impl From<Error> for Failed {
    fn from(_: Error) -> Self {
        Self::OfCache
    }
}

#[test]
fn a_program_goes_on_without_a_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    goes_on_without(&to(&endpoint), ErrorKind::Unreachable);
}

#[test]
fn a_program_goes_on_with_a_server_that_fails() {
    let failing = Script::refusing(500, "InternalError", "");
    goes_on_without(&to(&failing.endpoint), ErrorKind::ServerError);
    let portal = Script::replying("200 OK\r\ncontent-type: text/html", "<html>Log in</html>");
    goes_on_without(&to(&portal.endpoint), ErrorKind::NotS3);
}

#[test]
fn what_is_misconfigured_is_told_all_the_same() {
    for (status, code, kind) in [
        (403, "AccessDenied", ErrorKind::AccessDenied),
        (403, "SignatureDoesNotMatch", ErrorKind::BadCredentials),
        (403, "InvalidAccessKeyId", ErrorKind::BadCredentials),
        (404, "NoSuchBucket", ErrorKind::NoSuchBucket),
    ] {
        let server = Script::refusing(status, code, "");
        let cache = to(&server.endpoint);
        assert_eq!(cache.get("k").unwrap_err().kind(), kind);
        assert_eq!(cache.set("k", "v", HOUR).unwrap_err().kind(), kind);
        assert_eq!(cache.add("k", "v", HOUR).unwrap_err().kind(), kind);
        let computed = cache.get_or_set("k", HOUR, || "new");
        assert_eq!(computed.unwrap_err().kind(), kind);
        assert_eq!(cache.stats().hidden_errors, 0);
    }
}

/// And with `miss_all` it is not: only the caller's own mistakes are left.
#[test]
fn with_miss_all_a_program_goes_on_whatever_s3_refuses() {
    for (status, code, kind) in [
        (403, "AccessDenied", ErrorKind::AccessDenied),
        (403, "SignatureDoesNotMatch", ErrorKind::BadCredentials),
        (403, "InvalidAccessKeyId", ErrorKind::BadCredentials),
        (403, "RequestTimeTooSkewed", ErrorKind::ClockSkew),
        (404, "NoSuchBucket", ErrorKind::NoSuchBucket),
        (400, "InvalidArgument", ErrorKind::Refused),
        (501, "NotImplemented", ErrorKind::Unsupported),
        (500, "InternalError", ErrorKind::ServerError),
    ] {
        let server = Script::refusing(status, code, "");
        goes_on_without(&with(&server.endpoint, OnError::MissAll), kind);
    }
}

/// The places where keys are looked for are no different.
#[test]
fn with_miss_all_a_program_goes_on_without_keys() {
    let server = Script::refusing(404, "NoSuchKey", "");
    for variable in ["AWS_EC2_METADATA_DISABLED", "AWS_ACCESS_KEY_ID"] {
        // No keys; a key without its secret.
        let look_up = move |name: &str| (name == variable).then(|| "true".to_owned());
        let options = Options::new("bucket").endpoint(&server.endpoint);
        let options = options
            .region("us-east-1")
            .max_entries(0)
            .environment(look_up);
        for how in [OnError::Report, OnError::Miss] {
            let cache = Cache::open(options.clone().on_error(how)).unwrap();
            let error = cache.get("k").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
        }
        let cache = Cache::open(options.on_error(OnError::MissAll)).unwrap();
        goes_on_without(&cache, ErrorKind::InvalidOption);
    }
    assert_eq!(server.requests(), 0);
}

/// What fails half-way is one miss, and what was computed is not lost.
#[test]
fn get_or_set_keeps_what_it_computed() {
    let site = Site::embedded();
    let cache = Cache::open(options(&site, "app").on_error(OnError::Miss)).unwrap();
    cache.set("k", "v", Timeout::seconds(0.0)).unwrap();
    let value = cache
        .get_or_set("k", HOUR, || {
            site.switches().cut_next_replies(50);
            "computed"
        })
        .unwrap();
    assert_eq!(value, b"computed");
}
