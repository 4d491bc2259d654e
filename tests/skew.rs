//! Hosts whose clocks are wrong: expiry is judged and given by the server's
//! clock, so that all of them agree, from the first call of a handle on. Seen
//! with a server that refuses what is dated more than 15 minutes off.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use s3cache::{Cache, ConditionalWrites, Options, Timeout, Ttl};
use support::{Requests, Site, options};

const LIFE: Duration = Duration::from_secs(100);
const OTHER: Duration = Duration::from_secs(500);
/// A reply's date is a whole second, on either side.
const VAGUE: Duration = Duration::from_secs(2);
/// Of which a test may be late.
const LATE: Duration = Duration::from_secs(8);

/// In seconds: within what is refused, and beyond it.
const WRONG: [i64; 4] = [600, -600, 3600, -3600];

fn moved(by: i64) -> SystemTime {
    let by_seconds = Duration::from_secs(by.unsigned_abs());
    if by > 0 {
        SystemTime::now() + by_seconds
    } else {
        SystemTime::now() - by_seconds
    }
}

fn off(options: Options, by: i64) -> Options {
    options.clock(move || moved(by))
}

/// About so much is left, as this handle sees it.
fn about(cache: &Cache, key: &str, life: Duration) {
    let Some(Ttl::Left(left)) = cache.ttl(key).unwrap() else {
        panic!("{key} is gone");
    };
    assert!(left < life + VAGUE, "{key}: {left:?}");
    assert!(left + VAGUE + LATE > life, "{key}: {left:?}");
}

type Call = fn(&Cache, &str);

/// Those that date an entry, on a key that is there for another while.
const OVER: [Call; 4] = [
    |c, k| c.set(k, "1", LIFE).unwrap(),
    |c, k| assert!(c.touch(k, LIFE).unwrap()),
    |c, k| {
        let new = c.update(k, LIFE, |_| Some(b"1".to_vec()));
        assert_eq!(new.unwrap().unwrap(), b"1");
    },
    |c, k| {
        let (_, token) = c.get_with_token(k).unwrap().unwrap();
        assert!(c.compare_and_set(k, &token, "1", LIFE).unwrap());
    },
];

/// And those where there is nothing yet.
const ANEW: [Call; 4] = [
    |c, k| c.set(k, "1", LIFE).unwrap(),
    |c, k| assert!(c.add(k, "1", LIFE).unwrap()),
    |c, k| drop(c.get_or_set(k, LIFE, || "1").unwrap()),
    |c, k| drop(c.update(k, LIFE, |_| Some(b"1".to_vec())).unwrap()),
];

/// Every way to open a handle that changes which request is its first.
fn ways(site: &Site) -> Vec<Options> {
    let mut all = Vec::new();
    for entries in [0, 300] {
        for conditions in [ConditionalWrites::Assume, ConditionalWrites::Probe] {
            let one = options(site, "app").max_entries(entries);
            all.push(one.conditional_writes(conditions));
        }
    }
    all
}

#[test]
fn what_a_wrong_host_writes_expires_when_it_should() {
    let site = Site::start();
    let right = Cache::open(options(&site, "app")).unwrap();
    let mut number = 0;
    for by in WRONG {
        for way in ways(&site) {
            for (calls, is_there) in [(&OVER, true), (&ANEW, false)] {
                for call in calls {
                    number += 1;
                    let key = number.to_string();
                    if is_there {
                        right.set(&*key, "0", OTHER).unwrap();
                    }
                    // Its first call.
                    let wrong = Cache::open(off(way.clone(), by)).unwrap();
                    call(&wrong, &key);
                    about(&right, &key, LIFE);
                    about(&wrong, &key, LIFE);
                    let value = right.get(&*key).unwrap().unwrap();
                    assert!(value == b"1" || is_there && value == b"0");
                }
            }
        }
    }
}

/// A counter keeps the expiry that it has, to the millisecond.
#[test]
fn a_wrong_host_counts_and_leaves_the_expiry() {
    let site = Site::start();
    let right = Cache::open(options(&site, "app")).unwrap();
    for by in WRONG {
        for (i, way) in ways(&site).into_iter().enumerate() {
            let key = format!("{by} {i}");
            right.set(&*key, "1", LIFE).unwrap();
            let before = expiry(&site, &right, &key);
            let wrong = Cache::open(off(way, by)).unwrap();
            assert_eq!(wrong.incr(&*key, 1).unwrap(), 2);
            assert_eq!(expiry(&site, &right, &key), before);
        }
    }
}

/// Of the one object that was written last: its header says so.
fn expiry(site: &Site, cache: &Cache, key: &str) -> i64 {
    let value = cache.get(key).unwrap().unwrap();
    let names = site.list_raw(&site.location("app/"));
    let mut found = names.iter().filter_map(|name| {
        let bytes = site.get_raw(name)?;
        let written = bytes.ends_with(&value) && bytes[48..64] == digest(key);
        written.then(|| i64::from_le_bytes(bytes[8..16].try_into().unwrap()))
    });
    found.next().unwrap()
}

/// Of the full key.
fn digest(key: &str) -> [u8; 16] {
    use sha2::{Digest as _, Sha256};
    let all = Sha256::digest(format!(":1:{key}"));
    all[..16].try_into().unwrap()
}

