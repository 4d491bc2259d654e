//! Everything is checked when the cache is opened, before any request, with an
//! error that names the option and says what it may be.

use std::time::Duration;

use s3cache::{Cache, Compression, ErrorKind, Options, Timeout};

fn good() -> Options {
    Options::new("my-bucket")
        .endpoint("http://127.0.0.1:9")
        .region("us-east-1")
        .credentials("key", "hush-hush-secret")
}

fn refused(options: Options, name: &str) {
    let error = Cache::open(options).expect_err(name);
    assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
    let text = format!("{error:?}");
    assert!(text.contains(name), "{text} does not name {name}");
    assert!(!text.contains("hush"), "{text}");
}

/// Port 9 is not asked: opening makes no request.
#[test]
fn opening_makes_no_request() {
    Cache::open(good()).unwrap();
}

#[test]
fn locations() {
    for location in [
        "", "/", "//", "a", "/a/b/", "A-z_0.9", "~=@!()*", "a/.b", "a/..b", "...",
    ] {
        Cache::open(good().location(location)).expect(location);
    }
    let long = "a".repeat(984);
    for location in [
        ".",
        "..",
        "a/..",
        "../a",
        "a/./b",
        "a//b",
        "a b",
        "a\nb",
        "a\0b",
        "caf\u{e9}",
        "a?b",
        "a#b",
        "a%2fb",
        "a+b",
        "a&b",
        "a\\b",
        "a:b",
        "a'b",
        "a\"b",
        "a<b",
        "\u{7f}",
        &long,
    ] {
        refused(good().location(location), "location");
    }
}

#[test]
fn buckets() {
    for bucket in [
        "",
        "ab",
        "a/b",
        "x?y",
        "UPPER",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "192.168.5.4",
        "999.0.0.999",
        &"a".repeat(64),
    ] {
        let options = Options::new(bucket)
            .endpoint("http://h")
            .credentials("key", "hush");
        refused(options, "bucket");
    }
    // What has some other number of parts, or a letter, is no address.
    for bucket in ["192.168.5", "1.2.3.4.5", "192.168.5.a", "12345"] {
        let options = Options::new(bucket).endpoint("http://h");
        Cache::open(options.credentials("key", "hush")).expect(bucket);
    }
    let express = Options::new("logs--use1-az5--x-s3").credentials("key", "hush");
    let error = Cache::open(express).unwrap_err();
    assert!(error.to_string().contains("Express"), "{error}");
}

#[test]
fn endpoints() {
    for endpoint in [
        "http://localhost",
        "http://127.0.0.1:9000/",
        "http://[::1]:9000",
        "http://host/a/b",
        "http://my.host:80",
        "http://my_host.",
        "http://a-b.c--d:65535",
    ] {
        Cache::open(good().endpoint(endpoint)).expect(endpoint);
    }
    for endpoint in [
        "",
        "localhost:9000",
        "ftp://host",
        "http://",
        "http://user:hush@host",
        "http://host/?a=b",
        "http://host/#f",
        "http://host/a b",
        "http://host/../x",
        "s3://host",
        "http://host:0",
        "http://a..b",
        "http://.a",
        "http://a..",
        "http://-a",
        "http://a-.b",
    ] {
        refused(good().endpoint(endpoint), "endpoint");
    }
    refused(good().path_style(false), "path_style");
    refused(good().region(""), "region");
    refused(good().region("us east"), "region");
}

#[cfg(not(feature = "tls"))]
#[test]
fn https_asks_for_its_feature() {
    refused(good().endpoint("https://host"), "feature tls");
}

#[cfg(feature = "tls")]
#[test]
fn aws_is_where_no_endpoint_is_given() {
    let aws = |bucket| Options::new(bucket).credentials("key", "hush");
    Cache::open(aws("my-bucket")).unwrap();
    Cache::open(aws("my.dotted.bucket")).unwrap();
}

#[test]
fn credentials() {
    refused(good().credentials("key", ""), "no secret key");
    refused(good().credentials("", "hush"), "no access key");
    refused(good().credentials("key", "hush\n"), "option secret_key");
    refused(good().credentials("k ey", "hush"), "option access_key");
    refused(
        good().session_credentials("key", "hush", "hu sh"),
        "option session_token",
    );
    // One without the other, by the names that text has for them.
    let alone = |name| {
        let options = Options::new("my-bucket").endpoint("http://127.0.0.1:9");
        options.set(name, "hush").unwrap().environment(|_| None)
    };
    refused(alone("ACCESS_KEY"), "option secret_key");
    refused(alone("SECRET_KEY"), "option access_key");
    Cache::open(good().session_credentials("key", "hush", "token")).unwrap();
    // An empty token is none: rust-s3 would sign an empty header.
    Cache::open(good().session_credentials("key", "hush", "")).unwrap();
}

#[test]
fn limits() {
    let deflate = |level| Compression::Deflate {
        level,
        threshold: 0,
    };
    for level in [0, 10, 255] {
        refused(good().compress(deflate(level)), "compress");
    }
    Cache::open(good().compress(deflate(9))).unwrap();
    refused(good().max_value_size(usize::MAX), "max_value_size");
    Cache::open(good().max_value_size(0)).unwrap();
    refused(good().connect_timeout(Duration::ZERO), "connect_timeout");
    refused(good().read_timeout(Duration::from_nanos(1)), "read_timeout");
    refused(good().write_timeout(Duration::ZERO), "write_timeout");
    for bound in [i64::MIN, -1, 0, 1, i64::MAX] {
        Cache::open(good().max_entries(bound).cull_frequency(0)).unwrap();
    }
    Cache::open(good().default_timeout(Timeout::Default).version(i64::MIN)).unwrap();
}

#[test]
fn secrets_are_not_shown() {
    let options = good().session_credentials("key", "hush-secret", "hush-token");
    let text = format!("{options:?} {:?}", Cache::open(options.clone()).unwrap());
    assert!(!text.contains("hush"), "{text}");
    assert!(text.contains("my-bucket"), "{text}");
}
