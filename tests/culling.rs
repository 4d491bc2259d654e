//! The bound on entries: Django's numbers, and what keeps it cheap.

mod support;

use std::thread::sleep;
use std::time::Duration;

use s3cache::{Cache, Options, Timeout};
use support::{Site, open, options};

fn write(cache: &Cache, keys: std::ops::Range<usize>) {
    for i in keys {
        let key = format!("cull{i}");
        cache.set(key, b"v", Timeout::Default).unwrap();
    }
}

fn left(cache: &Cache, keys: std::ops::Range<usize>) -> usize {
    let keys = keys.map(|i| format!("cull{i}"));
    keys.filter(|key| cache.has_key(key).unwrap()).count()
}

/// `test_cull` and `test_zero_cull` of Django's cache tests.
#[test]
fn djangos_numbers() {
    for (frequency, expected) in [(3, 29), (0, 19)] {
        let site = Site::start();
        let thirty = options(&site, "app")
            .max_entries(30)
            .cull_frequency(frequency);
        let cache = Cache::open(thirty).unwrap();
        write(&cache, 1..50);
        assert_eq!(left(&cache, 1..50), expected);
        assert_eq!(site.list_raw(&site.location("app/")).len(), expected);
    }
}

#[test]
fn add_culls_as_set_does() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").max_entries(6)).unwrap();
    for i in 0..10 {
        assert!(
            cache
                .add(format!("cull{i}"), b"v", Timeout::Default)
                .unwrap()
        );
    }
    assert_eq!(left(&cache, 0..10), 6);
}

#[test]
fn zero_never_culls_and_never_lists() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").max_entries(0)).unwrap();
    write(&cache, 0..40);
    assert_eq!(left(&cache, 0..40), 40);
    assert_eq!(cache.cull().unwrap().count, 0);
    assert_eq!(site.requests().list, 0);
}

/// Django's `test_cull_delete_when_store_empty` sets -1 on an empty store.
#[test]
fn a_negative_bound_culls_at_every_write_and_still_stores() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").max_entries(-1)).unwrap();
    let ((), first) = site.count(|| write(&cache, 0..1));
    assert_eq!((first.put, first.list, first.delete_objects), (1, 1, 0));
    write(&cache, 1..9);
    assert!(cache.has_key("cull8").unwrap());
    // 1, 2, 3, 3 - 1 + 1 = 3, and so on: a third of what is there, each time.
    assert_eq!(left(&cache, 0..9), 3);
    let ((), again) = site.count(|| write(&cache, 8..9));
    assert_eq!((again.put, again.list, again.delete_objects), (1, 1, 1));
}

#[test]
fn overwriting_one_key_culls_nothing() {
    let site = Site::start();
    for bound in [1, 2, 300] {
        let cache = Cache::open(options(&site, "app").max_entries(bound)).unwrap();
        cache.clear().unwrap();
        let ((), requests) = site.count(|| {
            for _ in 0..60 {
                cache.set("same", b"v", Timeout::Default).unwrap();
            }
        });
        assert_eq!(requests.put, 60);
        assert!(requests.list <= 2, "{requests:?}");
        assert_eq!(requests.delete_objects, 0);
        // Another handle, which has not written it yet: neither.
        let other = Cache::open(options(&site, "app").max_entries(bound)).unwrap();
        other.set("same", b"v", Timeout::Default).unwrap();
        assert_eq!(site.requests().delete_objects, 0, "{bound}");
        cache.delete("same").unwrap();
    }
}

/// By the listing's `LastModified`, which some engines keep to the second only.
#[test]
fn the_oldest_go_first() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").max_entries(9)).unwrap();
    write(&cache, 0..3);
    sleep(Duration::from_millis(1100));
    write(&cache, 3..9);
    sleep(Duration::from_millis(1100));
    // Written again, the oldest is the newest.
    write(&cache, 1..2);
    sleep(Duration::from_millis(1100));
    write(&cache, 9..10);
    assert_eq!(left(&cache, 0..10), 7);
    assert!(!cache.has_key("cull0").unwrap());
    assert!(cache.has_key("cull1").unwrap());
    assert!(!cache.has_key("cull2").unwrap());
    assert!(cache.has_key("cull9").unwrap());
}

