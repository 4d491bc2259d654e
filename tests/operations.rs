//! What each call promises, from outside: values, keys, versions, timeouts.

mod support;

use std::thread::sleep;
use std::time::Duration;

use s3cache::{Cache, Compression, ErrorKind, Key, Timeout, Ttl};
use support::{Site, open, options};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn fresh() -> (Site, Cache) {
    let site = Site::start();
    let cache = open(&site, "app");
    (site, cache)
}

#[test]
fn set_get_delete() {
    let (_site, cache) = fresh();
    assert_eq!(cache.get("k").unwrap(), None);
    assert!(!cache.has_key("k").unwrap());
    cache.set("k", b"value", Timeout::Default).unwrap();
    assert_eq!(cache.get("k").unwrap().unwrap(), b"value");
    assert!(cache.has_key("k").unwrap());
    cache.set("k", "another", MS(60_000)).unwrap();
    assert_eq!(cache.get("k").unwrap().unwrap(), b"another");
    cache.delete("k").unwrap();
    assert_eq!(cache.get("k").unwrap(), None);
    cache.delete("k").unwrap();
}

#[test]
fn remove_tells_whether_a_live_entry_was_there() {
    let (_site, cache) = fresh();
    assert!(!cache.remove("k").unwrap());
    cache.set("k", b"v", Timeout::Never).unwrap();
    assert!(cache.remove("k").unwrap());
    assert!(!cache.remove("k").unwrap());
    cache.set("k", b"v", Timeout::seconds(-1.0)).unwrap();
    assert!(!cache.remove("k").unwrap());
}

#[test]
fn values_of_all_sizes_come_back() {
    let (site, plain) = fresh();
    let deflating = Cache::open(options(&site, "app").compress(Compression::FAST)).unwrap();
    let noise = |len: usize| -> Vec<u8> {
        let mut x = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x.to_le_bytes()
        };
        let mut bytes: Vec<u8> = (0..len.div_ceil(8)).flat_map(|_| next()).collect();
        bytes.truncate(len);
        bytes
    };
    for len in [0, 1, 100 << 10, 32 << 20] {
        let text = b"a line of text that repeats itself\n".repeat(len / 35 + 1);
        for value in [&noise(len), &text[..len]] {
            for (writer, reader) in [(&plain, &deflating), (&deflating, &plain)] {
                writer.set("k", value, Timeout::Never).unwrap();
                let found = reader.get("k").unwrap().unwrap();
                // Not assert_eq: it would print megabytes.
                assert!(found == value, "{len} bytes changed");
            }
        }
    }
}

#[test]
fn a_value_over_the_limit_is_refused_before_anything_is_sent() {
    let site = Site::start();
    let small = Cache::open(options(&site, "app").max_value_size(1000)).unwrap();
    let (refused, requests) = site.count(|| {
        [
            small.set("k", [0; 1001], Timeout::Default).unwrap_err(),
            small.add("k", [0; 1001], Timeout::Default).unwrap_err(),
        ]
    });
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::ValueTooLarge);
        assert!(error.to_string().contains("max_value_size"), "{error}");
    }
    assert_eq!(requests.total(), 0);
    small.set("k", [7; 1000], Timeout::Default).unwrap();
    assert_eq!(small.get("k").unwrap().unwrap(), [7; 1000]);

    // Written by a handle that may: told, not taken for a miss, and not read.
    let large = open(&site, "app");
    large.set("k", [7; 1001], Timeout::Default).unwrap();
    assert_eq!(small.get("k").unwrap_err().kind(), ErrorKind::ValueTooLarge);
    assert!(small.has_key("k").unwrap());
}

#[test]
fn any_bytes_are_a_key() {
    let (_site, cache) = fresh();
    let long = vec![b'k'; 1 << 20];
    let mut longer = long.clone();
    longer.push(b'k');
    let keys: [&[u8]; 10] = [
        b"",
        b" ",
        b"\n",
        b"\0",
        b"../../etc/passwd",
        b"\xff\xfe\x80",
        "emoji 🦀".as_bytes(),
        "caf\u{e9}".as_bytes(),
        &long,
        &longer,
    ];
    for (i, key) in keys.iter().enumerate() {
        cache.set(*key, i.to_string(), Timeout::Default).unwrap();
    }
    for (i, key) in keys.iter().enumerate() {
        let found = cache.get(*key).unwrap().unwrap();
        assert_eq!(found, i.to_string().as_bytes());
    }
}

