//! What is asked to go with each object goes with each write of one, signed,
//! and with no other request; nothing that was not asked for does.

mod support;

use s3cache::{Cache, Options, Timeout};
use support::{Heard, Script, Site, open, options, refusal, reply};

/// 32 bytes in base64, and the MD5 of them as openssl has it.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY_MD5: &str = "hRasmdxgYDKV3nvbahU1MA==";

const PLAIN: [&str; 7] = [
    "authorization",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
];

fn to(endpoint: &str) -> Options {
    Options::new("bucket")
        .endpoint(endpoint)
        .credentials("key", "secret")
        .location("app")
        .environment(|_| None)
}

/// A cache's doings against a server that has nothing: whole and ranged GET,
/// PUT with and without a condition, DELETE, DELETE of many, LIST.
fn all_it_does(set: impl Fn(Options) -> Options) -> Vec<Heard> {
    let script = Script::telling(|asked| match asked.method() {
        "PUT" => reply("200 OK\r\netag: \"new\"", ""),
        "DELETE" => reply("204 No Content\r\nx-amz-request-id: 1", ""),
        "POST" => reply("200 OK", "<DeleteResult></DeleteResult>"),
        _ if asked.line().contains("list-type=2") => {
            reply("200 OK", "<ListBucketResult></ListBucketResult>")
        }
        _ => refusal(404, "NoSuchKey", ""),
    });
    let conditions = s3cache::ConditionalWrites::Assume;
    let options = set(to(&script.endpoint)).conditional_writes(conditions);
    let cache = Cache::open(options).unwrap();
    cache.get("k").unwrap();
    cache.has_key("k").unwrap();
    cache.set("k", b"v", Timeout::Default).unwrap();
    assert!(cache.add("k", b"v", Timeout::Default).unwrap());
    cache.delete("k").unwrap();
    cache.delete_many(["k"]).unwrap();
    cache.clear().unwrap();
    script.heard()
}

/// Those and no others go with each PUT, and all are signed.
fn goes_with_puts(set: impl Fn(Options) -> Options, expected: &[(&str, &str)]) {
    let heard = all_it_does(set);
    let puts: Vec<_> = heard
        .iter()
        .filter(|asked| asked.method() == "PUT")
        .collect();
    assert_eq!(puts.len(), 2);
    for put in puts {
        let mut names = put.names();
        names.retain(|name| name != "if-none-match");
        let added: Vec<_> = expected.iter().map(|pair| pair.0).collect();
        let mut all = [&PLAIN[..], &added].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(names, all);
        for (name, value) in expected {
            assert_eq!(put.header(name), Some(*value));
            assert!(put.signed().contains(name), "{name} is not signed");
        }
    }
    for asked in heard.iter().filter(|asked| asked.method() != "PUT") {
        let names = asked.names();
        let ours =
            |name: &String| PLAIN.contains(&&**name) || ["range", "content-md5"].contains(&&**name);
        assert!(names.iter().all(ours), "{asked:?}");
    }
}

#[test]
fn nothing_that_was_not_asked_for() {
    let plain = [("content-type", "application/octet-stream")];
    goes_with_puts(|o| o, &plain);
    goes_with_puts(|o| o.acl("private").acl(""), &plain);
    goes_with_puts(|o| o.acl("private"), &plain);
    let empty = |o: Options| o.storage_class("").encryption("").cache_control("");
    goes_with_puts(empty, &plain);
    goes_with_puts(|o| empty(o).content_type("").encryption_key_id(""), &plain);
}

#[test]
fn canned_acls() {
    for acl in [
        "public-read",
        "public-read-write",
        "authenticated-read",
        "aws-exec-read",
        "bucket-owner-read",
        "bucket-owner-full-control",
    ] {
        goes_with_puts(|o| o.acl(acl), &[("x-amz-acl", acl)]);
    }
    goes_with_puts(|o| o.acl("Public-Read"), &[("x-amz-acl", "public-read")]);
}

#[test]
fn storage_classes() {
    let name = "x-amz-storage-class";
    for class in [
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "GLACIER_IR",
        "ONEZONE_IA",
    ] {
        goes_with_puts(|o| o.storage_class(class), &[(name, class)]);
    }
    goes_with_puts(|o| o.storage_class("standard_ia"), &[(name, "STANDARD_IA")]);
}

#[test]
fn encryption() {
    let name = "x-amz-server-side-encryption";
    goes_with_puts(|o| o.encryption("aes256"), &[(name, "AES256")]);
    goes_with_puts(|o| o.encryption("aws:kms"), &[(name, "aws:kms")]);
    let id = "arn:aws:kms:us-east-1:1:key/a-b";
    goes_with_puts(
        |o| o.encryption("AWS:KMS:DSSE").encryption_key_id(id),
        &[
            (name, "aws:kms:dsse"),
            ("x-amz-server-side-encryption-aws-kms-key-id", id),
        ],
    );
}

