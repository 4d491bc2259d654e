//! Whatever the options say, what comes out can be sent and signed as it is.

use proptest::prelude::*;

use super::*;

fn endpoint() -> Endpoint {
    Endpoint::new("bucket", "us-east-1", Some("http://127.0.0.1:9"), None).unwrap()
}

fn of(given: &Objects) -> Result<Vec<Header>> {
    let headers = ObjectHeaders::check(given, &endpoint())?;
    Ok(headers.put.to_vec())
}

fn with(name: &str, value: &str) -> Result<Vec<Header>> {
    of(&Objects {
        headers: vec![(name.into(), value.into())],
        ..Objects::default()
    })
}

fn pair(name: &str, value: &str) -> Header {
    (name.into(), value.into())
}

const DEFAULT: (&str, &str) = ("content-type", "application/octet-stream");

#[test]
fn nothing_but_the_type_unless_asked() {
    let plain = ObjectHeaders::check(&Objects::default(), &endpoint()).unwrap();
    assert_eq!(*plain.put, [pair(DEFAULT.0, DEFAULT.1)]);
    assert!(plain.get.is_empty());
    let empty = Some(String::new());
    let all_empty = Objects {
        acl: Some("Private".into()),
        storage_class: empty.clone(),
        encryption: empty.clone(),
        encryption_key_id: empty.clone(),
        encryption_customer_key: empty.clone(),
        content_type: empty.clone(),
        cache_control: empty,
        ..Objects::default()
    };
    assert_eq!(of(&all_empty).unwrap(), [pair(DEFAULT.0, DEFAULT.1)]);
}

#[test]
fn reduced_redundancy_is_a_storage_class() {
    let class = |storage_class: Option<&str>| {
        let headers = of(&Objects {
            reduced_redundancy: true,
            storage_class: storage_class.map(str::to_owned),
            ..Objects::default()
        });
        headers.unwrap()[1].1.clone()
    };
    assert_eq!(class(None), "REDUCED_REDUNDANCY");
    assert_eq!(class(Some("standard_ia")), "STANDARD_IA");
}

#[test]
fn the_later_of_two_and_the_option_before_both() {
    let given = Objects {
        cache_control: Some("no-store".into()),
        headers: vec![
            pair("X-Amz-Meta-A", "1"),
            pair("x-amz-meta-b", "2"),
            pair("x-amz-meta-a", "3"),
            pair("Cache-Control", "public"),
            pair("content-type", "text/plain"),
            pair("Content-Type", "text/csv"),
        ],
        ..Objects::default()
    };
    let mut headers = of(&given).unwrap();
    headers.sort();
    let expected = [
        pair("cache-control", "no-store"),
        pair("content-type", "text/csv"),
        pair("x-amz-meta-a", "3"),
        pair("x-amz-meta-b", "2"),
    ];
    assert_eq!(headers, expected);
    let kind = Objects {
        content_type: Some("text/html; charset=utf-8".into()),
        ..given
    };
    let kind = ObjectHeaders::check(&kind, &endpoint()).unwrap();
    assert!(kind.is_content_type("Text/HTML"));
    assert!(!kind.is_content_type("text/csv"));
}

#[test]
fn refused() {
    for (name, value) in [
        ("", "v"),
        (" ", "v"),
        ("a b", "v"),
        ("a:b", "v"),
        ("a\r\nb", "v"),
        ("caf\u{e9}", "v"),
        ("\u{a0}x", "v"),
        ("x-a\n", "v"),
        ("x-a", ""),
        ("x-a", " "),
        ("x-a", "a  b"),
        ("x-a", "a\tb"),
        ("x-a", "a\r\nb: c"),
        ("x-a", "a\r\n"),
        ("x-a", "\na"),
        ("x-a", "\u{a0}a"),
        ("x-a", "caf\u{e9}"),
        ("x-a", "\u{7f}"),
        ("x-a", "\0"),
        ("x-amz-checksum-sha256", "v"),
        ("X-Amz-Server-Side-Encryption-Customer-Key", "v"),
    ] {
        let error = with(name, value).expect_err(name);
        assert!(error.to_string().contains("option headers"), "{error}");
    }
    for name in OURS.iter().chain(&OURS_OF_S3) {
        with(name, "v").expect_err(name);
        with(&name.to_uppercase(), "v").expect_err(name);
    }
    with("x-a", &"v".repeat(2049)).unwrap_err();
    with("x-a", &"v".repeat(2048)).unwrap();
    assert_eq!(with(" x-a ", " a b ").unwrap()[1], pair("x-a", "a b"));
}

proptest! {
    #[test]
    fn no_header_breaks_a_line(
        name in "[ -~\r\n\t\u{e9}]{0,20}",
        value in any::<String>(),
        acl in any::<Option<String>>(),
        class in any::<Option<String>>(),
        kind in "[ -~\r\n]{0,20}",
        control in any::<Option<String>>(),
        key_id in any::<Option<String>>(),
    ) {
        let given = Objects {
            acl,
            storage_class: class,
            encryption: key_id.as_ref().map(|_| "aws:kms".into()),
            encryption_key_id: key_id,
            content_type: Some(kind),
            cache_control: control,
            headers: vec![(name, value)],
            ..Objects::default()
        };
        // One at a time, too: together they are mostly refused.
        let alone = |given: &dyn Fn(&mut Objects)| {
            let mut objects = Objects::default();
            given(&mut objects);
            objects
        };
        for given in [
            alone(&|o| o.acl.clone_from(&given.acl)),
            alone(&|o| o.storage_class.clone_from(&given.storage_class)),
            alone(&|o| o.content_type.clone_from(&given.content_type)),
            alone(&|o| o.cache_control.clone_from(&given.cache_control)),
            alone(&|o| o.headers.clone_from(&given.headers)),
            alone(&|o| {
                o.encryption.clone_from(&given.encryption);
                o.encryption_key_id.clone_from(&given.encryption_key_id);
            }),
            given,
        ] {
            for (name, value) in of(&given).unwrap_or_default() {
                let visible = |b: u8| (0x21..0x7f).contains(&b);
                prop_assert!(!name.is_empty() && name.bytes().all(visible));
                prop_assert!(!name.bytes().any(|b| b == b':' || b.is_ascii_uppercase()));
                prop_assert!(!value.is_empty() && value.bytes().all(|b| visible(b) || b == b' '));
                prop_assert_eq!(value.trim(), &*value);
                prop_assert!(!value.contains("  "));
            }
        }
    }
}
