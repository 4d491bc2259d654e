//! Where the bucket is, and whose keys to use.

use std::time::Duration;

use s3cache::Options;

use super::{NEITHER, Sample, YES, row, text_only};

const WAIT: &[(&str, Option<&str>)] = &[
    ("1.5", Some("1.5")),
    ("250ms", Some("0.25")),
    ("2 m", Some("120")),
    ("1h", Some("3600")),
    ("1D", Some("86400")),
];
const NO_WAIT: &[&str] = &[
    "soon",
    "0",
    "-1",
    "0.5ms",
    "5 parsecs",
    "1e3",
    "never",
    "99999999999999999999d",
];

const ACCESS: &[(&str, Option<&str>)] = &[("hush-a", None), ("hush-b", None)];
const NO_ACCESS: &[&str] = &["hu sh", "hush\n", "h\u{fc}sh", " hush"];

pub(super) const SAMPLES: [Sample; 23] = [
    row(
        "bucket",
        &[
            ("one-bucket", Some("one-bucket")),
            ("another.bucket", Some("another.bucket")),
        ],
        &[
            "ab",
            "Capitals",
            "a/b",
            "x?y",
            "-ab",
            "a..b",
            "s3://bucket",
            "a--x-s3",
            "192.168.5.4",
        ],
        |_| Options::new("one-bucket"),
    ),
    row(
        "location",
        &[
            ("app/cache", Some("app/cache")),
            ("/app/", Some("app")),
            ("~=@!()*", Some("~=@!()*")),
            ("/", None),
        ],
        &[
            "a//b",
            "..",
            "a/../b",
            "a/./b",
            "a%2fb",
            "a b",
            "caf\u{e9}",
            "a?b",
            "a#b",
            "a\nb",
        ],
        |o| o.location("app/cache"),
    ),
    row(
        "endpoint",
        &[
            ("http://127.0.0.1:9000", Some("http://127.0.0.1:9000")),
            ("http://host/path", Some("http://host/path")),
        ],
        &[
            "127.0.0.1:9000",
            "ftp://host",
            "http://",
            "http://host/?a=b",
            "http://host/a b",
            "http://host:0",
            "http://a..b",
            "None",
        ],
        |o| o.endpoint("http://127.0.0.1:9000"),
    ),
    text_only(
        "host",
        &[
            ("minio.local", Some("minio.local")),
            ("127.0.0.1", Some("127.0.0.1")),
            (
                "s3.eu-west-1.amazonaws.com",
                Some("s3.eu-west-1.amazonaws.com"),
            ),
            ("s3.amazonaws.com", Some("s3.amazonaws.com")),
        ],
        &[
            "http://host",
            "host/path",
            "a b",
            "a?b",
            "a%b",
            "-x-",
            "a..b",
            "h:0",
        ],
    ),
    text_only(
        "port",
        &[("9000", Some("9000")), ("65535", Some("65535"))],
        &["0", "65536", "-1", "http", "80,81", "9000.0"],
    ),
    text_only(
        "use_ssl",
        &[
            ("no", Some("no")),
            ("False", Some("no")),
            ("0", Some("no")),
            ("yes", Some("yes")),
        ],
        NEITHER,
    ),
    row(
        "region",
        &[
            ("eu-central-1", Some("eu-central-1")),
            ("EU", Some("eu-west-1")),
            ("garage", Some("garage")),
        ],
        &["eu central", "eu/1", "\u{fc}", "us-east-1?", "-"],
        |o| o.region("eu-central-1"),
    ),
    row(
        "path_style",
        &[
            ("yes", Some("yes")),
            ("no", Some("no")),
            ("path", Some("yes")),
            ("Virtual", Some("no")),
            ("auto", None),
            ("OrdinaryCallingFormat", Some("yes")),
            ("boto.s3.connection.OrdinaryCallingFormat", Some("yes")),
            (
                "boto.s3.connection.ProtocolIndependentOrdinaryCallingFormat",
                Some("yes"),
            ),
            ("ProtocolIndependentOrdinaryCallingFormat", Some("yes")),
            ("SubdomainCallingFormat", Some("no")),
            ("boto.s3.connection.SubdomainCallingFormat", Some("no")),
        ],
        &[
            "maybe",
            "VHostCallingFormat",
            "boto.s3.connection.VHostCallingFormat",
            "dns",
        ],
        |o| o.path_style(true),
    ),
    row(
        "ca_file",
        &[
            ("/etc/ca.pem", Some("/etc/ca.pem")),
            ("ca \u{fc}.pem", Some("ca \u{fc}.pem")),
        ],
        &[],
        |o| o.ca_file("/etc/ca.pem"),
    ),
    row("danger_accept_invalid_certs", YES, NEITHER, |o| {
        o.danger_accept_invalid_certs(true)
    }),
    row("connect_timeout", WAIT, NO_WAIT, |o| {
        o.connect_timeout(Duration::from_millis(1500))
    }),
    row("read_timeout", WAIT, NO_WAIT, |o| {
        o.read_timeout(Duration::from_millis(1500))
    }),
    row("write_timeout", WAIT, NO_WAIT, |o| {
        o.write_timeout(Duration::from_millis(1500))
    }),
    row("deadline", WAIT, NO_WAIT, |o| {
        o.deadline(Duration::from_millis(1500))
    }),
    row(
        "retries",
        &[("2", Some("2")), ("0", Some("0")), ("3", None)],
        &["often", "-1", "4294967296"],
        |o| o.retries(2),
    ),
    row(
        "breaker_after",
        &[("2", Some("2")), ("0", Some("0")), ("10", None)],
        &["soon", "-1", "4294967296"],
        |o| o.breaker_after(2),
    ),
    row(
        "breaker_pause",
        &[("60", Some("60")), ("1m", Some("60")), ("5", None)],
        &["long", "-1", "never"],
        |o| o.breaker_pause(Duration::from_secs(60)),
    ),
    text_only("access_key", ACCESS, NO_ACCESS),
    text_only("secret_key", ACCESS, NO_ACCESS),
    text_only("session_token", ACCESS, NO_ACCESS),
    row(
        "profile",
        &[("dev", Some("dev")), ("a b", Some("a b"))],
        &[],
        |o| o.profile("dev"),
    ),
    row("anonymous", YES, NEITHER, |o| o.anonymous(true)),
    row(
        "sign_payload",
        &[("yes", Some("yes")), ("no", Some("no")), ("Auto", None)],
        &["maybe", "2"],
        |o| o.sign_payload(true),
    ),
];
