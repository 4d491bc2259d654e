//! What is given goes before what the machine is configured with, and as a
//! whole; what is not needed is not looked at; and nothing given is dropped
//! without a word.

mod support;

use s3cache::{Cache, ErrorKind, Options};
use support::{Script, refusal};

fn refused(options: Options, words: &[&str]) {
    let error = Cache::open(options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{error}");
    }
}

/// AWS as such is a place as well: no other one that is configured.
#[cfg(feature = "tls")]
#[test]
fn aws_that_is_given_in_parts_is_not_overridden() {
    let elsewhere = Script::refusing(403, "AccessDenied", "");
    let url = elsewhere.endpoint.clone();
    for parts in [
        &[("HOST", "s3-eu-west-1.amazonaws.com")][..],
        &[("HOST", "s3.amazonaws.com"), ("USE_SSL", "True")],
        &[("USE_SSL", "yes")],
    ] {
        let options = Options::from_pairs(parts.iter().copied()).unwrap();
        let url = url.clone();
        let options = options
            .set("bucket", "my-bucket")
            .unwrap()
            .credentials("key", "secret")
            .resolver(|_, _| Err(std::io::Error::other("nowhere")))
            .retries(0)
            .environment(move |name| (name == "AWS_ENDPOINT_URL").then(|| url.clone()));
        let error = Cache::open(options).unwrap().get("k").unwrap_err();
        assert!(error.to_string().contains("amazonaws.com"), "{error}");
    }
    assert_eq!(elsewhere.requests(), 0);
}

#[test]
fn a_profile_that_nobody_needs_may_be_missing() {
    let nowhere = |name: &str| match name {
        "AWS_PROFILE" => Some("work".into()),
        "HOME" => Some("/nonexistent".into()),
        _ => None,
    };
    let given = || Options::new("bucket").environment(nowhere);
    let place = |o: Options| o.endpoint("http://127.0.0.1:9").region("us-east-1");
    Cache::open(place(given()).credentials("key", "secret")).unwrap();
    Cache::open(place(given()).anonymous(true)).unwrap();
    refused(place(given()), &["work"]);
    refused(given().credentials("key", "secret"), &["work"]);
    let named = place(given()).credentials("key", "secret").profile("home");
    refused(named, &["home"]);
}

#[test]
fn certificates_that_nobody_needs_may_be_missing() {
    let nowhere = |name: &str| (name == "AWS_CA_BUNDLE").then(|| "/nonexistent".into());
    let given = |url: &str| {
        let options = Options::new("bucket").endpoint(url).region("us-east-1");
        options.credentials("key", "secret").environment(nowhere)
    };
    Cache::open(given("http://127.0.0.1:9")).unwrap();
    if cfg!(feature = "tls") {
        refused(given("https://127.0.0.1:9"), &["AWS_CA_BUNDLE"]);
    }
}

/// A session token belongs to the keys it came with.
#[test]
fn keys_and_token_go_together() {
    let place = || Options::new("bucket").endpoint("http://127.0.0.1:9");
    let alone = place().set("session_token", "hush").unwrap();
    refused(alone, &["session_token", "access_key"]);

    let script = Script::telling(|_| refusal(403, "AccessDenied", ""));
    let url = format!(
        "s3://bucket?endpoint={}&region=us-east-1&access_key=old&secret_key=old&session_token=old",
        script.endpoint
    );
    for (keys, token) in [(false, true), (true, false)] {
        let mut variables = vec![("S3CACHE_URL", url.as_str())];
        if keys {
            variables.push(("S3CACHE_ACCESS_KEY_ID", "new"));
            variables.push(("S3CACHE_SECRET_KEY", "new"));
        }
        let options = Options::from_vars(variables).unwrap();
        let cache = Cache::open(options.retries(0)).unwrap();
        cache.get("k").unwrap_err();
        let heard = script.heard();
        let last = heard.last().unwrap();
        assert_eq!(last.header("x-amz-security-token").is_some(), token);
        let by = if keys {
            "credential=new/"
        } else {
            "credential=old/"
        };
        let signed = last.header("authorization").unwrap().to_ascii_lowercase();
        assert!(signed.contains(by), "{signed}");
    }
}

/// The builder's word, and what is said after it, under whichever name.
#[test]
fn what_comes_after_the_builder_goes_before_it() {
    let timeout = |options: &Options| options.get("default_timeout").unwrap();
    let options = Options::new("bucket").set("default_timeout", "20").unwrap();
    let options = options.set("timeout", "30").unwrap();
    assert_eq!(timeout(&options), "20", "the newer name");
    let options = options.default_timeout(std::time::Duration::from_secs(10));
    assert_eq!(timeout(&options), "10");
    let options = options.set("timeout", "30").unwrap();
    assert_eq!(timeout(&options), "30");
}

#[test]
fn an_archive_is_refused_by_whatever_name() {
    let options = Options::new("bucket")
        .endpoint("http://127.0.0.1:9")
        .region("us-east-1")
        .credentials("key", "secret");
    for class in ["GLACIER", "deep_archive"] {
        refused(options.clone().storage_class(class), &["restored"]);
        let header = options.clone().header("x-amz-storage-class", class);
        refused(header, &["headers", "restored"]);
    }
}
