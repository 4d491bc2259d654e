//! Why a value is refused: told by `{}`, whichever way the value came, and
//! told once.

use std::time::Duration;

use s3cache::{Cache, Options};

use super::refused;

/// Why, beyond what the table says of the option.
fn reasons() -> Vec<(&'static str, String, &'static str)> {
    vec![
        (
            "bucket",
            "logs--use1-az5--x-s3".into(),
            "directory buckets (S3 Express One Zone)",
        ),
        (
            "bucket",
            "-abc".into(),
            "begins and ends with a letter or digit",
        ),
        ("bucket", "a..b".into(), "no two dots in a row"),
        ("bucket", "192.168.5.4".into(), "IPv4 address"),
        ("location", "a".repeat(984), "984 bytes, and may have 983"),
        ("location", "a//b".into(), "an empty, . or .. segment"),
        ("region", "r".repeat(65), "1 to 64 letters"),
        (
            "endpoint",
            "http://host:99999".into(),
            "invalid port number",
        ),
        ("endpoint", "http://host:0".into(), "from 1 to 65535"),
        ("endpoint", "http://a..b".into(), "two dots in a row"),
        ("host", "-x-".into(), "a - beside a dot or at an end"),
        ("storage_class", "GLACIER".into(), "restored"),
        ("content_type", "hello".into(), "text/html; charset=utf-8"),
        ("max_bytes", "10MB".into(), "KiB, MiB, GiB, TiB"),
        ("max_value_size", "10MB".into(), "KiB, MiB, GiB, TiB"),
        ("compress_threshold", "1KB".into(), "KiB, MiB, GiB, TiB"),
        ("default_timeout", "5min".into(), "ms, s, m, h, d"),
        ("deadline", "5min".into(), "ms, s, m, h, d"),
        ("stale_for", "5min".into(), "ms, s, m, h, d"),
        ("lease", "5min".into(), "ms, s, m, h, d"),
    ]
}

#[test]
fn an_error_tells_the_reason_once() {
    for (name, value, reason) in reasons() {
        let variable = format!("S3CACHE_{}", name.to_ascii_uppercase());
        let url = format!("s3://?{name}={}", value.replace(';', "%3b"));
        for (result, named) in [
            (Options::new("").set(name, &value), format!("option {name}")),
            (Options::from_url(&url), format!("option {name} in the URL")),
            (Options::from_vars([(&variable, &value)]), variable.clone()),
        ] {
            let error = refused(result, &value);
            let text = error.to_string();
            assert!(text.contains(&named), "{text}");
            assert!(text.contains(&value[..value.len().min(80)]), "{text}");
            assert!(text.matches(reason).count() == 1, "{reason}: {text}");
            assert_eq!(format!("{error:#}"), text);
        }
    }
    for (url, reason) in [
        ("s3://logs--use1-az5--x-s3/app", "directory buckets"),
        ("s3://a..b", "no two dots in a row"),
        ("s3://my-bucket/a//b", "an empty, . or .. segment"),
    ] {
        let text = refused(Options::from_url(url), url).to_string();
        assert!(text.contains(reason), "{text}");
    }
}

/// In the same words as text is, value included.
#[test]
fn the_builder_is_refused_likewise() {
    type Build = fn(Options, &str) -> Options;
    let builders: [(&str, Build); 6] = [
        ("bucket", |_, value| Options::new(value)),
        ("location", |o, value| o.location(value)),
        ("region", |o, value| o.region(value)),
        ("endpoint", |o, value| o.endpoint(value)),
        ("storage_class", |o, value| o.storage_class(value)),
        ("content_type", |o, value| o.content_type(value)),
    ];
    for (name, value, reason) in reasons() {
        let Some((_, build)) = builders.iter().find(|(built, _)| *built == name) else {
            continue;
        };
        let text = refused(Options::new("").set(name, &value), name).to_string();
        let good = Options::new("my-bucket").endpoint("http://127.0.0.1:9");
        let bad = build(good, &value).environment(|_| None);
        let error = Cache::open(bad).unwrap_err();
        assert_eq!(error.to_string(), text);
        assert!(text.contains(reason), "{text}");
    }
}

/// And what is no secret otherwise.
#[test]
fn the_builders_values_are_told() {
    let good = || Options::new("my-bucket").endpoint("http://127.0.0.1:9");
    for (options, told) in [
        (good().deadline(Duration::ZERO), "deadline cannot be \"0\""),
        (good().early(-1.5), "early cannot be \"-1.5\""),
        (good().path_style(false), "path_style cannot be \"no\""),
        (good().acl("public"), "acl cannot be \"public\""),
        (good().encryption("rot13"), "encryption cannot be \"rot13\""),
        (
            good().set("host", "h:1").unwrap().set("port", "2").unwrap(),
            "host cannot be \"h:1\"",
        ),
        (
            good().encryption_customer_key("hush"),
            "customer_key cannot be used",
        ),
        (
            good().credentials("hush", "hush\n"),
            "secret_key cannot be used",
        ),
        (
            good().header("x-amz-meta-a", "hush\n"),
            "headers cannot be used",
        ),
        (
            good().endpoint("http://user:hush@host"),
            "endpoint cannot be used",
        ),
        (
            good().location("secret_key=hush;"),
            "location cannot be used",
        ),
    ] {
        let error = Cache::open(options.environment(|_| None)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(told), "{text}");
        let debug = format!("{error:?}");
        assert!(!debug.contains("hush"), "{debug}");
    }
}