#[test]
fn a_wrong_host_sees_what_is_there_and_no_more() {
    let site = Site::start();
    let right = Cache::open(options(&site, "app")).unwrap();
    let second = Duration::from_secs(1);
    right.set("live", "v", LIFE).unwrap();
    right.set("brief", "v", second).unwrap();
    right.set("dead", "v", Timeout::seconds(0.0)).unwrap();
    right.set("ever", "v", Timeout::Never).unwrap();
    sleep(second + VAGUE);
    for by in WRONG {
        let reads: [fn(&Cache, &str) -> bool; 4] = [
            |c, k| c.get(k).unwrap().is_some(),
            |c, k| c.has_key(k).unwrap(),
            |c, k| c.get_with_token(k).unwrap().is_some(),
            |c, k| c.get_or_set(k, Timeout::seconds(0.0), || "new").unwrap() == b"v",
        ];
        for read in reads {
            for (key, there) in [
                ("live", true),
                ("ever", true),
                ("brief", false),
                ("dead", false),
                ("none", false),
            ] {
                let wrong = Cache::open(off(options(&site, "app"), by)).unwrap();
                assert_eq!(read(&wrong, key), there, "{key}, {by} s off");
                assert_eq!(read(&wrong, key), there, "{key}, {by} s off, again");
            }
        }
        // Where it is over, another may be added.
        let wrong = Cache::open(off(options(&site, "app"), by)).unwrap();
        assert!(!wrong.add("live", "new", LIFE).unwrap());
        let wrong = Cache::open(off(options(&site, "app"), by)).unwrap();
        assert!(!wrong.remove("dead").unwrap());
        let wrong = Cache::open(off(options(&site, "app"), by)).unwrap();
        assert!(wrong.add("dead", "new", Timeout::seconds(0.0)).unwrap());
        let wrong = Cache::open(off(options(&site, "app"), by)).unwrap();
        assert!(!wrong.touch("brief", LIFE).unwrap());
    }
}

/// What a wrong clock costs: a request more, once for a handle.
#[test]
fn it_is_put_right_once() {
    const NONE: Requests = Requests::NONE;
    let site = Site::start();
    let right = Cache::open(options(&site, "app")).unwrap();
    right.set("k", "v", LIFE).unwrap();
    for by in WRONG {
        let refused = u64::from(by.abs() > 900);
        let open = || Cache::open(off(options(&site, "app").max_entries(0), by)).unwrap();
        let cost = |cache: &Cache, call: &dyn Fn(&Cache)| {
            let ((), mut seen) = site.count(|| call(cache));
            seen.body_out = 0;
            seen
        };
        let (get, set) = (
            |c: &Cache| drop(c.get("k").unwrap().unwrap()),
            |c: &Cache| c.set("k", "v", LIFE).unwrap(),
        );
        let wrong = open();
        let seen = cost(&wrong, &get);
        assert_eq!(
            seen,
            Requests {
                get: 1 + refused,
                ..NONE
            },
            "{by}"
        );
        assert_eq!(cost(&wrong, &get), Requests { get: 1, ..NONE });
        assert_eq!(cost(&wrong, &set), Requests { put: 1, ..NONE });
        // Clones know it.
        assert_eq!(cost(&wrong.clone(), &set), Requests { put: 1, ..NONE });

        // A write is dated, and made again with the right date.
        let wrong = open();
        assert_eq!(cost(&wrong, &set), Requests { put: 2, ..NONE }, "{by}");
        assert_eq!(cost(&wrong, &set), Requests { put: 1, ..NONE });
        // Unless it has none.
        let never = |c: &Cache| c.set("ever", "v", Timeout::Never).unwrap();
        let seen = cost(&open(), &never);
        assert_eq!(
            seen,
            Requests {
                put: 1 + refused,
                ..NONE
            },
            "{by}"
        );
        // A listing tells the time as well.
        let listing = Cache::open(off(options(&site, "app"), by)).unwrap();
        let seen = cost(&listing, &set);
        let expected = Requests {
            put: 1,
            list: 1 + refused,
            ..NONE
        };
        assert_eq!(seen, expected, "{by}");
        let delete = |c: &Cache| c.delete("none").unwrap();
        let seen = cost(&open(), &delete);
        assert_eq!(
            seen,
            Requests {
                delete: 1 + refused,
                ..NONE
            },
            "{by}"
        );
    }
}

#[test]
fn a_clock_that_is_set_meanwhile() {
    let site = Site::start();
    let right = Cache::open(options(&site, "app").max_entries(0)).unwrap();
    let by = Arc::new(AtomicI64::new(0));
    let hook = Arc::clone(&by);
    let wrong = options(&site, "app").max_entries(0);
    let wrong = wrong.clock(move || moved(hook.load(Ordering::SeqCst)));
    let wrong = Cache::open(wrong.conditional_writes(ConditionalWrites::Assume)).unwrap();
    for (i, to) in [0, 3600, 600, -600, 0, -3600, 3600, 0]
        .into_iter()
        .enumerate()
    {
        by.store(to, Ordering::SeqCst);
        let key = i.to_string();
        wrong.set(&*key, "v", LIFE).unwrap();
        about(&right, &key, LIFE);
        by.store(-to, Ordering::SeqCst);
        assert!(wrong.get(&*key).unwrap().is_some(), "{to}");
        about(&wrong, &key, LIFE);
        by.store(to / 2, Ordering::SeqCst);
        assert!(wrong.touch(&*key, LIFE).unwrap());
        about(&right, &key, LIFE);
        by.store(to, Ordering::SeqCst);
        assert!(wrong.add(format!("{key} new").as_str(), "v", LIFE).unwrap());
        about(&right, &format!("{key} new"), LIFE);
    }
}
