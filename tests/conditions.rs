//! What an engine makes of conditional writes is found out once, by trying,
//! and no atomic promise is made that it would not keep.

mod support;

use s3cache::{Cache, ConditionalWrites, Conditions as Found, ErrorKind, Timeout};
use support::{Conditions, Requests, Site, open, options};

const NONE: Requests = Requests::NONE;

fn with(site: &Site, conditions: Conditions) -> Cache {
    site.switches().set_conditions(conditions);
    Cache::open(options(site, "app").max_entries(0)).unwrap()
}

fn atomic_calls(cache: &Cache) -> [s3cache::Result<()>; 5] {
    [
        cache.add("new", b"v", Timeout::Never).map(drop),
        cache.incr("n", 1).map(drop),
        cache.touch("n", Timeout::Never).map(drop),
        cache
            .update("n", Timeout::Never, |_| Some(b"2".to_vec()))
            .map(drop),
        cache
            .get_or_set("missing", Timeout::Never, || "v")
            .map(drop),
    ]
}

#[test]
fn the_probe_costs_four_puts_and_a_delete_once() {
    let site = Site::start();
    let cache = with(&site, Conditions::Honoured);
    let before = site.list_raw(&site.location("app/"));
    let (found, requests) = site.count(|| cache.conditional_writes().unwrap());
    assert_eq!(found, Found::Enforced);
    let probe = Requests {
        conditional_put: 4,
        delete: 1,
        ..NONE
    };
    assert_eq!(requests, probe);
    assert_eq!(site.list_raw(&site.location("app/")), before);
    // Known from here on, to clones too.
    let clone = cache.clone();
    let ((), requests) = site.count(|| {
        clone.conditional_writes().unwrap();
        clone.add("k", b"v", Timeout::Never).unwrap();
    });
    let add = Requests {
        conditional_put: 1,
        ..NONE
    };
    assert_eq!(requests, add);
    // And not asked for where it is taken for granted.
    let assume = options(&site, "app").conditional_writes(ConditionalWrites::Assume);
    let assuming = Cache::open(assume.max_entries(0)).unwrap();
    let (added, requests) = site.count(|| assuming.add("l", b"v", Timeout::Never).unwrap());
    assert!(added);
    assert_eq!(requests, add);
}

#[test]
fn without_enforced_conditions_atomic_calls_say_so() {
    for (conditions, found, puts) in [
        // Each found by two trials, as it holds for good.
        (Conditions::Ignored, Found::Ignored, 2 * 2),
        (Conditions::Refused, Found::Refused, 2),
        (Conditions::NeverEqual, Found::Refused, 2 * 4),
    ] {
        let site = Site::embedded();
        let cache = with(&site, conditions);
        cache.set("n", b"1", Timeout::Never).unwrap();
        let (results, requests) = site.count(|| atomic_calls(&cache));
        for result in results {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains("conditional_writes"), "{error}");
        }
        assert_eq!(requests.conditional_put, puts, "{conditions:?}");
        assert_eq!(requests.delete, 2);
        assert_eq!(cache.conditional_writes().unwrap(), found);
        assert_eq!(cache.get("n").unwrap().unwrap(), b"1");
        assert_eq!(cache.get("new").unwrap(), None);
        assert_eq!(site.list_raw("app/").len(), 1, "nothing is left behind");
        // All else works.
        assert!(cache.remove("n").unwrap());
    }
}

