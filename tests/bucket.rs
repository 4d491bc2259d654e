//! The bucket is made where that is asked for, once a call, and where it is
//! said to be; one that is there already is as good.

mod support;

use std::net::SocketAddr;

use s3cache::{Cache, ConditionalWrites, Error, ErrorKind, Options, Timeout};
use support::{Heard, Script, Site, refusal, reply};

fn to(script: &Script) -> Options {
    Options::new("bucket")
        .endpoint(&script.endpoint)
        .region("us-east-1")
        .credentials("key", "secret")
        .location("app")
        .conditional_writes(ConditionalWrites::Assume)
        .environment(|_| None)
        .retries(0)
}

fn opened(options: Options) -> Cache {
    Cache::open(options).unwrap()
}

fn is_creation(asked: &Heard) -> bool {
    asked.line() == "PUT /bucket"
}

/// Each kind of call that meets a missing bucket.
type Call = fn(&Cache) -> Result<(), Error>;
const CALLS: [(&str, Call); 9] = [
    ("get", |c| c.get("k").map(|found| assert_eq!(found, None))),
    ("has_key", |c| c.has_key("k").map(|found| assert!(!found))),
    ("set", |c| c.set("k", b"v", Timeout::Default)),
    ("add", |c| {
        c.add("k", b"v", Timeout::Default)
            .map(|added| assert!(added))
    }),
    ("delete", |c| c.delete("k")),
    ("delete_many", |c| c.delete_many(["k"])),
    ("remove", |c| c.remove("k").map(|was| assert!(!was))),
    ("clear", |c| {
        c.clear().map(|removed| assert_eq!(removed.count, 0))
    }),
    ("len", |c| c.len().map(|len| assert_eq!(len, 0))),
];

/// A name that no test used before.
fn missing(site: &Site) -> (String, Options) {
    use std::hash::{BuildHasher as _, Hasher as _, RandomState};
    let random = RandomState::new().build_hasher().finish();
    let name = format!("s3cache-made-{random:016x}");
    let options = Options::new(&name)
        .endpoint(site.endpoint())
        .region(site.region())
        .credentials(site.access_key(), site.secret_key())
        .location("app")
        .conditional_writes(ConditionalWrites::Assume)
        .environment(|_| None);
    (name, options)
}

#[test]
fn a_bucket_is_made_on_demand() {
    let site = Site::start();
    let cache = opened(missing(&site).1);
    let error = cache.get("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoSuchBucket);
    let ((), made) = site.count(|| cache.create_bucket().unwrap());
    assert_eq!((made.other, made.total()), (1, 1));
    cache.set("k", b"v", Timeout::Default).unwrap();
    cache.create_bucket().unwrap();
    assert_eq!(cache.get("k").unwrap().unwrap(), b"v");
}

#[test]
fn a_bucket_is_made_where_a_call_misses_it() {
    let site = Site::start();
    for (name, call) in CALLS {
        let (_, options) = missing(&site);
        let off = opened(options.clone());
        assert_eq!(
            call(&off).unwrap_err().kind(),
            ErrorKind::NoSuchBucket,
            "{name}"
        );
        let cache = opened(options.auto_create_bucket(true));
        let (result, requests) = site.count(|| call(&cache));
        result.expect(name);
        assert_eq!(requests.other, 1, "{name}");
        let ((), requests) = site.count(|| off.delete("k").expect(name));
        assert_eq!(requests.other, 0, "it is there by now");
    }
}

/// Several at once, whoever is first.
#[test]
fn threads_make_one_bucket() {
    let site = Site::start();
    let cache = opened(missing(&site).1.auto_create_bucket(true));
    std::thread::scope(|scope| {
        for i in 0..4_u8 {
            let cache = cache.clone();
            scope.spawn(move || cache.set(&[i][..], [i], Timeout::Default).unwrap());
        }
    });
    assert_eq!(cache.len().unwrap(), 4);
}

#[test]
fn not_by_a_handle_that_only_reads() {
    let site = Site::start();
    let options = missing(&site).1.auto_create_bucket(true);
    let cache = opened(options.read_only(true));
    let (result, requests) = site.count(|| cache.get("k"));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::NoSuchBucket);
    assert_eq!((requests.get, requests.total()), (1, 1));
    let error = cache.create_bucket().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
}