/// The one thing that a read must bring as well.
#[test]
fn a_key_of_the_customers() {
    let prefix = "x-amz-server-side-encryption-customer";
    let headers = [
        (format!("{prefix}-algorithm"), "AES256"),
        (format!("{prefix}-key"), KEY),
        (format!("{prefix}-key-md5"), KEY_MD5),
    ];
    for how in ["", "customer"] {
        let heard = all_it_does(|o| o.encryption(how).encryption_customer_key(KEY));
        for asked in heard {
            let of_an_object = asked.line().contains("/bucket/app/") && asked.method() != "DELETE";
            for (name, value) in &headers {
                let expected = of_an_object.then_some(*value);
                assert_eq!(asked.header(name), expected, "{asked:?}");
                assert_eq!(asked.signed().contains(&&**name), of_an_object);
            }
        }
    }
    // Not to be sent where others can read it.
    for endpoint in ["http://192.0.2.1:9000", "http://127.evil.com"] {
        let options = to(endpoint).encryption_customer_key(KEY);
        let error = Cache::open(options).unwrap_err();
        assert!(error.to_string().contains("https only"), "{error}");
    }
    for endpoint in ["http://localhost", "http://[::1]"] {
        Cache::open(to(endpoint).encryption_customer_key(KEY)).unwrap();
    }
    let shown = format!("{:?}", to("http://localhost").encryption_customer_key(KEY));
    assert!(!shown.contains("MDEy"), "{shown}");
}

#[test]
fn type_and_cache_control_and_others() {
    goes_with_puts(
        |o| {
            o.content_type("text/plain; charset=utf-8")
                .cache_control("max-age=60, public")
        },
        &[
            ("content-type", "text/plain; charset=utf-8"),
            ("cache-control", "max-age=60, public"),
        ],
    );
    goes_with_puts(
        |o| {
            o.header("X-Amz-Meta-Owner", " one ")
                .header("x-amz-meta-owner", "Two <2>; \"q\"")
                .header("Content-Language", "de")
                .header("x-amz-tagging", "a=b&c=d")
        },
        &[
            ("x-amz-meta-owner", "Two <2>; \"q\""),
            ("content-language", "de"),
            ("x-amz-tagging", "a=b&c=d"),
        ],
    );
    // An option goes before a header, whichever was said first.
    goes_with_puts(
        |o| o.header("x-amz-acl", "aws-exec-read").acl("public-read"),
        &[("x-amz-acl", "public-read")],
    );
    goes_with_puts(
        |o| {
            o.content_type("text/css")
                .header("content-type", "text/csv")
        },
        &[("content-type", "text/css")],
    );
    goes_with_puts(
        |o| o.header("content-type", "text/csv"),
        &[("content-type", "text/csv")],
    );
}

/// Where the engine encrypts (SeaweedFS does, s3s-fs does not), others are
/// refused, and told why.
#[test]
fn a_key_of_the_customers_opens_what_it_closed() {
    let site = Site::start();
    let of = |key: &str| {
        let options = options(&site, "app").encryption_customer_key(key);
        Cache::open(options).unwrap()
    };
    let cache = of(KEY);
    cache.set("n", b"1", Timeout::Default).unwrap();
    assert_eq!(cache.incr("n", 1).unwrap(), 2);
    assert!(cache.has_key("n").unwrap() && cache.touch("n", Timeout::Never).unwrap());
    assert_eq!(cache.get("n").unwrap().unwrap(), b"2");
    let another = KEY.replacen("MD", "ND", 1);
    for other in [open(&site, "app"), of(&another)] {
        for answer in [other.get("n").map(|_| ()), other.has_key("n").map(|_| ())] {
            if let Err(error) = answer {
                let text = error.to_string();
                assert!(text.contains("encryption_customer_key"), "{text}");
            }
        }
    }
    assert!(cache.remove("n").unwrap());
}

/// A signature that does not cover what is sent would be refused.
#[test]
fn a_server_takes_them() {
    let site = Site::start();
    let id = "x-amz-meta-owner";
    let settings: [fn(Options) -> Options; 7] = [
        |o| o.header("x-amz-meta-owner", "A b; \"c\" <d> ~!@#$%^&*()"),
        |o| {
            o.content_type("text/plain; charset=utf-8")
                .cache_control("max-age=60")
        },
        |o| {
            o.header("content-language", "de")
                .header("content-disposition", "inline")
        },
        |o| o.acl("private"),
        |o| o.acl("bucket-owner-full-control"),
        |o| o.storage_class("STANDARD"),
        |o| o.storage_class("REDUCED_REDUNDANCY"),
    ];
    for (i, set) in settings.into_iter().enumerate() {
        let cache = Cache::open(set(options(&site, "app"))).unwrap();
        let key = format!("k{i}");
        cache.set(&key, b"v", Timeout::Default).expect(&key);
        assert!(!cache.add(&key, b"w", Timeout::Default).unwrap());
        assert!(cache.touch(&key, Timeout::Never).unwrap());
        assert_eq!(open(&site, "app").get(&key).unwrap().unwrap(), b"v");
    }
    let log = site.log();
    let writes: Vec<_> = log.iter().filter(|seen| seen.method == "PUT").collect();
    assert!(writes[0].headers.iter().any(|name| name == id));
}
