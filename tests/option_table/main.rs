//! Every option as text: each row of the table under each of its names, and
//! the same by pairs, by URL, by variables and by the builder. And no way that
//! tells a secret.

mod effects;
mod environment;
mod readme;
mod reasons;
mod samples;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod urls;

use s3cache::{Error, ErrorKind, OptionRow, Options};

use self::samples::{SAMPLES, of};

/// All that options say of themselves; two of them are the same if this is.
fn told(options: &Options) -> String {
    format!("{options:?}")
}

fn pair(name: &str, value: &str) -> Options {
    let options = Options::from_pairs([(name, value)]);
    options.unwrap_or_else(|error| panic!("{name} = {value:?}: {error}"))
}

fn refused(result: s3cache::Result<Options>, what: &str) -> Error {
    let error = result.expect_err(what);
    assert_eq!(error.kind(), ErrorKind::InvalidOption, "{what}: {error}");
    error
}

#[test]
fn every_row_has_samples_and_every_sample_a_row() {
    for row in Options::table() {
        let sample = of(row.name);
        let (first, told) = sample.good.first().expect(row.name);
        assert!(
            told.is_some() || row.secret,
            "{} = {first} is its default",
            row.name
        );
    }
    for sample in SAMPLES.iter() {
        let rows = Options::table()
            .iter()
            .filter(|row| row.name == sample.name);
        assert_eq!(rows.count(), 1, "{}", sample.name);
    }
}

#[test]
fn every_row_is_documented() {
    for row in Options::table() {
        for (what, text) in [("allowed", row.allowed), ("doc", row.doc)] {
            assert!(
                !text.is_empty() && !text.contains('|'),
                "{what} of {}",
                row.name
            );
        }
        assert!(row.doc.ends_with('.'), "{}", row.name);
    }
    for row in Options::ignorable() {
        assert!(!row.reason.is_empty(), "{}", row.name);
    }
}

#[test]
fn good_values_are_taken_and_told_again() {
    for row in Options::table() {
        for (value, expected) in of(row.name).good {
            let options = pair(row.name, value);
            assert_eq!(
                options.get(row.name).as_deref(),
                *expected,
                "{} = {value}",
                row.name
            );
            if let Some(again) = expected {
                let again = pair(row.name, again);
                assert_eq!(told(&again), told(&options), "{} = {value}", row.name);
            }
        }
    }
}

#[test]
fn a_default_that_is_a_value_is_the_default() {
    for row in Options::table() {
        let in_words = row.default.is_empty() || row.default.contains([' ', '\'']);
        if in_words || ["none", "any"].contains(&row.default) {
            continue;
        }
        assert_eq!(
            told(&pair(row.name, row.default)),
            told(&Options::new("")),
            "{}",
            row.name
        );
    }
}

#[test]
fn an_empty_value_is_the_default() {
    for row in Options::table() {
        let options = pair(row.name, of(row.name).good[0].0)
            .set(row.name, "")
            .unwrap();
        assert_eq!(told(&options), told(&Options::new("")), "{}", row.name);
        assert_eq!(
            told(&pair(row.name, "")),
            told(&Options::new("")),
            "{}",
            row.name
        );
    }
}

/// By the table's words, or by those of a rule that has more to say.
fn says_what_is_allowed(error: &str, row: &OptionRow) {
    let ruled = [
        "bucket",
        "location",
        "endpoint",
        "host",
        "region",
        "storage_class",
        "encryption_key_id",
        "encryption_customer_key",
        "content_type",
        "cache_control",
    ];
    let by_the_table = error.contains(&format!(": it takes {}", row.allowed));
    assert_eq!(by_the_table, !ruled.contains(&row.name), "{error}");
    let (_, why) = error.split_once(": ").expect(error);
    assert!(why.len() > 15, "{error}");
}

#[test]
fn bad_values_are_refused_with_name_value_and_what_is_allowed() {
    for row in Options::table() {
        for value in of(row.name).bad {
            for name in row.names() {
                let name = name.to_ascii_uppercase();
                let error = refused(Options::new("").set(&name, value), &name).to_string();
                assert!(error.contains(&format!("the option {name} ")), "{error}");
                says_what_is_allowed(&error, row);
                let shown = error.contains(&format!("{value:?}"));
                assert_eq!(shown, !row.secret, "{error}");
            }
        }
    }
}