#[test]
fn the_region_is_said_but_for_us_east_1() {
    let script = Script::replying("200 OK\r\nlocation: /bucket", "");
    opened(to(&script)).create_bucket().unwrap();
    opened(to(&script).region("eu-west-1"))
        .create_bucket()
        .unwrap();
    let heard = script.heard();
    let plain = [
        "authorization",
        "content-length",
        "host",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
    ];
    assert_eq!(heard[0].line(), "PUT /bucket");
    assert_eq!(heard[0].names(), plain);
    assert_eq!(heard[0].header("content-length"), Some("0"));
    assert!(heard[0].body.is_empty());
    let body = String::from_utf8(heard[1].body.clone()).unwrap();
    let expected = "<LocationConstraint>eu-west-1</LocationConstraint>";
    assert!(body.contains(expected), "{body}");
    assert!(body.starts_with(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
    ));
    let mut with_body = plain.to_vec();
    with_body.insert(2, "content-type");
    assert_eq!(heard[1].names(), with_body);
    assert_eq!(heard[1].region(), "eu-west-1");
}

#[test]
fn an_acl_is_sent_only_if_asked_for() {
    let script = Script::replying("200 OK", "");
    opened(to(&script).bucket_acl("private"))
        .create_bucket()
        .unwrap();
    opened(to(&script).bucket_acl("public-read"))
        .create_bucket()
        .unwrap();
    let heard = script.heard();
    assert_eq!(heard[0].header("x-amz-acl"), None);
    assert_eq!(heard[1].header("x-amz-acl"), Some("public-read"));
    assert_eq!(
        heard[1].header("x-amz-object-ownership"),
        Some("ObjectWriter")
    );
    for name in ["x-amz-acl", "x-amz-object-ownership"] {
        assert!(heard[1].signed().contains(&name));
    }
    // No header of objects is the bucket's, too.
    let objects = to(&script).header("x-amz-acl", "public-read");
    let objects = objects.header("x-amz-meta-a", "b");
    opened(objects).create_bucket().unwrap();
    let last = script.heard().pop().unwrap();
    assert!(
        !last
            .names()
            .iter()
            .any(|n| n == "x-amz-acl" || n == "x-amz-meta-a")
    );
}

/// To a creation `made`, to a listing `listed`, to others that there is no bucket.
fn making(made: String, listed: String) -> Script {
    Script::telling(move |asked| {
        if is_creation(asked) {
            made.clone()
        } else if asked.line().contains("list-type=2") {
            listed.clone()
        } else {
            refusal(404, "NoSuchBucket", "")
        }
    })
}

fn listing() -> String {
    reply("200 OK", "<ListBucketResult></ListBucketResult>")
}

#[test]
fn a_bucket_that_is_there_is_as_good() {
    let yours = refusal(409, "BucketAlreadyOwnedByYou", "");
    let denied = refusal(403, "AccessDenied", "");
    let script = making(yours, denied.clone());
    opened(to(&script)).create_bucket().unwrap();
    assert_eq!(script.requests(), 1);
    for (code, word) in [
        ("BucketAlreadyExists", "choose another"),
        ("OperationAborted", "try again"),
    ] {
        let script = making(refusal(409, code, ""), listing());
        opened(to(&script)).create_bucket().unwrap();
        assert_eq!(script.requests(), 2);

        let gone = refusal(404, "NoSuchBucket", "");
        for listed in [denied.clone(), gone] {
            let script = making(refusal(409, code, ""), listed);
            // Also where the listing would have the bucket made.
            for auto in [false, true] {
                let before = script.requests();
                let cache = opened(to(&script).auto_create_bucket(auto));
                let error = cache.create_bucket().unwrap_err();
                assert_eq!(error.code(), Some(code));
                assert_eq!(error.operation(), Some("CreateBucket"));
                assert!(error.to_string().contains(word), "{error}");
                assert_eq!(script.requests() - before, 2);
            }
        }
    }
}

