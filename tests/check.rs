//! `Cache::check`: one call that proves the settings, and for each way of
//! being misconfigured names the right thing and what to do.

mod support;

use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use s3cache::{
    Cache, ConditionalWrites, Conditions as Found, ErrorKind, Options, Report, Timeout, Verdict,
};
use support::{
    ALWAYS, Act, Bucket, Conditions, Fault, Kind, Script, Site, open, options, refusal, reply,
};

const SUBJECTS: [&str; 10] = [
    "server",
    "clock",
    "credentials",
    "region",
    "bucket",
    "list",
    "write",
    "read",
    "conditions",
    "delete",
];

fn check(options: Options) -> Report {
    Cache::open(options).unwrap().check()
}

/// That this one, and nothing else, is bad, and is described in these words.
fn only_bad(report: &Report, subject: &str, kind: ErrorKind, words: &[&str]) {
    assert!(!report.is_good());
    for finding in report.findings() {
        let bad = matches!(finding.verdict, Verdict::Bad(_));
        assert_eq!(bad, finding.subject == subject, "{report}");
    }
    let Some(Verdict::Bad(error)) = report.verdict(subject) else {
        panic!("{subject} is not bad:\n{report}");
    };
    assert_eq!(error.kind(), kind, "{report}");
    let text = report.to_string();
    let line = text.lines().find(|l| l.starts_with(subject)).unwrap();
    assert!(line.contains("FAILED"), "{line}");
    for word in words {
        assert!(line.contains(word), "{line}\ndoes not say {word}");
    }
    let subjects: Vec<_> = report.findings().iter().map(|f| f.subject).collect();
    let mut sorted = subjects.clone();
    sorted.sort_unstable();
    let mut all = SUBJECTS;
    all.sort_unstable();
    assert_eq!(sorted, all, "each has one line:\n{report}");
}

fn not_tried(report: &Report, subjects: &[&str]) {
    for subject in subjects {
        let verdict = report.verdict(subject);
        assert!(
            matches!(verdict, Some(Verdict::Skipped(_))),
            "{subject}:\n{report}"
        );
    }
}

#[test]
fn all_is_well() {
    let site = Site::start();
    let cache = open(&site, "app");
    let (report, seen) = site.count(|| cache.check());
    assert!(report.is_good(), "{report}");
    let text = report.to_string();
    let subjects: Vec<_> = text.lines().filter_map(|l| l.split(' ').next()).collect();
    assert_eq!(subjects, SUBJECTS, "{text}");
    for line in text.lines() {
        assert!(line[12..].starts_with(" ok  "), "{text}");
    }
    assert!(!text.contains(site.secret_key()), "{text}");
    assert!(seen.list <= 1 && seen.put + seen.conditional_put <= 5 && seen.delete <= 2);
    assert!(seen.total() <= 10, "{seen:?}");
    assert_eq!(site.list_raw(&site.location("app/")), [""; 0]);
}

#[test]
fn nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let options = Options::new("bucket")
        .endpoint(&endpoint)
        .credentials("k", "s");
    let report = check(options);
    let words = ["cannot connect", &endpoint, "check the endpoint"];
    only_bad(&report, "server", ErrorKind::Unreachable, &words);
    not_tried(&report, &SUBJECTS[1..]);
}

#[test]
fn a_web_page_answers() {
    let portal = Script::replying("200 OK\r\ncontent-type: text/html", "<html>Log in</html>");
    let options = Options::new("bucket")
        .endpoint(&portal.endpoint)
        .credentials("k", "s");
    let report = check(options);
    only_bad(&report, "server", ErrorKind::NotS3, &["proxy"]);
    not_tried(&report, &SUBJECTS[1..]);
}

#[test]
fn there_are_no_credentials() {
    let site = Site::embedded();
    let options = Options::new(site.bucket())
        .endpoint(site.endpoint())
        .environment(|name| (name == "AWS_EC2_METADATA_DISABLED").then(|| "true".into()));
    let report = check(options);
    let words = ["AWS_ACCESS_KEY_ID", "credentials"];
    only_bad(&report, "credentials", ErrorKind::InvalidOption, &words);
    assert_eq!(site.requests().total(), 0);
}

#[test]
fn the_secret_is_wrong() {
    let site = Site::start();
    let options = options(&site, "app").credentials(site.access_key(), "wrong-secret");
    let report = check(options);
    only_bad(
        &report,
        "credentials",
        ErrorKind::BadCredentials,
        &["secret key"],
    );
    not_tried(&report, &["region", "bucket", "list", "write", "delete"]);
    assert!(!report.to_string().contains("wrong-secret"));
}

