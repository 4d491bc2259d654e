//! Listings and deletions as no real server was seen to answer, and as some do.

mod support;

use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use s3cache::{Cache, ErrorKind, Options, Timeout};
use support::{Line, Script, refusal, reply};

fn at(script: &Script) -> Cache {
    let options = Options::new("bucket")
        .endpoint(&script.endpoint)
        .region("us-east-1")
        .location("app")
        .credentials("key", "secret")
        .max_entries(0);
    Cache::open(options).unwrap()
}

fn name(i: usize) -> String {
    format!("app/{i:040x}")
}

fn page(names: impl IntoIterator<Item = String>, next: Option<&str>) -> String {
    let contents = |name| format!("<Contents><Key>{name}</Key><Size>1</Size></Contents>");
    let contents: String = names.into_iter().map(contents).collect();
    let next = next.map_or(String::new(), |token| {
        format!("<NextContinuationToken>{token}</NextContinuationToken>")
    });
    let truncated = !next.is_empty();
    let xml = format!(
        "<ListBucketResult><IsTruncated>{truncated}</IsTruncated>{next}{contents}</ListBucketResult>"
    );
    reply("200 OK", &xml)
}

/// Answers by what is asked, and keeps what was.
fn serving(answer: impl Fn(&str, usize) -> String + Send + 'static) -> (Script, Asked) {
    let asked = Asked::default();
    let keep = Arc::clone(&asked);
    let script = Script::serving(move |mut line: Line| {
        if let Some(head) = line.read_request() {
            let first = head.lines().next().unwrap().to_owned();
            let mut asked = keep.lock().unwrap();
            let before = asked.len();
            asked.push(first.clone());
            line.send(&answer(&first, before));
        }
    });
    (script, asked)
}

type Asked = Arc<Mutex<Vec<String>>>;

fn count(asked: &Asked, what: &str) -> usize {
    let asked = asked.lock().unwrap();
    asked.iter().filter(|line| line.starts_with(what)).count()
}

const DELETED: &str = "<DeleteResult/>";

#[test]
fn more_than_a_page_in_a_page() {
    let (script, asked) = serving(|line, _| match &line[..3] {
        "get" => page((0..2300).map(name), None),
        _ => reply("200 OK", DELETED),
    });
    assert_eq!(at(&script).clear().unwrap().count, 2300);
    assert_eq!(count(&asked, "post"), 3, "never more than 1000 at a time");
}

#[test]
fn a_page_of_foreign_names_and_one_of_none() {
    let (script, asked) = serving(|line, before| match (line.starts_with("get"), before) {
        (true, 0) => page((0..1000).map(|i| format!("app/!{i:04}")), Some("one")),
        // Only folders, or nothing at all: and yet it goes on.
        (true, 1) => page([], Some("two")),
        (true, 2) => page([name(1), "app/readme.txt".into()], None),
        _ => reply("200 OK", DELETED),
    });
    assert_eq!(at(&script).clear().unwrap().count, 1);
    assert_eq!((count(&asked, "get"), count(&asked, "post")), (3, 1));
}

#[test]
fn a_listing_that_goes_in_circles() {
    for tokens in [["a", "a"], ["a", "b"]] {
        // The same names again, under the same token or another.
        let (script, asked) = serving(move |line, before| match &line[..3] {
            "get" => page([name(1)], Some(tokens[before % 2])),
            _ => reply("200 OK", DELETED),
        });
        let error = at(&script).len().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotS3, "{error}");
        assert_eq!(count(&asked, "get"), 2);
    }
    let (script, asked) = serving(|_, _| page([], Some("same")));
    let error = at(&script).len().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotS3, "{error}");
    assert!(count(&asked, "get") <= 3);
}

fn failing(codes: &[(&str, usize)]) -> String {
    let one = |(code, i): &(&str, usize)| {
        let name = name(*i);
        format!("<Error><Key>{name}</Key><Code>{code}</Code><Message>told</Message></Error>")
    };
    let errors: String = codes.iter().map(one).collect();
    reply("200 OK", &format!("<DeleteResult>{errors}</DeleteResult>"))
}

#[test]
fn what_fails_for_a_moment_is_tried_again() {
    let (script, asked) = serving(|line, before| match (line.starts_with("get"), before) {
        (true, _) => page((0..5).map(name), None),
        (_, 1) => failing(&[("InternalError", 1), ("AccessDenied", 2), ("SlowDown", 3)]),
        (_, 2) => failing(&[("InternalError", 1)]),
        _ => reply("200 OK", DELETED),
    });
    let removed = at(&script).clear().unwrap();
    assert_eq!(removed.count, 4);
    assert_eq!(removed.failed.len(), 1);
    let failed = &removed.failed[0];
    assert_eq!((&*failed.code, failed.count), ("AccessDenied", 1));
    assert_eq!((&*failed.object, &*failed.message), (&*name(2), "told"));
    assert_eq!(count(&asked, "post"), 3);
}