#[test]
fn a_key_has_versions() {
    let (site, cache) = fresh();
    cache.set("k", b"one", Timeout::Default).unwrap();
    let second = Key::new("k").version(2);
    assert_eq!(cache.get(&second).unwrap(), None);
    cache.set(&second, b"two", Timeout::Default).unwrap();
    assert_eq!(cache.get("k").unwrap().unwrap(), b"one");
    assert_eq!(
        cache.get(Key::new("k").version(1)).unwrap().unwrap(),
        b"one"
    );

    let v2 = Cache::open(options(&site, "app").version(2)).unwrap();
    assert_eq!(v2.get("k").unwrap().unwrap(), b"two");
    assert!(v2.remove("k").unwrap());
    assert_eq!(cache.get(second).unwrap(), None);
    assert!(cache.has_key("k").unwrap());
}

#[test]
fn prefixes_and_key_functions_keep_keys_apart() {
    let (site, plain) = fresh();
    let prefixed = Cache::open(options(&site, "app").key_prefix("p")).unwrap();
    let made = Cache::open(options(&site, "app").key_prefix("p").key_function(
        |key, prefix, version| [b"x", prefix.as_bytes(), &version.to_be_bytes(), key].concat(),
    ))
    .unwrap();
    for (cache, value) in [(&plain, "plain"), (&prefixed, "prefixed"), (&made, "made")] {
        cache.set("k", value, Timeout::Default).unwrap();
    }
    for (cache, value) in [(&plain, "plain"), (&prefixed, "prefixed"), (&made, "made")] {
        assert_eq!(cache.get("k").unwrap().unwrap(), value.as_bytes());
    }
    // The names are Django's and the seed's: sha1 of "prefix:version:key".
    for full in [":1:k", "p:1:k"] {
        let name = format!("app/{}", sha1_smol::Sha1::from(full).digest());
        assert!(site.get_raw(&site.location(&name)).is_some(), "{full}");
    }
}

#[test]
fn entries_expire() {
    let (_site, cache) = fresh();
    cache.set("brief", b"v", MS(700)).unwrap();
    cache.set("long", b"v", MS(60_000)).unwrap();
    cache.set("never", b"v", Timeout::Never).unwrap();
    assert_eq!(cache.get("brief").unwrap().unwrap(), b"v");
    let left = |key| match cache.ttl(key).unwrap() {
        Some(Ttl::Left(left)) => left,
        other => panic!("{other:?}"),
    };
    assert!(left("brief") <= MS(700));
    assert!(left("long") > MS(50_000) && left("long") <= MS(60_000));
    assert_eq!(cache.ttl("never").unwrap(), Some(Ttl::Never));
    assert_eq!(cache.ttl("none").unwrap(), None);
    sleep(MS(800));
    assert_eq!(cache.get("brief").unwrap(), None);
    assert_eq!(cache.ttl("brief").unwrap(), None);
    assert!(!cache.has_key("brief").unwrap());
    assert!(cache.has_key("long").unwrap());
    assert!(cache.has_key("never").unwrap());
    let stats = cache.stats();
    assert_eq!(stats.expired, 3);
    assert_eq!(stats.corrupt, 0);
}

#[test]
fn zero_and_negative_timeouts_end_an_entry_at_once() {
    let (_site, cache) = fresh();
    for timeout in [Timeout::After(Duration::ZERO), Timeout::seconds(-5.0)] {
        cache.set("k", b"old", Timeout::Never).unwrap();
        cache.set("k", b"new", timeout).unwrap();
        assert_eq!(cache.get("k").unwrap(), None);
        assert!(cache.add("other", b"v", timeout).unwrap());
        assert_eq!(cache.get("other").unwrap(), None);
    }
}

#[test]
fn the_default_timeout_is_an_option() {
    let site = Site::start();
    let left = |cache: &Cache| {
        cache.set("k", b"v", Timeout::Default).unwrap();
        cache.ttl("k").unwrap()
    };
    let within = |ttl, most: u64| matches!(ttl, Some(Ttl::Left(left)) if left <= MS(most) && left > MS(most - 20_000));
    assert!(within(left(&open(&site, "app")), 300_000));
    let hour = options(&site, "app").default_timeout(MS(3_600_000));
    assert!(within(left(&Cache::open(hour).unwrap()), 3_600_000));
    let never = options(&site, "app").default_timeout(Timeout::Never);
    assert_eq!(left(&Cache::open(never).unwrap()), Some(Ttl::Never));
}

#[test]
fn many_at_once() {
    let (_site, cache) = fresh();
    let pairs = [("a", "1"), ("b", "2"), ("c", "3")];
    cache.set_many(pairs, Timeout::Default).unwrap();
    let found = cache.get_many(["c", "none", "a", "c"]).unwrap();
    let text = |v: &str| Some(v.as_bytes().to_vec());
    assert_eq!(found, [text("3"), None, text("1"), text("3")]);
    cache.delete_many(["a", "none", "c"]).unwrap();
    let found = cache.get_many(pairs.iter().map(|(key, _)| key)).unwrap();
    assert_eq!(found, [None, text("2"), None]);
    assert!(cache.get_many([""; 0]).unwrap().is_empty());
    cache.delete_many([""; 0]).unwrap();
}

