//! A hit is exactly the bytes that were set, for exactly that key. Everything
//! else in an object's place is a miss, and never a value.

mod support;

use std::io::Write as _;
use std::process::{Command, Stdio};

use s3cache::{Cache, Compression, Timeout};
use support::{Site, open, options};

/// The one object of a location.
fn only_object(site: &Site, location: &str) -> String {
    let mut names = site.list_raw(&site.location(location));
    assert_eq!(names.len(), 1, "{names:?}");
    names.remove(0)
}

/// `ttl` (and `has_key`, which asks it) reads a header only: it may not see that a payload is damaged,
/// but never an entry where the header is.
fn assert_miss(cache: &Cache, header_is_intact: bool, what: &str) {
    let mut buffer = b"from before".to_vec();
    assert!(!cache.get_into("k", &mut buffer).unwrap(), "{what}");
    assert!(buffer.is_empty());
    if !header_is_intact {
        assert_eq!(cache.ttl("k").unwrap(), None, "{what}");
    }
}

#[test]
fn every_flipped_bit_and_every_truncation_is_a_miss() {
    let site = Site::start();
    let text = b"no bit of this may change unseen; ".repeat(8);
    let deflate = Compression::Deflate {
        level: 6,
        threshold: 0,
    };
    let mut trials = 0;
    for (value, how) in [
        (&b""[..], Compression::Off),
        (b"v", Compression::Off),
        (&text[..100], Compression::Off),
        (&text, deflate),
    ] {
        let cache = Cache::open(options(&site, "app").compress(how)).unwrap();
        cache.set("k", value, Timeout::Never).unwrap();
        let name = only_object(&site, "app/");
        let entry = site.get_raw(&name).unwrap();
        assert_eq!(entry.len() == 64 + value.len(), how == Compression::Off);
        for bit in 0..entry.len() * 8 {
            let mut broken = entry.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            site.put_raw(&name, &broken);
            assert_miss(&cache, bit / 8 >= 64, &format!("bit {bit}"));
            trials += 1;
        }
        for len in 0..entry.len() {
            site.put_raw(&name, &entry[..len]);
            assert_miss(&cache, false, &format!("{len} of {} bytes", entry.len()));
        }
        site.put_raw(&name, &[&entry[..], b"more"].concat());
        assert_miss(&cache, false, "four bytes more");
        site.put_raw(&name, &entry);
        assert_eq!(cache.get("k").unwrap().unwrap(), value);
        assert!(cache.stats().corrupt > 64 * 8);
    }
    assert!(trials > 3000);
}

#[test]
fn an_entry_of_another_key_or_version_is_a_miss() {
    let site = Site::start();
    let cache = open(&site, "app");
    cache.set("other", b"another's", Timeout::Never).unwrap();
    let other = site.get_raw(&only_object(&site, "app/")).unwrap();
    cache.delete("other").unwrap();
    cache.set("k", b"v", Timeout::Never).unwrap();
    let name = only_object(&site, "app/");
    site.put_raw(&name, &other);
    assert_miss(&cache, false, "another key's entry");
    // What is no entry is replaced like an expired one.
    assert!(cache.add("k", b"mended", Timeout::Never).unwrap());
    assert_eq!(cache.get("k").unwrap().unwrap(), b"mended");
}

#[test]
fn a_foreign_object_is_a_miss_and_can_be_replaced() {
    let site = Site::start();
    let cache = open(&site, "app");
    cache.set("k", b"v", Timeout::Never).unwrap();
    let name = only_object(&site, "app/");
    let page = b"<html><body>not an entry</body></html>".repeat(9000);
    for foreign in [&b""[..], b"\0", b"S3C\x01", &page] {
        site.put_raw(&name, foreign);
        assert_miss(&cache, false, "a foreign object");
        assert!(!cache.touch("k", Timeout::Never).unwrap());
        assert!(!cache.remove("k").unwrap());
        assert!(cache.add("k", b"mine", Timeout::Never).unwrap());
        assert!(!cache.add("k", b"again", Timeout::Never).unwrap());
        assert_eq!(cache.get("k").unwrap().unwrap(), b"mine");
    }
}

/// The format's published vectors, read by forty lines of Python.
#[test]
fn another_language_reads_the_vectors() {
    let text = include_str!("vectors.txt");
    let vectors: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(' ').collect())
        .collect();
    let mut input = Vec::new();
    let mut expected = Vec::new();
    for fields in &vectors {
        let [_, key, expires_at, write_id, history, value, entry] = fields[..] else {
            panic!("{fields:?}");
        };
        writeln!(
            input,
            "{key} {entry}\n{key}x {entry}\n{key} {}",
            &entry[2..]
        )
        .unwrap();
        let ids = format!("{write_id},{history}");
        let ids = ids.trim_end_matches(",-");
        expected.push(format!("{expires_at} {ids} {value}"));
        expected.extend(["corrupt".to_owned(), "corrupt".to_owned()]);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/decode_entry.py");
    let python = Command::new("python3")
        .arg(script)
        .env("PYTHONIOENCODING", "utf-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        eprintln!("skipped: there is no python3 to read the vectors with");
        return;
    };
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(&input).unwrap();
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let output = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.lines().collect::<Vec<_>>(), expected);
    assert_eq!(vectors.len(), 5);
}
