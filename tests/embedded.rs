//! The server of the tests, tried with the plain `s3` client: what the other
//! tests take for granted when they run without a server of yours.

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use s3::creds::Credentials;
use s3::{Bucket, Region};
use support::{Conditions, Requests, Site};

fn bucket(site: &Site, name: &str, secret_key: &str) -> Box<Bucket> {
    let region = Region::Custom {
        region: site.region().to_owned(),
        endpoint: site.endpoint(),
    };
    let (access_key, secret_key) = (Some(site.access_key()), Some(secret_key));
    let credentials = Credentials::new(access_key, secret_key, None, None, None).unwrap();
    Bucket::new(name, region, credentials)
        .unwrap()
        .with_path_style()
}

/// A client that sends one header more, as signed as the others.
fn with_header(site: &Site, name: &str, value: &str) -> Box<Bucket> {
    let mut bucket = bucket(site, site.bucket(), site.secret_key());
    bucket.add_header(name, value);
    bucket
}

fn put(bucket: &Bucket, name: &str, body: &[u8]) -> u16 {
    bucket.put_object(name, body).unwrap().status_code()
}

#[test]
fn conditions_are_honoured_ignored_or_refused() {
    for (conditions, failing, holding, left) in [
        (Conditions::Honoured, 412, 200, "third"),
        (Conditions::Ignored, 200, 200, "third"),
        (Conditions::Refused, 501, 501, "first"),
    ] {
        let site = Site::embedded();
        site.put_raw("k", b"first");
        site.switches().set_conditions(conditions);
        let if_absent = with_header(&site, "if-none-match", "*");
        let if_other = with_header(&site, "if-match", "\"00000000000000000000000000000000\"");
        assert_eq!(put(&if_absent, "k", b"second"), failing, "{conditions:?}");
        assert_eq!(put(&if_other, "k", b"second"), failing, "{conditions:?}");
        let plain = bucket(&site, site.bucket(), site.secret_key());
        let tag = plain.get_object("k").unwrap().headers()["etag"].clone();
        let if_same = with_header(&site, "if-match", &tag);
        assert_eq!(put(&if_same, "k", b"third"), holding, "{conditions:?}");
        assert_eq!(put(&if_absent, "new", b"v"), holding, "{conditions:?}");
        assert_eq!(site.get_raw("k").unwrap(), left.as_bytes());
    }
}

#[test]
fn of_eight_creators_exactly_one_wins() {
    let site = Site::embedded();
    let creator = with_header(&site, "if-none-match", "*");
    let start = Barrier::new(8);
    for round in 0..20 {
        let name = format!("race/{round}");
        let create = |i: u8| {
            start.wait();
            put(&creator, &name, &[i]) == 200
        };
        let won: Vec<bool> = thread::scope(|scope| {
            let racers: Vec<_> = (0..8).map(|i| scope.spawn(move || create(i))).collect();
            racers
                .into_iter()
                .map(|racer| racer.join().unwrap())
                .collect()
        });
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
        let winner = won.iter().position(|won| *won).unwrap();
        assert_eq!(
            site.get_raw(&name).unwrap(),
            [u8::try_from(winner).unwrap()]
        );
    }
}

#[test]
fn signatures_are_verified_and_buckets_must_exist() {
    let site = Site::embedded();
    site.put_raw("k", b"v");
    let forged = bucket(&site, site.bucket(), "wrong");
    assert_eq!(put(&forged, "k", b"w"), 403);
    assert_eq!(forged.get_object("k").unwrap().status_code(), 403);
    let unsigned = format!("GET /{}/k HTTP/1.1\r\nhost: x\r\n\r\n", site.bucket());
    assert!(converse(&site, &unsigned).starts_with("HTTP/1.1 403 "));
    let lost = bucket(&site, "no-such-bucket", site.secret_key());
    assert_eq!(put(&lost, "k", b"w"), 404);
    let reply = lost.get_object("k").unwrap();
    assert_eq!(reply.status_code(), 404);
    assert!(reply.to_string().unwrap().contains("NoSuchBucket"));
    assert_eq!(site.get_raw("k").unwrap(), b"v");
    assert_eq!(site.requests(), Requests::NONE, "the library sent nothing");
}

/// Answered, and closed, with all of the announced body still to come.
#[test]
fn without_draining_a_refusal_comes_early() {
    let site = Site::embedded();
    site.put_raw("k", b"v");
    let url = bucket(&site, site.bucket(), site.secret_key()).presign_put("k", 60, None, None);
    let url = url.unwrap();
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: {}\r\nif-none-match: *\r\ncontent-length: 4194304\r\n\r\n",
        url.strip_prefix(&site.endpoint()).unwrap(),
        &site.endpoint()["http://".len()..],
    );
    assert_eq!(converse(&site, &head), "", "it waits for the body");
    site.switches().set_drain(false);
    assert!(converse(&site, &head).starts_with("HTTP/1.1 412 "));
}

#[test]
fn a_reply_is_lost_after_the_write() {
    let site = Site::embedded();
    let library = with_header(&site, "user-agent", "s3cache/0.0.0");
    site.switches().cut_next_puts(1);
    assert!(library.put_object("k", b"v").is_err());
    assert_eq!(site.get_raw("k").unwrap(), b"v");
    assert_eq!(put(&library, "k", b"w"), 200);
    let (_, seen) = site.count(|| library.get_object("k").unwrap());
    let one_get = Requests {
        get: 1,
        body_out: 1,
        ..Requests::NONE
    };
    assert_eq!(seen, one_get);
    assert_eq!(site.connections(), 3, "rust-s3 keeps none");
}

/// Sends this, and reads until the server closes or is silent for a while.
fn converse(site: &Site, text: &str) -> String {
    let mut socket = TcpStream::connect(&site.endpoint()["http://".len()..]).unwrap();
    let patience = Duration::from_millis(200);
    socket.set_read_timeout(Some(patience)).unwrap();
    socket.write_all(text.as_bytes()).unwrap();
    let mut reply = Vec::new();
    // What was read before a timeout stays in `reply`.
    let _ = socket.read_to_end(&mut reply);
    String::from_utf8(reply).unwrap()
}
