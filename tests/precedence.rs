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
}

fn told(options: Options) -> String {
    let error = Cache::open(options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
    let text = error.to_string();
    assert_eq!(format!("{error:#}"), text);
    assert!(!text.contains("the option "), "{text}");
    assert!(!text.contains("hush"), "{text}");
    text
}

/// And not on an option that nobody gave.
#[test]
fn what_a_variable_says_is_blamed_on_the_variable() {
    let with = |name: &'static str, value: &'static str| {
        let given = Options::new("bucket").credentials("key", "secret");
        given.environment(move |asked| (asked == name).then(|| value.into()))
    };
    for (name, value, why) in [
        ("AWS_REGION", "eu west", "a region's name"),
        ("AWS_DEFAULT_REGION", "eu/west", "a region's name"),
        ("AWS_ENDPOINT_URL", "minio:9000", "http:// or https://"),
        ("AWS_ENDPOINT_URL_S3", "http://minio:0", "1 to 65535"),
    ] {
        let text = told(with(name, value));
        let start = format!("the variable {name} cannot be {value:?}: ");
        assert!(text.starts_with(&start) && text.contains(why), "{text}");
    }
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"] {
        let text = told(with(name, "http://user:hush@minio"));
        let start = format!("the variable {name} cannot be used: credentials");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[cfg(feature = "tls")]
#[test]
fn and_so_is_the_file_that_one_names() {
    let no_pem = support::file_of("hush");
    for (path, why) in [
        ("/nonexistent", "No such file"),
        (no_pem.to_str().unwrap(), "no certificate"),
    ] {
        let bundle = path.to_owned();
        let given = Options::new("bucket").credentials("key", "secret");
        let by_variable = given
            .clone()
            .environment(move |name| (name == "AWS_CA_BUNDLE").then(|| bundle.clone()));
        let text = told(by_variable);
        let start = format!("the variable AWS_CA_BUNDLE cannot be {path:?}: ");
        assert!(text.starts_with(&start) && text.contains(why), "{text}");
        let by_option = given.ca_file(path).environment(|_| None);
        refused(
            by_option,
            &[&format!("the option ca_file cannot be {path:?}"), why],
        );
    }
}

#[test]
fn what_a_profile_says_is_blamed_on_the_profile() {
    let file = support::file_of(
        "[default]\nregion = eu west\n[profile two]\nendpoint_url = minio:9000\n\
        [profile three]\nendpoint_url = http://user:hush@minio\n",
    );
    let path = file.to_str().unwrap().to_owned();
    for (profile, start) in [
        (
            "default",
            "the region of the profile default in FILE cannot be \"eu west\": ",
        ),
        (
            "two",
            "the endpoint_url of the profile two in FILE cannot be \"minio:9000\": ",
        ),
        (
            "three",
            "the endpoint_url of the profile three in FILE cannot be used: ",
        ),
    ] {
        let path = path.clone();
        let start = start.replace("FILE", &path);
        let given = Options::new("bucket").credentials("key", "secret");
        let text = told(given.environment(move |name| match name {
            "AWS_CONFIG_FILE" => Some(path.clone()),
            "AWS_PROFILE" => Some(profile.into()),
            _ => None,
        }));
        assert!(text.starts_with(&start), "{text}");
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
