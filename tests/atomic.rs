//! Racing writers: one winner, no lost update; and engines that cannot.

mod support;

use std::sync::Barrier;
use std::thread;

use s3cache::{Cache, ErrorKind, Timeout};
use support::{Conditions, Site, open, options};

const RACERS: usize = 8;

/// Runs `call` on a handle each in as many threads, begun together.
fn race<T: Send>(cache: &Cache, call: impl Fn(&Cache, usize) -> T + Sync) -> Vec<T> {
    let (start, call) = (&Barrier::new(RACERS), &call);
    thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|i| {
                let handle = cache.clone();
                scope.spawn(move || {
                    start.wait();
                    call(&handle, i)
                })
            })
            .collect();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    })
}

fn unbounded(site: &Site) -> Cache {
    Cache::open(options(site, "app").max_entries(0)).unwrap()
}

fn one_winner(cache: &Cache, key: &str) {
    let won = race(cache, |cache, i| {
        cache.add(key, i.to_string(), Timeout::Default).unwrap()
    });
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let winner = won.iter().position(|won| *won).unwrap();
    assert_eq!(
        cache.get(key).unwrap().unwrap(),
        winner.to_string().as_bytes()
    );
}

/// Losers wait seconds on some engines, so there are fewer rounds there.
fn rounds(site: &Site) -> usize {
    if site.is_external() { 4 } else { 40 }
}

#[test]
fn of_racing_adds_exactly_one_wins() {
    let site = Site::start();
    let cache = unbounded(&site);
    for round in 0..rounds(&site) {
        one_winner(&cache, &format!("round {round}"));
    }
}

#[test]
fn over_an_expired_entry_exactly_one_wins_too() {
    let site = Site::start();
    let cache = unbounded(&site);
    for round in 0..rounds(&site) {
        let key = format!("round {round}");
        cache.set(&key, b"old", Timeout::seconds(0.0)).unwrap();
        one_winner(&cache, &key);
    }
}

#[test]
fn no_increment_is_lost() {
    let site = Site::start();
    let cache = unbounded(&site);
    cache.set("n", b"0", Timeout::Never).unwrap();
    let each = if site.is_external() { 10 } else { 25 };
    race(&cache, |cache, _| {
        for _ in 0..each {
            cache.incr("n", 1).unwrap();
        }
    });
    let total = (RACERS * each).to_string();
    assert_eq!(cache.get("n").unwrap().unwrap(), total.as_bytes());
}

/// A touch that raced a `set` must not bring the older value back.
#[test]
fn touch_never_resurrects_an_older_value() {
    let site = Site::start();
    let cache = unbounded(&site);
    for round in 0..rounds(&site) {
        cache.set("k", b"old", Timeout::Default).unwrap();
        race(&cache, |cache, i| {
            if i == 0 {
                cache
                    .set("k", format!("new {round}"), Timeout::Default)
                    .unwrap();
            } else if i < 4 {
                assert!(cache.touch("k", Timeout::Never).unwrap());
            }
        });
        let found = cache.get("k").unwrap().unwrap();
        assert_eq!(found, format!("new {round}").as_bytes());
    }
}

/// An engine that refuses conditions says so, and the call does.
#[test]
fn refused_conditions_are_unsupported() {
    let site = Site::embedded();
    let cache = open(&site, "app");
    cache.set("n", b"1", Timeout::Default).unwrap();
    site.switches().set_conditions(Conditions::Refused);
    for error in [
        cache.add("k", b"v", Timeout::Default).unwrap_err(),
        cache.incr("n", 1).unwrap_err(),
        cache.touch("n", Timeout::Never).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
    assert_eq!(cache.get("n").unwrap().unwrap(), b"1");
    assert_eq!(cache.get("k").unwrap(), None);
}

/// The server answers 412 and closes while the client still sends: the refusal
/// must come through, and neither success nor a wrong answer.
#[test]
fn a_large_add_that_is_refused_early() {
    let site = Site::embedded();
    let cache = unbounded(&site);
    let value = vec![b'v'; 4 << 20];
    assert!(cache.add("k", &value, Timeout::Default).unwrap());
    site.switches().set_drain(false);
    for round in 0..20 {
        let other = vec![b'w'; 4 << 20];
        match cache.add("k", &other, Timeout::Default) {
            Ok(added) => assert!(!added, "round {round}: reported a success"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}"),
        }
        assert!(cache.get("k").unwrap().unwrap() == value, "round {round}");
    }
}

/// A reply that is lost after S3 has carried the write out.
#[test]
fn a_lost_reply_is_told_as_an_unknown_outcome() {
    let site = Site::embedded();
    let cache = unbounded(&site);
    cache.set("n", b"1", Timeout::Never).unwrap();
    site.switches().cut_next_replies(1);
    let error = cache.add("k", b"v", Timeout::Never).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    assert_eq!(cache.get("k").unwrap().unwrap(), b"v");
    cache.get("n").unwrap();
    site.switches().cut_next_puts(1);
    let error = cache.incr("n", 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    assert_eq!(cache.incr("n", 1).unwrap(), 3);
}
