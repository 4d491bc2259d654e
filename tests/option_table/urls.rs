//! Options as a URL, and back.

use std::fmt::Write as _;

use proptest::prelude::*;
use s3cache::{Cache, Options};

use super::samples::{SAMPLES, of};
use super::{pair, refused, says_what_is_allowed, told};

/// Each byte encoded.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut all, b| {
        write!(all, "%{b:02x}").unwrap();
        all
    })
}

#[test]
fn a_url_does_the_same_as_pairs() {
    for row in Options::table() {
        for (value, _) in of(row.name).good {
            for name in row.names() {
                let url = format!("s3://?{name}={}", encoded(value));
                let options = Options::from_url(&url).expect(&url);
                assert_eq!(told(&options), told(&pair(name, value)), "{url}");
            }
        }
        for value in of(row.name).bad {
            let url = format!("s3://?{}={}", row.name, encoded(value));
            let error = refused(Options::from_url(&url), &url).to_string();
            let named = format!("the option {} in the URL ", row.name);
            assert!(error.contains(&named), "{error}");
            says_what_is_allowed(&error, row);
        }
    }
}

#[test]
fn bucket_and_location_stand_before_the_query() {
    for (url, bucket, location) in [
        ("s3://my-bucket", "my-bucket", ""),
        ("S3://my-bucket/", "my-bucket", ""),
        ("s3://my-bucket?", "my-bucket", ""),
        ("s3://my-bucket/?&", "my-bucket", ""),
        ("s3://my-bucket/app", "my-bucket", "app"),
        ("s3://my-bucket/app/cache/", "my-bucket", "app/cache"),
        ("s3://my-bucket/a@b/~=!()*", "my-bucket", "a@b/~=!()*"),
        ("s3:///app", "", "app"),
    ] {
        let expected = Options::new(bucket).location(location);
        assert_eq!(
            told(&Options::from_url(url).expect(url)),
            told(&expected),
            "{url}"
        );
    }
    // As it would be signed and sent: nothing is decoded there.
    for url in [
        "s3://my-bucket/a%2fb",
        "s3://my-bucket/a+b",
        "s3://my%2dbucket/a",
        "s3://my-bucket/../a",
    ] {
        refused(Options::from_url(url), url);
    }
}

#[test]
fn values_are_decoded() {
    let url =
        "s3://my-bucket?key_prefix=a+b%20c%2Bd%26e%3D%C3%BC=?/:&endpoint=http://127.0.0.1:9000/x";
    let options = Options::from_url(url).unwrap();
    assert_eq!(
        options.get("key_prefix").as_deref(),
        Some("a b c+d&e=\u{fc}=?/:")
    );
    assert_eq!(
        options.get("endpoint").as_deref(),
        Some("http://127.0.0.1:9000/x")
    );
}

#[test]
fn what_is_no_such_url_is_refused() {
    for url in [
        "",
        "my-bucket",
        "s3:my-bucket",
        "s3:/my-bucket",
        "https://my-bucket/app",
        " s3://my-bucket",
        "s3://user@my-bucket/app",
        "s3://user:hush@my-bucket/app",
        "s3://my-bucket:9000/app",
        "s3://my-bucket/app#part",
        "s3://my-bucket?early=1#part",
        "s3://my bucket",
        "s3://my-bucket/a b",
        "s3://my-bucket/caf\u{e9}",
        "s3://my-bucket?read_only",
        "s3://my-bucket?=yes",
        "s3://my-bucket?early=%",
        "s3://my-bucket?early=%3",
        "s3://my-bucket?key_prefix=%ff",
        "s3://my-bucket?key_prefix=%C3",
        "s3://my-bucket?%ff=1",
        "s3://my-bucket?max_entires=1",
        "s3://my-bucket?bucket=other",
        "s3://my-bucket?bucket_name=other",
        "s3://my-bucket/app?location=other",
    ] {
        let error = format!("{:?}", refused(Options::from_url(url), url));
        assert!(error.contains("the URL"), "{url}: {error}");
        assert!(!error.contains("hush"), "{url}: {error}");
    }
    let error = refused(Options::from_url("s3://user:hush@my-bucket"), "user").to_string();
    assert!(
        error.contains("access_key") && error.contains("secret_key"),
        "{error}"
    );
}

/// An opened cache's folder, by the bucket's root or by what is in the URL.
#[test]
fn a_url_opens() {
    let url = "s3://my-bucket/app/cache?endpoint=http://127.0.0.1:9&region=garage&access_key=k&secret_key=s";
    let cache = Cache::open(Options::from_url(url).unwrap()).unwrap();
    assert_eq!(cache.region(), "garage");
}

#[test]
fn what_only_the_builder_can_say_is_written_as_what_it_comes_to() {
    use s3cache::Compression;
    let nothing = Options::new("b-b").compress(Compression::FAST);
    let nothing = nothing.compress_content_types(Vec::<String>::new());
    assert_eq!(nothing.to_url(), "s3://b-b");
    let level = Options::new("b-b").compress(Compression::Deflate {
        level: 6,
        threshold: 9,
    });
    assert_eq!(level.to_url(), "s3://b-b?compress=6&compress_threshold=9");
    let functions = Options::new("b-b").key_function(|_, _, _| Vec::new());
    assert_eq!(functions.to_url(), "s3://b-b");
    assert!(told(&functions).contains("key_function"));
}

/// Some rows, and a good value for each.
fn some_pairs() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let pair = (0..SAMPLES.len()).prop_flat_map(|at| {
        let sample = &SAMPLES[at];
        let good = (0..sample.good.len()).prop_map(|at| sample.good[at].0.to_owned());
        (Just(sample.name), good)
    });
    let text = "\\PC{0,20}".prop_map(|text| ("key_prefix", text));
    proptest::collection::vec(prop_oneof![9 => pair, 1 => text], 0..12)
}

proptest! {
    #[test]
    fn a_url_comes_back(pairs in some_pairs()) {
        let options = Options::from_pairs(pairs.iter().map(|(name, value)| (name, value))).unwrap();
        let url = options.to_url();
        let again = Options::from_url(&url).unwrap();
        prop_assert_eq!(again.to_url(), url);
        for row in Options::table() {
            prop_assert_eq!(options.get(row.name), again.get(row.name));
        }
    }

    #[test]
    fn any_url_is_read_or_refused(url in "s3://\\PC{0,60}") {
        if let Ok(options) = Options::from_url(&url) {
            let again = Options::from_url(options.to_url()).unwrap();
            prop_assert_eq!(again.to_url(), options.to_url());
        }
    }

    #[test]
    fn any_value_is_taken_or_refused(at in 0..SAMPLES.len(), value in "\\PC{0,30}") {
        let sample = &SAMPLES[at];
        if let Ok(options) = Options::new("").set(sample.name, &value) {
            let again = Options::from_url(options.to_url()).unwrap();
            prop_assert_eq!(again.to_url(), options.to_url());
        }
    }
}