/// At the bound, what it costs on average: a LIST and a delete for each third.
#[test]
fn a_set_at_the_bound_lists_and_deletes_once_at_most() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").max_entries(60)).unwrap();
    write(&cache, 0..60);
    let mut all = site.requests();
    for i in 60..120 {
        let ((), one) = site.count(|| write(&cache, i..i + 1));
        assert_eq!(one.put, 1);
        assert!(one.list <= 1 && one.delete_objects <= one.list, "{one:?}");
    }
    all = site.requests() - all;
    assert_eq!((all.put, all.list, all.delete_objects), (60, 3, 3));
}

/// What others have deleted, or a rule of the bucket's, makes room: the count
/// is taken anew before anything goes.
#[test]
fn a_stale_count_culls_nothing() {
    let site = Site::start();
    let ten = || -> Options { options(&site, "app").max_entries(10) };
    let cache = Cache::open(ten()).unwrap();
    write(&cache, 0..10);
    open(&site, "app")
        .delete_many((0..8).map(|i| format!("cull{i}")))
        .unwrap();
    let ((), requests) = site.count(|| write(&cache, 10..11));
    assert_eq!((requests.list, requests.delete_objects), (1, 0));
    assert_eq!(left(&cache, 0..11), 3);
    // And what others have added is found when the bound seems reached.
    let other = Cache::open(ten().max_entries(0)).unwrap();
    write(&other, 20..40);
    write(&cache, 40..50);
    assert!(site.list_raw(&site.location("app/")).len() <= 10);
}

/// A cache of several pages under a small bound: one LIST and one delete at
/// a time, and `cull` does it at once.
#[test]
fn a_large_excess_is_worked_off() {
    let site = Site::start();
    let names = |from: usize, to: usize| {
        let name = |i| (site.location(&format!("app/{i:040x}")), b"x".to_vec());
        (from..to).map(name).collect::<Vec<_>>()
    };
    site.store_raw_many(names(0, 2100));
    let cache = Cache::open(options(&site, "app").max_entries(500)).unwrap();
    let mut sets = 0;
    while site.list_raw(&site.location("app/")).len() > 500 {
        for i in sets..sets + 25 {
            let ((), one) = site.count(|| write(&cache, i..i + 1));
            assert!(one.list <= 1 && one.delete_objects <= 1, "{one:?}");
        }
        sets += 25;
        assert!(sets < 600, "never reaches the bound");
    }
    site.store_raw_many(names(0, 2100));
    let count = site.list_raw(&site.location("app/")).len();
    let removed = cache.cull().unwrap();
    assert!(removed.failed.is_empty());
    let after = site.list_raw(&site.location("app/")).len();
    assert_eq!(removed.count, (count - after) as u64);
    assert_eq!(after, 500 - 166, "what a cull at the bound leaves");
    assert_eq!(cache.cull().unwrap().count, 0);
}

#[test]
fn cull_takes_its_share_at_the_bound() {
    let site = Site::start();
    let writer = Cache::open(options(&site, "app").max_entries(0)).unwrap();
    write(&writer, 0..12);
    let cull = |max, frequency| {
        let options = options(&site, "app")
            .max_entries(max)
            .cull_frequency(frequency);
        Cache::open(options).unwrap().cull().unwrap().count
    };
    assert_eq!(cull(13, 3), 0);
    assert_eq!(cull(12, 3), 4);
    assert_eq!(cull(4, 3), 5);
    assert_eq!(cull(-1, 3), 1);
    assert_eq!(cull(1, 0), 2);
    assert_eq!(site.list_raw(&site.location("app/")).len(), 0);
}