#[test]
fn the_key_is_unknown() {
    let site = Site::start();
    let report = check(options(&site, "app").credentials("nobody", "secret"));
    only_bad(
        &report,
        "credentials",
        ErrorKind::BadCredentials,
        &["access key"],
    );
}

#[test]
fn the_bucket_is_not_there() {
    let site = Site::start();
    let options = Options::new("no-such-bucket")
        .endpoint(site.endpoint())
        .region(site.region())
        .credentials(site.access_key(), site.secret_key());
    let report = check(options);
    only_bad(
        &report,
        "bucket",
        ErrorKind::NoSuchBucket,
        &["create the bucket"],
    );
}

#[test]
fn the_bucket_is_elsewhere() {
    // Whatever it is asked, the region is another.
    let mut regions = ["eu-west-1", "eu-west-2"].into_iter().cycle();
    let server = Script::serving(move |mut line| {
        if line.read_request().is_some() {
            let region = regions.next().unwrap();
            let told = format!("<Region>{region}</Region>");
            line.send(&refusal(400, "AuthorizationHeaderMalformed", &told));
        }
    });
    let options = Options::new("bucket")
        .endpoint(&server.endpoint)
        .region("us-east-1")
        .credentials("k", "s");
    let report = check(options);
    only_bad(
        &report,
        "region",
        ErrorKind::WrongRegion,
        &["option region"],
    );
}

/// Every time, and whichever call has learned it.
#[test]
fn a_corrected_region_is_told() {
    let page = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
    let server = Script::telling(move |asked| match asked.region() {
        "eu-west-1" => reply("200 OK", page),
        _ => refusal(
            400,
            "AuthorizationHeaderMalformed",
            "<Region>eu-west-1</Region>",
        ),
    });
    let options = Options::new("bucket")
        .endpoint(&server.endpoint)
        .region("us-east-1")
        .credentials("k", "s");
    let told = |cache: &Cache| {
        let report = cache.check();
        let Some(Verdict::Good(seen)) = report.verdict("region") else {
            panic!("{report}");
        };
        for word in ["eu-west-1", "set the option region", "us-east-1"] {
            assert!(seen.contains(word), "{seen}");
        }
    };
    let cache = Cache::open(options.clone()).unwrap();
    told(&cache);
    told(&cache);
    told(&cache.clone());
    let listing = Cache::open(options).unwrap();
    assert_eq!(listing.len().unwrap(), 0);
    told(&listing);
}

#[test]
fn a_right_is_missing() {
    let site = Site::start();
    let kinds: [(&str, &[Kind], &str); 4] = [
        ("list", &[Kind::List], "s3:ListBucket"),
        ("write", &[Kind::Put, Kind::ConditionalPut], "s3:PutObject"),
        ("read", &[Kind::Get, Kind::RangedGet], "s3:GetObject"),
        ("delete", &[Kind::Delete], "s3:DeleteObject"),
    ];
    for (subject, denied, right) in kinds {
        site.switches().deny(denied);
        let report = open(&site, "app").check();
        // What is read is what proves a deletion.
        if subject == "read" {
            assert!(
                matches!(report.verdict("read"), Some(Verdict::Bad(_))),
                "{report}"
            );
            assert!(
                matches!(report.verdict("write"), Some(Verdict::Good(_))),
                "{report}"
            );
            assert!(report.to_string().contains(right), "{report}");
        } else {
            only_bad(&report, subject, ErrorKind::AccessDenied, &[right]);
        }
    }
    site.switches().deny(&[]);
}

/// As AWS answers where `s3:ListBucket` is missing: what is not there is
/// denied like what may not be read.
fn without_list(answered: Vec<u8>) -> Act {
    let text = String::from_utf8_lossy(&answered);
    if text.starts_with("HTTP/1.1 404") || text.contains("<ListBucketResult>") {
        return Act::Close(refusal(403, "AccessDenied", "").into());
    }
    Act::Keep(answered)
}

#[test]
fn the_right_to_list_alone_is_missing() {
    let bucket = Bucket::start();
    bucket.fail_where(
        |asked| asked.method() == "GET",
        ALWAYS,
        Fault::Applied(without_list),
    );
    let options = Options::new("bucket")
        .endpoint(bucket.endpoint())
        .credentials("k", "s")
        .location("app");
    let report = check(options.clone());
    let words = ["s3:ListBucket"];
    only_bad(&report, "list", ErrorKind::AccessDenied, &words);
    let Some(Verdict::Good(seen)) = report.verdict("delete") else {
        panic!("{report}");
    };
    assert!(seen.contains("s3:ListBucket"), "{seen}");

    let report = check(options.read_only(true));
    only_bad(&report, "list", ErrorKind::AccessDenied, &words);
    let Some(Verdict::Skipped(why)) = report.verdict("read") else {
        panic!("{report}");
    };
    assert!(why.contains("s3:ListBucket"), "{why}");
}