/// AWS has a word of its own for one's own, so there the name is somebody
/// else's, although everybody may list that bucket. An engine on a machine of
/// AWS's is not S3.
#[test]
fn on_aws_a_taken_name_is_somebody_elses() {
    let create: Call = Cache::create_bucket;
    let len: Call = |c| c.len().map(drop);
    for (code, host, usable) in [
        ("BucketAlreadyExists", "s3.eu-west-1.amazonaws.com", false),
        (
            "BucketAlreadyExists",
            "s3.dualstack.eu-west-1.amazonaws.com",
            false,
        ),
        (
            "BucketAlreadyExists",
            "ec2-192-0-2-1.eu-west-1.compute.amazonaws.com",
            true,
        ),
        ("OperationAborted", "s3.eu-west-1.amazonaws.com", true),
    ] {
        for call in [create, len] {
            let mut missing = true;
            let script = Script::telling(move |asked| {
                if is_creation(asked) {
                    missing = false;
                    refusal(409, code, "")
                } else if missing {
                    refusal(404, "NoSuchBucket", "")
                } else {
                    listing()
                }
            });
            let there: SocketAddr = script.endpoint["http://".len()..].parse().unwrap();
            let options = to(&script)
                .endpoint(format!("http://{host}:{}", there.port()))
                .resolver(move |_, _| Ok(vec![there]))
                .region("eu-west-1")
                .auto_create_bucket(true);
            let result = call(&opened(options));
            if usable {
                result.unwrap();
                continue;
            }
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
            assert_eq!(error.code(), Some(code));
            assert!(error.to_string().contains("choose another"), "{error}");
            let heard = script.heard();
            assert!(is_creation(heard.last().unwrap()), "{heard:?}");
        }
    }
}

#[test]
fn a_refusal_is_told() {
    for (told, kind, word) in [
        (
            refusal(403, "AccessDenied", ""),
            ErrorKind::AccessDenied,
            "s3:CreateBucket",
        ),
        (
            refusal(400, "InvalidBucketAclWithBlockPublicAccessError", ""),
            ErrorKind::Refused,
            "bucket_acl",
        ),
        (
            refusal(400, "InvalidBucketName", ""),
            ErrorKind::Refused,
            "as told",
        ),
        (
            refusal(404, "NoSuchBucket", ""),
            ErrorKind::NoSuchBucket,
            "as told",
        ),
        (
            reply("200 OK\r\ncontent-type: text/html", "<html>Log in</html>"),
            ErrorKind::NotS3,
            "proxy",
        ),
    ] {
        let script = making(told, listing());
        let error = opened(to(&script)).create_bucket().unwrap_err();
        assert_eq!((error.kind(), script.requests()), (kind, 1), "{error}");
        assert!(error.to_string().contains(word), "{error}");
        assert_eq!(error.operation(), Some("CreateBucket"));
        let cache = opened(to(&script).auto_create_bucket(true));
        let error = cache.get("k").unwrap_err();
        assert_eq!((error.kind(), script.requests()), (kind, 3), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}

/// A bucket that stays missing is made once, and then reported.
#[test]
fn one_attempt_a_call() {
    let gone = refusal(404, "NoSuchBucket", "");
    for (name, call) in CALLS {
        let script = making(reply("200 OK", ""), gone.clone());
        let cache = opened(to(&script).auto_create_bucket(true));
        let error = call(&cache).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoSuchBucket, "{name}: {error}");
        let heard = script.heard();
        let made = heard.iter().filter(|asked| is_creation(asked)).count();
        assert_eq!((made, heard.len()), (1, 3), "{name}: {heard:?}");
    }
}

/// The region is learned on the way: the second try names it.
#[test]
fn a_bucket_is_made_in_the_region_that_is_told() {
    let told = "<Region>us-east-1</Region>";
    let told = refusal(400, "AuthorizationHeaderMalformed", told);
    let script = Script::telling(move |asked| match asked.region() {
        "eu-west-1" => told.clone(),
        _ if asked.body.is_empty() => reply("200 OK", ""),
        _ => refusal(400, "InvalidLocationConstraint", ""),
    });
    let cache = opened(to(&script).region("eu-west-1"));
    cache.create_bucket().unwrap();
    assert_eq!(cache.region(), "us-east-1");
    assert_eq!(script.requests(), 3);
}
