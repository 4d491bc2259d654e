//! What cannot go with an object is refused when the cache is opened, and what
//! a server makes of the rest is explained.

mod support;

use s3cache::{Cache, ErrorKind, Options, Timeout};
use support::Script;

/// 32 bytes in base64.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn to(endpoint: &str) -> Options {
    Options::new("bucket")
        .endpoint(endpoint)
        .credentials("key", "secret")
        .environment(|_| None)
}

fn refused(option: &str, set: impl Fn(Options) -> Options) {
    let error = Cache::open(set(to("http://127.0.0.1:9"))).expect_err(option);
    assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
    let text = format!("{error:?}");
    assert!(text.contains(&format!("option {option}")), "{text}");
    assert!(!text.contains("hush"), "{text}");
}

#[test]
fn refused_at_once() {
    for name in [
        "host",
        "Content-Encoding",
        "X-Amz-Date",
        "if-match",
        "range",
        "authorization",
        "x-amz-content-sha256",
        "x-amz-security-token",
        "x-amz-server-side-encryption-customer-key",
        "",
        "a b",
        "a\r\nb",
        "a:",
        "\u{e9}",
    ] {
        refused("headers", |o| o.header(name, "hush"));
    }
    for value in [
        "",
        "a\r\nb: c",
        "a\n",
        "a  b",
        "\u{e9}",
        "\t",
        "a\0",
        "\u{a0}",
    ] {
        refused("headers", |o| o.header("x-a", value));
        if !value.is_empty() {
            refused("content_type", |o| o.content_type(value));
            refused("cache_control", |o| o.cache_control(value));
            refused("encryption_key_id", |o| {
                o.encryption("aws:kms").encryption_key_id(value)
            });
            refused("acl", |o| o.acl(value));
            refused("storage_class", |o| o.storage_class(value));
            refused("encryption", |o| o.encryption(value));
        }
    }
    refused("acl", |o| o.acl("log-delivery-write"));
    refused("bucket_acl", |o| o.bucket_acl("bucket-owner-read"));
    refused("storage_class", |o| o.storage_class("Glacier"));
    refused("storage_class", |o| o.storage_class("DEEP_ARCHIVE"));
    refused("encryption", |o| o.encryption("rot13"));
    refused("encryption_key_id", |o| {
        o.encryption("AES256").encryption_key_id("id")
    });
    refused("encryption_key_id", |o| o.encryption_key_id("id"));
    for key in ["hush", "aHVzaA==", &KEY[..43], &format!("{KEY}=")] {
        refused("encryption_customer_key", |o| {
            o.encryption_customer_key(key)
        });
    }
    refused("encryption_customer_key", |o| o.encryption("customer"));
    for how in ["AES256", "aws:kms", "no", "NO"] {
        refused("encryption_customer_key", |o| {
            o.encryption(how).encryption_customer_key(KEY)
        });
    }
    for kind in [
        "hello",
        "text/",
        "text/html; charset",
        "text/html, text/css",
    ] {
        refused("content_type", |o| o.content_type(kind));
        refused("headers", |o| o.header("Content-Type", kind));
    }
}

/// A no, however it is written, goes with no key: neither of them is dropped.
#[test]
fn no_encryption_and_a_key_contradict_each_other() {
    for no in ["no", "False", "0"] {
        let options = to("http://127.0.0.1:9").set("ENCRYPTION", no).unwrap();
        Cache::open(options.clone()).unwrap();
        for (name, key) in [
            ("encryption_customer_key", KEY),
            ("encryption_key_id", "id"),
        ] {
            let both = options.clone().set(name, key).unwrap();
            let error = Cache::open(both).unwrap_err().to_string();
            assert!(error.contains(&format!("option {name}")), "{error}");
            assert!(error.contains("encryption = "), "{error}");
        }
    }
}

#[test]
fn what_s3_says_of_them_is_explained() {
    for (status, code, message, kind, word) in [
        (
            400,
            "AccessControlListNotSupported",
            "m",
            ErrorKind::Refused,
            "option acl",
        ),
        (
            400,
            "InvalidStorageClass",
            "m",
            ErrorKind::Refused,
            "storage_class",
        ),
        (
            400,
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption.",
            ErrorKind::Refused,
            "encryption_customer_key",
        ),
        (
            400,
            "InvalidRequest",
            "The encryption parameters are not applicable to this object.",
            ErrorKind::Refused,
            "encryption_customer_key",
        ),
        // As is said where the key is another than that of the object.
        (
            403,
            "AccessDenied",
            "m",
            ErrorKind::AccessDenied,
            "encryption_customer_key",
        ),
    ] {
        let xml = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let script = Script::replying(&format!("{status} Told"), &xml);
        let options = to(&script.endpoint).encryption_customer_key(KEY);
        let cache = Cache::open(options.max_entries(0)).unwrap();
        for error in [
            cache.get("k").unwrap_err(),
            cache.set("k", b"v", Timeout::Default).unwrap_err(),
        ] {
            assert_eq!(error.kind(), kind);
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