#[test]
fn headers_are_refused_by_name() {
    for (headers, named) in [
        ("x-amz-meta-a: b\nhush", "`Name: value`"),
        ("x-amz-meta-a: b\nhush", "colon"),
        ("authorization: hush", "authorization"),
        ("x-amz-meta-a: hush\u{fc}", "x-amz-meta-a"),
        ("x-amz-meta-ok: hush\n: hush", "\"\""),
        (
            "x-amz-server-side-encryption-customer-key: hush",
            "x-amz-server-side",
        ),
    ] {
        let error = format!(
            "{:?}",
            refused(Options::new("").set("HEADERS", headers), headers)
        );
        assert!(error.contains("the option HEADERS"), "{error}");
        assert!(error.contains(named), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn a_calling_format_that_cannot_be_had_is_told_why() {
    let error = Options::new("").set("CALLING_FORMAT", "boto.s3.connection.VHostCallingFormat");
    let error = refused(error, "VHost").to_string();
    assert!(error.contains("the whole host"), "{error}");
}

#[test]
fn each_alias_in_any_letters_is_the_same() {
    for row in Options::table() {
        for (value, _) in of(row.name).good {
            let expected = told(&pair(row.name, value));
            for name in row.names() {
                let capitals = name.to_ascii_uppercase();
                let mut mixed = name.replace('_', "-");
                mixed[..1].make_ascii_uppercase();
                for name in [name, &*capitals, &*mixed] {
                    assert_eq!(told(&pair(name, value)), expected, "{name} = {value}");
                }
            }
        }
    }
}

#[test]
fn the_builder_does_the_same() {
    for row in Options::table() {
        let sample = of(row.name);
        if let Some(build) = sample.built {
            let built = build(Options::new(""));
            assert_eq!(
                told(&built),
                told(&pair(row.name, sample.good[0].0)),
                "{}",
                row.name
            );
        }
    }
    let built = Options::new("").session_credentials("k", "s", "t");
    let pairs = [
        ("access_key", "k"),
        ("secret_key", "s"),
        ("session_token", "t"),
    ];
    assert_eq!(told(&built), told(&Options::from_pairs(pairs).unwrap()));
}

#[test]
fn the_newer_name_goes_first_in_any_order() {
    for row in Options::table().iter().filter(|row| !row.secret) {
        let names: Vec<_> = row.names().collect();
        for (at, older) in names.iter().enumerate() {
            for newer in &names[..at] {
                let good = of(row.name).good;
                let ((wanted, _), (other, _)) = (good[0], good[1]);
                let expected = told(&pair(row.name, wanted));
                for pairs in [
                    [(*newer, wanted), (*older, other)],
                    [(*older, other), (*newer, wanted)],
                ] {
                    let options = Options::from_pairs(pairs).unwrap();
                    assert_eq!(told(&options), expected, "{pairs:?}");
                }
                // What has no effect must be right all the same, and an empty
                // value is no value.
                let newer = pair(newer, wanted);
                if let Some(bad) = of(row.name).bad.first() {
                    refused(newer.clone().set(older, bad), older);
                }
                assert_eq!(told(&newer.set(older, "").unwrap()), expected);
            }
        }
    }
}

#[test]
fn an_empty_newer_name_gives_way() {
    let both = [
        ("access_key_id", "k"),
        ("ACCESS_KEY", ""),
        ("secret_key", "s"),
    ];
    let alone = [("access_key", "k"), ("secret_key", "s")];
    let expected = told(&Options::from_pairs(alone).unwrap());
    assert_eq!(told(&Options::from_pairs(both).unwrap()), expected);
    let [one, other, third] = both;
    assert_eq!(
        told(&Options::from_pairs([other, one, third]).unwrap()),
        expected
    );
}

#[test]
fn of_the_same_name_the_later_goes_first_and_the_builder_before_all() {
    let twice = Options::from_pairs([("max_entries", "1"), ("MAX-ENTRIES", "2")]).unwrap();
    assert_eq!(twice.get("max_entries").as_deref(), Some("2"));
    let built = twice.max_entries(3);
    assert_eq!(built.get("max_entries").as_deref(), Some("3"));
    let again = built.set("max_entries", "4").unwrap();
    assert_eq!(again.get("max_entries").as_deref(), Some("4"));

    let threshold = Options::new("").set("compress_threshold", "5").unwrap();
    let on = threshold.clone().set("gzip", "on").unwrap();
    assert_eq!(on.get("compress_threshold").as_deref(), Some("5"));
    let built = threshold.compress(s3cache::Compression::FAST);
    assert_eq!(built.get("compress_threshold"), None);
}

#[test]
fn a_name_that_is_not_known_is_refused_with_the_nearest() {
    for (name, meant) in [
        ("max_entires", "max_entries"),
        ("MAX-ENTRY", "max_entries"),
        ("bukcet", "bucket"),
        ("acess_key", "access_key"),
        ("secret_ky", "secret_key"),
        ("gziped", "gzip"),
        ("time_out", "timeout"),
        ("loaction", "location"),
        ("querystring_autth", "querystring_auth"),
        ("endpoint_uri", "endpoint_url"),
    ] {
        let error = refused(Options::new("").set(name, "hush"), name).to_string();
        assert!(error.contains(name), "{error}");
        assert!(error.contains(&format!("did you mean {meant}?")), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
    let long = "x".repeat(100_000);
    for name in ["", "x", "colour", "frobnicate", "\u{fc}ber", "a\nb", &long] {
        let error = refused(Options::new("").set(name, ""), name).to_string();
        assert!(
            error.contains("Options::table()") && error.len() < 300,
            "{error}"
        );
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn options_without_a_meaning_are_listed() {
    for row in Options::ignorable() {
        let name = row.name.to_ascii_uppercase();
        for value in ["", "None"] {
            let options = Options::new("one-bucket").set(&name, value).unwrap();
            assert_eq!(options.ignored(), [&*name]);
            assert_eq!(told(&options), told(&Options::new("one-bucket")));
        }
        if row.name != "proxy" {
            let options = pair(&name, "whatever").set(&name, "again").unwrap();
            assert_eq!(options.ignored(), [&*name]);
        }
    }
    let error = refused(
        Options::new("").set("PROXY", "http://u:hush@proxy"),
        "proxy",
    );
    let error = format!("{error:?}");
    assert!(
        error.contains("PROXY") && !error.contains("hush"),
        "{error}"
    );
    assert!(Options::new("").ignored().is_empty());
}