#[test]
fn a_buffer_serves_again() {
    let (_site, cache) = fresh();
    cache.set("long", [1; 5000], Timeout::Default).unwrap();
    cache.set("short", [2; 5], Timeout::Default).unwrap();
    let mut buffer = Vec::with_capacity(8000);
    let place = buffer.as_ptr();
    assert!(cache.get_into("long", &mut buffer).unwrap());
    assert_eq!(buffer, [1; 5000]);
    assert!(cache.get_into("short", &mut buffer).unwrap());
    assert_eq!(buffer, [2; 5]);
    assert!(!cache.get_into("none", &mut buffer).unwrap());
    assert!(buffer.is_empty());
    assert_eq!((buffer.as_ptr(), buffer.capacity()), (place, 8000));
}

/// Every character that a location may hold, signed and sent alike.
#[test]
fn any_allowed_location_works() {
    let site = Site::start();
    for location in [
        "a",
        "/a/b/",
        "A-z_0.9",
        "~=@!()*/x",
        "a/.hidden/..b/c..",
        "sub/.../x",
    ] {
        let cache = open(&site, location);
        cache.set("k", location, Timeout::Default).unwrap();
        assert_eq!(cache.get("k").unwrap().unwrap(), location.as_bytes());
        assert_eq!(cache.clear().unwrap().count, 1, "{location}");
        assert_eq!(cache.get("k").unwrap(), None);
    }
}

#[test]
fn touch_changes_the_timeout_alone() {
    let (site, cache) = fresh();
    let deflating = Cache::open(options(&site, "app").compress(Compression::FAST)).unwrap();
    let value = b"to be kept ".repeat(500);
    deflating.set("k", &value, MS(60_000)).unwrap();
    assert!(cache.touch("k", Timeout::Never).unwrap());
    assert_eq!(cache.ttl("k").unwrap(), Some(Ttl::Never));
    assert_eq!(cache.get("k").unwrap().unwrap(), value);
    assert!(cache.touch("k", Timeout::seconds(0.0)).unwrap());
    assert_eq!(cache.get("k").unwrap(), None);
    assert!(!cache.touch("k", Timeout::Never).unwrap());
    assert!(!cache.touch("none", Timeout::Never).unwrap());
}

#[test]
fn counting() {
    let (_site, cache) = fresh();
    cache.set("n", b"41", Timeout::Never).unwrap();
    assert_eq!(cache.incr("n", 1).unwrap(), 42);
    assert_eq!(cache.incr("n", -10).unwrap(), 32);
    assert_eq!(cache.decr("n", 33).unwrap(), -1);
    assert_eq!(cache.get("n").unwrap().unwrap(), b"-1");
    assert_eq!(cache.ttl("n").unwrap(), Some(Ttl::Never));
    cache.set("n", i64::MAX.to_string(), MS(60_000)).unwrap();
    assert_eq!(cache.incr("n", 0).unwrap(), i64::MAX);
    assert!(matches!(cache.ttl("n").unwrap(), Some(Ttl::Left(_))));
    let kind = |result: s3cache::Result<i64>| result.unwrap_err().kind();
    assert_eq!(kind(cache.incr("n", 1)), ErrorKind::Overflow);
    assert_eq!(kind(cache.decr("n", i64::MIN)), ErrorKind::Overflow);
    assert_eq!(
        cache.get("n").unwrap().unwrap(),
        i64::MAX.to_string().as_bytes()
    );
    assert_eq!(kind(cache.incr("none", 1)), ErrorKind::NotFound);
    for text in ["", "4 2", "12.5", "x", "9223372036854775808", "\u{ff14}"] {
        cache.set("n", text, Timeout::Default).unwrap();
        assert_eq!(
            kind(cache.incr("n", 1)),
            ErrorKind::NotAnInteger,
            "{text:?}"
        );
    }
    cache.set("n", b"1", Timeout::seconds(0.0)).unwrap();
    assert_eq!(kind(cache.incr("n", 1)), ErrorKind::NotFound);
}

#[test]
fn a_handle_goes_to_another_thread_and_a_clone_shares_its_connections() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let (site, cache) = fresh();
    cache.set("k", b"v", Timeout::Default).unwrap();
    let clone = sendable(cache.clone());
    let found = std::thread::spawn(move || clone.get("k").unwrap());
    assert_eq!(found.join().unwrap().unwrap(), b"v");
    assert_eq!(cache.get("k").unwrap().unwrap(), b"v");
    assert_eq!(site.connections(), 1);
}