/// What was written is there: it is `s3:GetObject`, too, that is missing then.
#[test]
fn more_than_the_right_to_list_is_missing() {
    let bad = |rights: &'static [&str]| {
        let script = Script::telling(move |asked| match asked.method() {
            method if !rights.contains(&method) => refusal(403, "AccessDenied", ""),
            "PUT" => reply("200 OK\r\netag: \"new\"", ""),
            _ => reply("204 No Content\r\nx-amz-request-id: 1", ""),
        });
        let options = Options::new("bucket")
            .endpoint(&script.endpoint)
            .credentials("k", "s")
            .conditional_writes(ConditionalWrites::Never);
        let report = check(options);
        let findings = report.findings().iter();
        let bad = findings.filter(|f| matches!(f.verdict, Verdict::Bad(_)));
        bad.map(|f| f.subject).collect::<Vec<_>>()
    };
    assert_eq!(bad(&["PUT", "DELETE"]), ["list", "read"]);
    assert_eq!(bad(&["DELETE"]), ["list", "write"]);
    assert_eq!(bad(&["PUT"]), ["list", "read", "delete"]);
}

#[test]
fn the_engine_ignores_conditions() {
    let site = Site::embedded();
    site.switches().set_conditions(Conditions::Ignored);
    let report = open(&site, "app").check();
    only_bad(
        &report,
        "conditions",
        ErrorKind::Unsupported,
        &["conditional_writes"],
    );
    let never = options(&site, "app").conditional_writes(ConditionalWrites::Never);
    let report = check(never);
    assert!(report.is_good(), "{report}");
    not_tried(&report, &["conditions"]);
}

/// The last check is right, and what it found goes for the handle.
#[test]
fn an_engine_may_change() {
    let site = Site::embedded();
    let cache = open(&site, "app");
    for (conditions, found) in [
        (Conditions::Ignored, Found::Ignored),
        (Conditions::Honoured, Found::Enforced),
        (Conditions::Refused, Found::Refused),
        (Conditions::WithoutQuotes, Found::Enforced),
    ] {
        site.switches().set_conditions(conditions);
        let report = cache.check();
        let enforced = found == Found::Enforced;
        assert_eq!(report.is_good(), enforced, "{conditions:?}:\n{report}");
        assert_eq!(cache.conditional_writes().unwrap(), found);
        let counted = cache.update("n", Timeout::Never, |_| Some(b"1".to_vec()));
        assert_eq!(counted.is_ok(), enforced, "{conditions:?}: {counted:?}");
    }
}

/// The bound is for values, and what is written here is none.
#[test]
fn values_may_be_as_short_as_one_likes() {
    let site = Site::start();
    for size in [0, 15] {
        let report = check(options(&site, "app").max_value_size(size));
        assert!(report.is_good(), "{report}");
    }
}

#[test]
fn the_clock_is_wrong() {
    let site = Site::start();
    let behind = || SystemTime::now() - Duration::from_secs(3600);
    let report = check(options(&site, "app").clock(behind));
    only_bad(&report, "clock", ErrorKind::ClockSkew, &["s behind", "NTP"]);
}

#[test]
fn a_read_only_cache_is_not_written_to() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").read_only(true)).unwrap();
    let (report, seen) = site.count(|| cache.check());
    assert!(report.is_good(), "{report}");
    not_tried(&report, &["write", "conditions", "delete"]);
    assert_eq!((seen.total(), seen.list, seen.get), (2, 1, 1), "{seen:?}");
}

/// Nothing that was not asked is said to be well, and it asks although other
/// calls have found S3 gone.
#[test]
fn a_failing_server_says_nothing_of_the_rest() {
    let failing = Script::refusing(500, "InternalError", "");
    let options = Options::new("bucket")
        .endpoint(&failing.endpoint)
        .region("us-east-1")
        .credentials("k", "s")
        .retries(0)
        .breaker_after(1);
    let cache = Cache::open(options).unwrap();
    cache.get("k").unwrap_err();
    assert_eq!(cache.get("k").unwrap_err().kind(), ErrorKind::Unavailable);
    let report = cache.check();
    only_bad(&report, "server", ErrorKind::ServerError, &["try again"]);
    not_tried(&report, &SUBJECTS[1..]);
}
