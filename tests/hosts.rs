//! Which host is asked, under which name, and who says where that is.

mod support;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use s3cache::{Cache, ErrorKind, Options, Timeout};
use support::{Script, refusal};

fn script() -> Script {
    Script::refusing(404, "NoSuchKey", "")
}

fn address(script: &Script) -> SocketAddr {
    let address = script.endpoint.strip_prefix("http://").unwrap();
    address.parse().unwrap()
}

fn cache(bucket: &str) -> Options {
    let options = Options::new(bucket).credentials("key", "secret");
    options.location("app").environment(|_| None)
}

const OBJECT: &str = "app/";

#[test]
fn the_bucket_is_part_of_the_host_where_that_is_asked_for() {
    let script = script();
    let there = address(&script);
    let port = there.port();
    let options = cache("cache").resolver(move |host, asked| {
        assert_eq!((host, asked), ("cache.s3.test", port));
        Ok(vec![there])
    });
    let options = options.endpoint(format!("http://s3.test:{port}/base"));
    let cache = Cache::open(options.path_style(false)).unwrap();
    assert_eq!(cache.get("k").unwrap(), None);
    let asked = &script.heard()[0];
    assert_eq!(
        asked.header("host").unwrap(),
        format!("cache.s3.test:{port}")
    );
    assert!(asked.line().starts_with(&format!("GET /base/{OBJECT}")));
    assert!(asked.signed().contains(&"host"));
    cache.clear().unwrap_err();
    let heard = script.heard();
    assert!(
        heard[1].line().starts_with("GET /base?delimiter="),
        "{heard:?}"
    );
}

#[test]
fn and_else_of_the_path() {
    for bucket in ["cache", "my.dotted.cache"] {
        let script = script();
        let cache = Cache::open(cache(bucket).endpoint(&script.endpoint)).unwrap();
        assert_eq!(cache.get("k").unwrap(), None);
        cache.clear().unwrap_err();
        let heard = script.heard();
        let object = format!("GET /{bucket}/{OBJECT}");
        assert!(heard[0].line().starts_with(&object), "{heard:?}");
        let listing = format!("GET /{bucket}?delimiter=");
        assert!(heard[1].line().starts_with(&listing), "{heard:?}");
    }
}

#[test]
fn the_resolver_is_asked_once_for_many_calls_and_clones() {
    let script = script();
    let there = address(&script);
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    let options = cache("cache").endpoint("http://s3.test").retries(0);
    let options = options.resolver(move |host, port| {
        assert_eq!((host, port), ("s3.test", 80));
        count.fetch_add(1, Ordering::SeqCst);
        Ok(vec![there])
    });
    let cache = Cache::open(options).unwrap();
    let clone = cache.clone();
    for _ in 0..3 {
        assert_eq!(cache.get("k").unwrap(), None);
        assert_eq!(clone.get("k").unwrap(), None);
    }
    assert_eq!((asked.load(Ordering::SeqCst), script.requests()), (1, 6));

    drop(script);
    let error = cache.get("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    clone.get("k").unwrap_err();
    assert_eq!(asked.load(Ordering::SeqCst), 2, "after a failure it is");
}

/// Each of the addresses may be the one that answers.
#[test]
fn all_addresses_are_tried() {
    let dead = address(&Script::serving(drop));
    let script = script();
    let there = address(&script);
    let options = cache("cache").endpoint("http://s3.test:9000");
    let options = options.resolver(move |_, _| Ok(vec![dead, dead, there]));
    assert_eq!(Cache::open(options).unwrap().get("k").unwrap(), None);
}

#[test]
fn a_resolver_that_fails() {
    let fails = |_: &str, _| Err(io::Error::other("the directory is closed"));
    let finds_nothing = |_: &str, _| Ok(Vec::new());
    let options = || cache("cache").endpoint("http://s3.test:9000");
    for (options, word) in [
        (options().resolver(fails), "the directory is closed"),
        (options().resolver(finds_nothing), "host not found"),
    ] {
        let error = Cache::open(options).unwrap().get("k").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error:?}");
        let text = format!("{error:#}");
        assert!(
            text.contains(word) && text.contains("s3.test:9000"),
            "{text}"
        );
    }
}

/// Nothing of a signature, for a bucket that anybody may read.
#[test]
fn anonymous_requests_are_not_signed() {
    let script = Script::telling(|asked| match asked.method() {
        "GET" => refusal(404, "NoSuchKey", ""),
        _ => refusal(403, "AccessDenied", ""),
    });
    let options = Options::new("cache").endpoint(&script.endpoint);
    let options = options.anonymous(true).max_entries(0).environment(|_| None);
    let cache = Cache::open(options.clone().credentials("key", "secret")).unwrap();
    assert_eq!(cache.get("k").unwrap(), None);
    assert!(!cache.has_key("k").unwrap());
    let error = cache.set("k", b"v", Timeout::Never).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.to_string().contains("anonymous"), "{error}");
    for asked in script.heard() {
        let names = asked.names();
        let of_s3 = |name: &String| name.starts_with("x-amz-") || name == "authorization";
        assert!(!names.iter().any(of_s3), "{names:?}");
        let length = asked.header("content-length");
        assert_eq!(length.is_some(), asked.method() == "PUT");
    }
}

#[cfg(feature = "tls")]
mod over_tls {
    use super::*;
    use support::{Authority, Tls};

    /// Every name leads to `tls`, whatever its port.
    fn leading_to(tls: &Tls, authority: &Authority, bucket: &str) -> Options {
        let there = tls.address();
        let options = cache(bucket).resolver(move |_, _| Ok(vec![there]));
        options.ca_file(authority.file())
    }

    #[test]
    fn the_certificate_must_cover_the_bucket() {
        let (script, authority) = (script(), Authority::new());
        let tls = Tls::before(&script.endpoint, &authority, &["*.s3.test"]);
        let port = tls.address().port();
        let options = leading_to(&tls, &authority, "cache").endpoint(tls.endpoint("s3.test"));
        let by_host = Cache::open(options.clone().path_style(false)).unwrap();
        assert_eq!(by_host.get("k").unwrap(), None);
        let host = format!("cache.s3.test:{port}");
        assert_eq!(script.heard()[0].header("host"), Some(&*host));
        // It does not cover the host alone, nor a bucket with dots.
        let dotted = leading_to(&tls, &authority, "my.cache").endpoint(tls.endpoint("s3.test"));
        for options in [options, dotted.path_style(false)] {
            let error = Cache::open(options).unwrap().get("k").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Tls, "{error:?}");
        }
        assert_eq!(script.requests(), 1);
    }

    #[test]
    fn aws_is_asked_by_bucket_or_by_path() {
        let (script, authority) = (script(), Authority::new());
        let names = &["*.s3.eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"];
        let tls = Tls::before(&script.endpoint, &authority, names);
        for (bucket, host, path) in [
            ("cache", "cache.s3.eu-west-1.amazonaws.com", "/"),
            ("my.cache", "s3.eu-west-1.amazonaws.com", "/my.cache/"),
        ] {
            let options = leading_to(&tls, &authority, bucket).region("eu-west-1");
            assert_eq!(Cache::open(options).unwrap().get("k").unwrap(), None);
            let heard = script.heard();
            let asked = heard.last().unwrap();
            assert_eq!(asked.header("host"), Some(host));
            assert!(asked.line().starts_with(&format!("GET {path}{OBJECT}")));
            assert_eq!(asked.region(), "eu-west-1");
        }
    }
}