#[test]
fn failures_are_told_by_code_and_are_an_error_where_nothing_went() {
    let (script, _) = serving(|line, _| match &line[..3] {
        "get" => page((0..5).map(name), None),
        _ => failing(&[("AccessDenied", 0), ("AccessDenied", 3), ("InvalidTag", 4)]),
    });
    let removed = at(&script).clear().unwrap();
    let told: Vec<_> = removed.failed.iter().map(|f| (&*f.code, f.count)).collect();
    assert_eq!(
        (removed.count, told),
        (2, vec![("AccessDenied", 2), ("InvalidTag", 1)])
    );

    let (script, _) = serving(|line, _| match &line[..3] {
        "get" => page([name(0)], None),
        _ => failing(&[("AccessDenied", 0)]),
    });
    let error = at(&script).clear().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied, "{error}");
}

/// Asked once, and never again by this handle or its clones.
#[test]
fn an_engine_without_delete_objects_deletes_one_by_one() {
    for (status, code) in [
        (501, "NotImplemented"),
        (405, "MethodNotAllowed"),
        (400, "InvalidRequest"),
    ] {
        let (script, asked) = serving(move |line, _| match &line[..3] {
            "get" => page((0..3).map(name), None),
            "pos" => refusal(status, code, ""),
            _ => reply("204 No Content\r\nx-amz-request-id: 1", ""),
        });
        let cache = at(&script);
        assert_eq!(cache.clear().unwrap().count, 3, "{status}");
        cache.clone().delete_many(["a", "b"]).unwrap();
        assert_eq!((count(&asked, "post"), count(&asked, "delete")), (1, 5));
        assert_eq!(cache.stats().deletes, 3);
    }
}

/// The published vector of an expired entry, under a name that may not be
/// deleted and one that may.
#[test]
fn what_has_expired_and_may_not_go_is_told() {
    let mut lines = include_str!("vectors.txt").lines();
    let line = lines.find(|line| line.starts_with("expired "));
    let hex = line.unwrap().split(' ').next_back().unwrap();
    let byte = |i: usize| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
    let entry: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
    let script = Script::serving(move |mut line: Line| {
        let Some(head) = line.read_request() else {
            return;
        };
        let first = head.lines().next().unwrap();
        if first.contains("list-type") {
            line.send(&page((0..3).map(name), None));
        } else if first.starts_with("get") {
            let head = reply("206 Partial Content\r\netag: \"1\"", "");
            let length = format!("content-length: {}", entry.len());
            line.send(&head.replace("content-length: 0", &length));
            line.socket.write_all(&entry).unwrap();
        } else if first.contains(&name(1)) {
            line.send(&refusal(403, "AccessDenied", ""));
        } else {
            line.send(&reply("204 No Content\r\nx-amz-request-id: 1", ""));
        }
    });
    let removed = at(&script).remove_expired().unwrap();
    assert_eq!(removed.count, 2);
    assert_eq!(
        (removed.failed[0].count, &*removed.failed[0].code),
        (1, "AccessDenied")
    );
    assert_eq!(removed.failed[0].object, name(1));
}

/// Stopped while it is still looking, a cull takes nothing.
#[test]
fn a_cull_that_is_stopped() {
    let (script, asked) = serving(|line, before| match (&line[..3], before) {
        ("get", 0) => page((0..1000).map(name), Some("1")),
        ("get", _) => page((1000..1500).map(name), None),
        _ => reply("200 OK", DELETED),
    });
    let options = Options::new("bucket")
        .endpoint(&script.endpoint)
        .location("app")
        .credentials("key", "secret")
        .max_entries(10);
    let cache = Cache::open(options).unwrap();
    let removed = cache.cull_with(|_| ControlFlow::Break(())).unwrap();
    assert_eq!((removed.count, count(&asked, "post")), (0, 0));
}

/// A write goes on where a few of the culled could not be deleted.
#[test]
fn a_write_survives_a_partly_failed_cull() {
    let (script, asked) = serving(|line, _| match &line[..3] {
        "get" => page((0..10).map(name), None),
        "pos" => failing(&[("AccessDenied", 1)]),
        _ => reply("200 OK\r\netag: \"1\"", ""),
    });
    let options = Options::new("bucket")
        .endpoint(&script.endpoint)
        .location("app")
        .credentials("key", "secret")
        .max_entries(10);
    let cache = Cache::open(options).unwrap();
    cache.set("k", b"v", Timeout::Never).unwrap();
    assert_eq!((count(&asked, "post"), count(&asked, "put")), (1, 1));
}