/// Django's way: one writer at a time sees what it should.
#[test]
fn never_does_without() {
    for conditions in [Conditions::Ignored, Conditions::Refused] {
        let site = Site::embedded();
        site.switches().set_conditions(conditions);
        let never = options(&site, "app").conditional_writes(ConditionalWrites::Never);
        let cache = Cache::open(never.max_entries(0)).unwrap();
        assert!(cache.add("k", b"v", Timeout::Never).unwrap());
        assert!(!cache.add("k", b"w", Timeout::Never).unwrap());
        assert_eq!(cache.get("k").unwrap().unwrap(), b"v");
        cache.set("k", b"old", Timeout::seconds(0.0)).unwrap();
        assert!(cache.add("k", b"again", Timeout::Never).unwrap());
        cache.set("n", b"1", Timeout::Never).unwrap();
        assert_eq!(cache.incr("n", 4).unwrap(), 5);
        assert!(cache.touch("n", Timeout::Default).unwrap());
        let (value, token) = cache.get_with_token("n").unwrap().unwrap();
        assert_eq!(value, b"5");
        assert!(
            cache
                .compare_and_set("n", &token, b"6", Timeout::Never)
                .unwrap()
        );
        assert!(
            !cache
                .compare_and_set("n", &token, b"7", Timeout::Never)
                .unwrap()
        );
        let value = cache
            .get_or_set("computed", Timeout::Never, || "first")
            .unwrap();
        assert_eq!(value, b"first");
        let value = cache
            .get_or_set("computed", Timeout::Never, || "second")
            .unwrap();
        assert_eq!(value, b"first");
        assert_eq!(site.requests().conditional_put, 0);
    }
}

#[test]
fn an_etag_is_spelt_as_the_engine_wants_it() {
    let site = Site::embedded();
    let cache = with(&site, Conditions::WithoutQuotes);
    cache.set("n", b"1", Timeout::Never).unwrap();
    for n in 2..6 {
        assert_eq!(cache.incr("n", 1).unwrap(), n);
    }
    assert_eq!(cache.conditional_writes().unwrap(), Found::Enforced);
    let (_, token) = cache.get_with_token("n").unwrap().unwrap();
    assert!(
        cache
            .compare_and_set("n", &token, b"9", Timeout::Never)
            .unwrap()
    );
    assert!(
        !cache
            .compare_and_set("n", &token, b"8", Timeout::Never)
            .unwrap()
    );
    cache.set("k", b"old", Timeout::seconds(0.0)).unwrap();
    assert!(cache.add("k", b"v", Timeout::Never).unwrap());
}

/// Taken on trust, and wrongly: an error after a look, not a loop.
#[test]
fn an_engine_that_never_finds_an_etag_equal_is_found_out() {
    let site = Site::embedded();
    site.switches().set_conditions(Conditions::NeverEqual);
    let assume = options(&site, "app").conditional_writes(ConditionalWrites::Assume);
    let cache = Cache::open(assume.max_entries(0)).unwrap();
    cache.set("n", b"1", Timeout::Never).unwrap();
    let (result, mut requests) = site.count(|| cache.incr("n", 1));
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("the very ETag"), "{error}");
    requests.body_out = 0;
    let bounded = Requests {
        get: 2,
        conditional_put: 1,
        ..NONE
    };
    assert_eq!(requests, bounded);
}

/// A probe whose replies get lost is no wrong answer.
#[test]
fn the_probe_survives_lost_replies() {
    for seed in 0..10 {
        let site = Site::start();
        let writes = [support::Kind::ConditionalPut];
        site.switches().cut_at_random(&writes, 50, seed);
        let cache = open(&site, "app");
        assert_eq!(cache.conditional_writes().unwrap(), Found::Enforced);
        assert!(site.list_raw(&site.location("app/")).is_empty());
    }
}

#[test]
fn add_may_look_first() {
    let site = Site::start();
    let first = options(&site, "app").add_reads_first(true).max_entries(0);
    let cache = Cache::open(first).unwrap();
    cache.conditional_writes().unwrap();
    let add = || {
        let (added, mut requests) = site.count(|| cache.add("lock", b"v", Timeout::Never).unwrap());
        requests.body_out = 0;
        (added, requests)
    };
    let cost = |ranged_get, conditional_put| Requests {
        ranged_get,
        conditional_put,
        ..NONE
    };
    assert_eq!(add(), (true, cost(1, 1)));
    assert_eq!(add(), (false, cost(1, 0)));
    cache.set("lock", b"v", Timeout::seconds(0.0)).unwrap();
    assert_eq!(add(), (true, cost(1, 1)));
}
