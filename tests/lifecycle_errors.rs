//! Where a lifecycle rule cannot be set, or should not be: nothing is changed,
//! and the error says what to do.

mod support;

use s3cache::{Cache, Error, ErrorKind};
use support::rules::{Bucket, LOCATION, cache_at, rule};
use support::{Script, Site, options, refusal, reply};

/// Configurations in which `@` stands for rules.
const EMPTY: &str = "<LifecycleConfiguration>@</LifecycleConfiguration>";
const OTHERS: &str = "<LifecycleConfiguration>\n  <Rule><ID>a</ID><Filter><Prefix>a/</Prefix></Filter></Rule>\n  @\n</LifecycleConfiguration>";

fn is(error: &Error, kind: ErrorKind, words: &[&str]) {
    assert_eq!(error.kind(), kind, "{error:?}");
    let text = format!("{error:#}");
    for word in words {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
}

#[test]
fn the_whole_bucket_only_when_told() {
    let bucket = Bucket::with(None);
    let (root, app) = (bucket.cache(""), bucket.cache(LOCATION));
    let error = root.set_lifecycle(30).unwrap_err();
    let words = [
        "location is empty",
        "set_lifecycle_for_whole_bucket",
        "bucket bucket",
    ];
    is(&error, ErrorKind::InvalidOption, &words);
    assert_eq!(error.operation(), Some("set_lifecycle"));
    let error = app.set_lifecycle_for_whole_bucket(30).unwrap_err();
    is(&error, ErrorKind::InvalidOption, &["call set_lifecycle,"]);
    assert_eq!(bucket.log(), [""; 0], "before any request");

    root.set_lifecycle_for_whole_bucket(30).unwrap();
    app.set_lifecycle(3).unwrap();
    let text = bucket.text().unwrap();
    assert!(
        text.contains("<ID>s3cache (whole bucket)</ID>\n    <Filter><Prefix></Prefix></Filter>")
    );
    assert_eq!(root.lifecycle().unwrap(), Some(30));
    assert_eq!(app.lifecycle().unwrap(), Some(3));
    assert!(root.remove_lifecycle().unwrap());
    assert_eq!(app.lifecycle().unwrap(), Some(3));
}

#[test]
fn zero_days_are_refused() {
    let bucket = Bucket::with(None);
    let (root, app) = (bucket.cache(""), bucket.cache(LOCATION));
    for error in [
        app.set_lifecycle(0).unwrap_err(),
        root.set_lifecycle_for_whole_bucket(0).unwrap_err(),
        app.lifecycle_rule_text(0).unwrap_err(),
    ] {
        is(
            &error,
            ErrorKind::InvalidOption,
            &["0 days", "minimum is 1 day"],
        );
    }
    assert_eq!(bucket.log(), [""; 0], "before any request");
}

#[test]
fn what_is_unclear_is_left_alone() {
    let own = rule(3, "", false);
    let twice = OTHERS.replace('@', &format!("{own}{own}"));
    let cut = OTHERS.split_at(OTHERS.len() - 30).0.replace('@', "");
    let entity = OTHERS.replace('@', "&our-rules;");
    let thousand = EMPTY.replace('@', &"<Rule><ID>x</ID></Rule>".repeat(1000));
    for (text, kind, word, days) in [
        (&*twice, ErrorKind::Unsupported, "more than one", false),
        (&*cut, ErrorKind::Unsupported, "certainty", false),
        (&*entity, ErrorKind::Unsupported, "certainty", false),
        (&*thousand, ErrorKind::Refused, "1000 lifecycle rules", true),
        (
            "<html><body>Log in</body></html>",
            ErrorKind::NotS3,
            "not S3",
            false,
        ),
        ("", ErrorKind::NotS3, "not S3", false),
        (
            "<ListBucketResult><Name>bucket</Name></ListBucketResult>",
            ErrorKind::Unsupported,
            "lists objects",
            false,
        ),
        (
            "<Error><Code>SlowDown</Code></Error>",
            ErrorKind::Throttled,
            "SlowDown",
            false,
        ),
    ] {
        let bucket = Bucket::with(Some(text));
        let cache = bucket.cache(LOCATION);
        let error = cache.set_lifecycle(30).unwrap_err();
        is(&error, kind, &[word, "in bucket bucket"]);
        if word == "certainty" || word == "more than one" {
            let by_hand = ["nothing was changed", "by hand", "lifecycle_rule_text(30)"];
            is(&error, kind, &by_hand);
            let error = cache.remove_lifecycle().unwrap_err();
            is(&error, kind, &["by hand", "\"s3cache app/cache\""]);
        }
        match cache.lifecycle() {
            Err(error) if !days => is(&error, kind, &[word]),
            other => assert!(days && other.unwrap().is_none()),
        }
        assert!(!bucket.log().contains(&"PUT"), "{text}");
        assert_eq!(bucket.text().unwrap(), text);
    }
    // One that is replaced is not one more.
    let full = thousand.replacen("<Rule><ID>x</ID></Rule>", &own, 1);
    let bucket = Bucket::with(Some(&full));
    bucket.cache(LOCATION).set_lifecycle(4).unwrap();
    assert_eq!(
        bucket.text().unwrap(),
        full.replace(&own, &rule(4, "", false))
    );
}

#[test]
fn the_missing_right_is_named() {
    let script = Script::refusing(403, "AccessDenied", "");
    let cache = cache_at(&script.endpoint, LOCATION);
    for error in [
        cache.set_lifecycle(30).unwrap_err(),
        cache.lifecycle().unwrap_err(),
        cache.remove_lifecycle().unwrap_err(),
    ] {
        is(
            &error,
            ErrorKind::AccessDenied,
            &[
                "s3:GetLifecycleConfiguration",
                "lifecycle_rule_text",
                "4442587FB7D0A2F9",
            ],
        );
    }
    // Reading is allowed, writing is not.
    for text in [EMPTY, OTHERS] {
        let text = text.replace('@', &rule(3, "", false));
        let script = Script::serving(move |mut line| {
            let Some(head) = line.read_request() else {
                return;
            };
            line.send(&if head.starts_with("get") {
                reply("200 OK", &text)
            } else {
                refusal(403, "AccessDenied", "")
            });
        });
        let cache = cache_at(&script.endpoint, LOCATION);
        for error in [
            cache.set_lifecycle(30).unwrap_err(),
            cache.remove_lifecycle().unwrap_err(),
        ] {
            let words = ["s3:PutLifecycleConfiguration", "lifecycle_rule_text"];
            is(&error, ErrorKind::AccessDenied, &words);
        }
        assert_eq!(cache.lifecycle().unwrap(), Some(3));
    }
}

/// An error under status 200, and a page, are no success.
#[test]
fn a_put_that_was_none() {
    for (body, kind) in [
        (
            "<Error><Code>InternalError</Code></Error>",
            ErrorKind::ServerError,
        ),
        ("<html>Log in</html>", ErrorKind::NotS3),
    ] {
        let script = Script::serving(move |mut line| {
            let Some(head) = line.read_request() else {
                return;
            };
            line.send(&if head.starts_with("get") {
                refusal(404, "NoSuchLifecycleConfiguration", "")
            } else {
                reply("200 OK", body)
            });
        });
        let error = cache_at(&script.endpoint, LOCATION).set_lifecycle(30);
        is(
            &error.unwrap_err(),
            kind,
            &["PutBucketLifecycleConfiguration"],
        );
    }
}

#[test]
fn an_engine_without_rules() {
    let site = Site::embedded();
    let cache = Cache::open(options(&site, LOCATION)).unwrap();
    for error in [
        cache.set_lifecycle(30).unwrap_err(),
        cache.lifecycle().unwrap_err(),
        cache.remove_lifecycle().unwrap_err(),
    ] {
        is(
            &error,
            ErrorKind::Unsupported,
            &["engine", "NotImplemented"],
        );
        assert_eq!(error.status(), Some(501));
    }
}
