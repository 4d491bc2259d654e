//! Hosts and paths as they come out, and what is refused.

use super::*;
use crate::error::ErrorKind;

fn at(url: &str) -> Result<Endpoint> {
    Endpoint::new("bucket", "us-east-1", Some(url), None)
}

#[test]
fn hosts_and_paths() {
    let told = |e: Endpoint| (e.tls, e.host, e.base);
    let http = |host: &str, base: &str| (false, host.to_owned(), base.to_owned());
    for (url, host, base) in [
        ("http://127.0.0.1:9000", "127.0.0.1:9000", "/bucket/"),
        ("http://127.0.0.1:80/", "127.0.0.1", "/bucket/"),
        ("http://[::1]:9000/s3/", "[::1]:9000", "/s3/bucket/"),
        (
            "http://Minio.Local:8333/a/b",
            "minio.local:8333",
            "/a/b/bucket/",
        ),
    ] {
        assert_eq!(told(at(url).unwrap()), http(host, base), "{url}");
    }
    let virtual_host = Endpoint::new("bucket", "r", Some("http://s3.local"), Some(false));
    assert_eq!(told(virtual_host.unwrap()), http("bucket.s3.local", "/"));
}

#[cfg(feature = "tls")]
#[test]
fn aws_by_region() {
    let told = |bucket: &str, region: &str| {
        let e = Endpoint::new(bucket, region, None, None).unwrap();
        assert!(e.tls && e.is_aws());
        e.host + &e.base
    };
    assert_eq!(
        told("bucket", "us-east-1"),
        "bucket.s3.us-east-1.amazonaws.com/"
    );
    assert_eq!(
        told("bucket", "cn-north-1"),
        "bucket.s3.cn-north-1.amazonaws.com.cn/"
    );
    assert_eq!(
        told("my.bucket", "af-south-1"),
        "s3.af-south-1.amazonaws.com/my.bucket/"
    );
}

#[test]
fn refused() {
    for url in [
        "",
        "host",
        "ftp://host",
        "http://",
        "http://u:p@host",
        "http://u@host",
        "http://host?x",
        "http://host#x",
        "http://host/a b",
        "http://host/..",
        "http://host/a/./b",
        "http://host//a",
        "http://ho\tst",
        "http://host\\x",
        "http:/host",
        "http://host:99999",
        "http://host/%2e%2e",
        "http://höst",
        "http://{bucket}.host",
        "http://a`b",
        "http://a\"b",
    ] {
        let error = at(url).expect_err(url);
        assert_eq!(error.kind(), ErrorKind::InvalidOption, "{url}");
        assert!(!format!("{error:?}").contains("u:p"), "{error}");
    }
    for bucket in [
        "",
        "ab",
        "a/b",
        "x?y",
        "A-b",
        "a_b",
        "-ab",
        "ab-",
        "a..b",
        "a--use1-az5--x-s3",
    ] {
        Endpoint::new(bucket, "r", Some("http://host"), None).expect_err(bucket);
    }
    Endpoint::new("bucket", "", None, None).expect_err("empty region");
    Endpoint::new("bucket", "us/east", None, None).expect_err("slash in region");
    Endpoint::new("bucket", "r", Some("http://127.0.0.1"), Some(false))
        .expect_err("host style by address");
}

/// A key of the customer's goes to these, and to no other without TLS.
#[test]
fn only_this_machine_is_not_in_the_clear() {
    let in_the_clear = |url| at(url).unwrap().is_in_the_clear();
    for url in [
        "http://localhost",
        "http://LOCALHOST:9000",
        "http://127.0.0.1",
        "http://127.1:9000",
        "http://127.9.9.9:9000",
        "http://[::1]",
        "http://[::1]:9000",
    ] {
        assert!(!in_the_clear(url), "{url}");
    }
    for url in [
        "http://host",
        "http://127.evil.com",
        "http://localhost.evil.com:80",
        "http://128.0.0.1",
        "http://[::2]:9000",
        "http://[::7f00:1]",
    ] {
        assert!(in_the_clear(url), "{url}");
    }
}

/// AWS's own host changes with the region, however it was given; others stay.
#[cfg(feature = "tls")]
#[test]
fn a_bucket_moves_to_another_region() {
    let moved = |url, region| {
        let there = Endpoint::new("bucket", "us-east-1", url, None).unwrap();
        let there = there.in_region(region).unwrap();
        assert_eq!(there.region, region);
        format!("{}://{}{}", there.scheme(), there.host, there.base)
    };
    for (url, region, expected) in [
        (
            None,
            "us-gov-west-1",
            "https://bucket.s3.us-gov-west-1.amazonaws.com/",
        ),
        (
            None,
            "cn-north-1",
            "https://bucket.s3.cn-north-1.amazonaws.com.cn/",
        ),
        (
            Some("https://s3.amazonaws.com"),
            "eu-west-1",
            "https://s3.eu-west-1.amazonaws.com/bucket/",
        ),
        (
            Some("http://s3.us-east-1.amazonaws.com"),
            "eu-west-1",
            "http://s3.eu-west-1.amazonaws.com/bucket/",
        ),
        (
            Some("https://s3.example.com/x"),
            "eu-west-1",
            "https://s3.example.com/x/bucket/",
        ),
    ] {
        assert_eq!(moved(url, region), expected, "{url:?}");
    }
}

proptest::proptest! {
    /// What a stranger's reply calls a region names no other host than AWS's.
    #[test]
    fn no_hint_leads_away_from_aws(hint in "[ -~\r\n\u{e9}]{0,80}") {
        let aws = Endpoint::new("bucket", "us-east-1", Some("http://s3.us-east-1.amazonaws.com"), None);
        if let Ok(there) = aws.unwrap().in_region(&hint) {
            proptest::prop_assert!(is_region(&hint));
            let domains = ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov", "csp.hci.ic.gov", "cloud.adc-e.uk"];
            let host = there.host.strip_prefix(&format!("s3.{}.", hint.to_lowercase()));
            proptest::prop_assert!(domains.contains(&host.unwrap_or_default()), "{}", there.host);
            proptest::prop_assert_eq!(there.base, "/bucket/");
        }
    }
}
