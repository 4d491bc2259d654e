//! No secret is told: in no error, in no `Debug`, in no URL.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use s3cache::{Cache, Options};

use super::samples::of;
use super::support::Script;
use super::{pair, refused, told};

#[test]
fn what_is_given_is_named_and_not_told() {
    for row in Options::table().iter().filter(|row| row.secret) {
        for (value, _) in of(row.name).good {
            for name in row.names() {
                let options = pair(name, value);
                let text = format!("{options:?} {options:#?} {}", options.to_url());
                assert!(!text.contains(value), "{text}");
                assert!(text.contains(row.name), "{text}");
                assert_eq!(options.get(name), None);
            }
        }
    }
    let built = Options::new("my-bucket")
        .endpoint("http://user:hush@host")
        .header("x-api-key", "hush")
        .session_credentials("hush-k", "hush-s", "hush-t");
    let text = format!("{built:?} {}", built.to_url());
    assert!(!text.contains("hush"), "{text}");
    let text = format!("{:?}", Cache::open(built).unwrap_err());
    assert!(!text.contains("hush"), "{text}");
}

/// Given any way, under any name, they sign the same.
#[test]
fn what_is_given_is_what_signs() {
    let s3 = Script::refusing(404, "NoSuchKey", "");
    let signature = |options: Options| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let options = options.endpoint(&s3.endpoint).region("us-east-1");
        let cache = Cache::open(options.clock(move || now)).unwrap();
        assert_eq!(cache.get("k").unwrap(), None);
        let heard = s3.heard().pop().unwrap();
        let header = |name| heard.header(name).unwrap().to_owned();
        (header("authorization"), header("x-amz-security-token"))
    };
    let bucket = || Options::new("bucket").environment(|_| None);
    let built = signature(bucket().session_credentials("key", "hush+/", "token"));
    assert_eq!(built.1, "token");
    let names = |of: &str| {
        let row = Options::table().iter().find(|row| row.name == of).unwrap();
        row.names().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = [
        names("access_key"),
        names("secret_key"),
        names("session_token"),
    ];
    for i in 0..3 {
        let [key, secret, token] = all.each_ref().map(|names| &*names[i]);
        let pairs = [(key, "key"), (secret, "hush+/"), (token, "token")];
        let of_pairs = Options::from_pairs(pairs).unwrap();
        let of_pairs = of_pairs.set("bucket", "bucket").unwrap();
        assert_eq!(signature(of_pairs.environment(|_| None)), built, "{key}");
        let url = format!("s3://bucket?{key}=key&{secret}=hush%2B/&{token}=token");
        let of_url = Options::from_url(url).unwrap();
        assert_eq!(signature(of_url.environment(|_| None)), built, "{key}");
    }
    let variables = |name: &str| match name {
        "AWS_ACCESS_KEY_ID" => Some("key".into()),
        "AWS_SECRET_ACCESS_KEY" => Some("hush+/".into()),
        "AWS_SESSION_TOKEN" => Some("token".into()),
        _ => None,
    };
    assert_eq!(signature(bucket().environment(variables)), built);
    let other = bucket().session_credentials("key", "hush", "token");
    assert_ne!(signature(other), built);
}

/// Where it should not be, or with something else that is wrong.
#[test]
fn errors_do_not_repeat_it() {
    for url in [
        "hush",
        "secret_key=hush",
        "s3:hush",
        "https://my-bucket?secret_key=hush",
        "s3://key:hush@my-bucket",
        "s3://key:hu/sh@my-bucket/hush",
        "s3://key:hush",
        "s3://secret_key=hush",
        "s3://my-bucket&secret_key=hush",
        "s3://my-bucket/app&secret_key=hush",
        "s3://my-bucket/app;hush",
        "s3://my-bucket?secret_key=hush#",
        "s3://my-bucket?secret_key=hush%",
        "s3://my-bucket?secret_key=hush%ff",
        "s3://my-bucket?secret_key=hush+hush",
        "s3://my-bucket?secret_key=hush&early=x",
        "s3://my-bucket?early=x&secret_key=hush",
        "s3://my-bucket?secret_key=a&hush",
        "s3://my-bucket?secret_key=a&hush=b",
        "s3://my-bucket?secret-kye=hush",
        "s3://my-bucket?hush",
        "s3://my-bucket?early=1;secret_key=hush",
        "s3://my-bucket?early=1;Session-Token=hush",
        "s3://my-bucket?endpoint=http://u:hush@host",
        "s3://my-bucket?host=u:hush@host",
        "s3://my-bucket?proxy=http://u:hush@host",
        "s3://my-bucket?encryption_customer_key=hush",
        "s3://my-bucket?headers=Authorization:hush",
    ] {
        for result in [
            Options::from_url(url),
            Options::from_vars([("S3CACHE_URL", url)]),
        ] {
            let error = format!("{:?}", refused(result, url));
            assert!(!error.contains("hush"), "{url}: {error}");
        }
    }
}

#[test]
fn a_plus_in_a_url_is_a_hint() {
    let error = Options::from_url("s3://my-bucket?secret_key=a+b").unwrap_err();
    assert!(error.to_string().contains("%2B"), "{error}");
}

proptest! {
    /// Whatever else is in a URL.
    #[test]
    fn a_url_does_not_tell_it(before in "[ -~]{0,30}", after in "[ -~]{0,30}", at in 0usize..4) {
        let name = ["secret_key", "AWS_SECRET_ACCESS_KEY", "access-key", "session_token"][at];
        let url = format!("s3://my-bucket/app?{before}&{name}=hush-hush&{after}");
        let text = match Options::from_url(&url) {
            Ok(options) => told(&options),
            Err(error) => format!("{error:?}"),
        };
        prop_assert!(!text.contains("hush"), "{}", text);
    }
}
