//! Caches of many pages: what they hold is known from a few of these, they
//! keep to their bound at the price of a small one, and are walked in the
//! memory of one page.

mod support;

use std::ops::ControlFlow;
use std::thread::sleep;
use std::time::Duration;

use s3cache::{Cache, CullOrder, Estimate, Options, Progress, Timeout};
use support::{Requests, Site, options};

/// So many objects with the names of entries, spread as SHA-1 spreads them,
/// written straight into the store.
fn fill(site: &Site, count: u32) {
    let name = |i: u32| {
        let digest = sha1_smol::Sha1::from(i.to_le_bytes()).digest();
        let name = site.location(&format!("app/{digest}"));
        (name, b"x".to_vec())
    };
    site.store_raw_many((0..count).map(name));
}

fn app(site: &Site) -> Options {
    options(site, "app")
}

fn write(cache: &Cache, keys: std::ops::Range<usize>) {
    for i in keys {
        let key = format!("key {i}");
        cache.set(key, b"v", Timeout::Default).unwrap();
    }
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Every listing of the embedded server scans its whole directory, so a large
/// cache takes minutes: only where `S3CACHE_TEST_FULL` is set. The decisions
/// are tried on as many in `src/census.rs`.
fn large() -> u32 {
    let full = std::env::var_os("S3CACHE_TEST_FULL").is_some();
    if full { 50_000 } else { 8_000 }
}

#[test]
fn a_large_cache_is_estimated_from_two_pages() {
    let (site, large) = (Site::start(), large());
    fill(&site, large);
    let patient = app(&site).read_timeout(Duration::from_secs(120));
    let cache = Cache::open(patient).unwrap();
    let trials = if large > 10_000 { 100 } else { 20 };
    let mut near = 0;
    for _ in 0..trials {
        let (estimate, requests) = site.count(|| cache.len_estimate().unwrap());
        assert_eq!((requests.list, requests.total()), (2, 2));
        let off = estimate.count.abs_diff(large.into());
        near += u32::from(off < u64::from(large) / 10);
        assert!(off < 5 * estimate.error, "{estimate:?}");
    }
    // Within 10 % is four and a half times the standard error: near to always.
    assert!(near * 100 >= trials * 95, "{near} of {trials}");
}

#[test]
fn a_small_cache_is_counted_in_one() {
    let site = Site::start();
    let cache = Cache::open(app(&site)).unwrap();
    assert!(cache.is_empty().unwrap());
    for n in [0, 7, 900] {
        fill(&site, n);
        let (estimate, requests) = site.count(|| cache.len_estimate().unwrap());
        assert_eq!((estimate.count, estimate.error), (u64::from(n), 0));
        assert_eq!(requests.list, 1);
        assert_eq!(cache.len().unwrap(), u64::from(n));
    }
    assert!(!cache.is_empty().unwrap());
    fill(&site, 2100);
    assert_eq!(cache.len().unwrap(), 2100);
    let Estimate { count, error, .. } = cache.len_estimate().unwrap();
    assert!(count.abs_diff(2100) <= 4 * error, "{count} ± {error}");
}

#[test]
fn a_large_cache_keeps_to_its_bound() {
    let (site, large) = (Site::embedded(), large());
    fill(&site, large);
    let cache = Cache::open(app(&site).max_entries(large.into())).unwrap();
    let sets = 2_000.max(large as usize / 10);
    let before = site.requests();
    for i in 0..sets {
        let ((), one) = site.count(|| write(&cache, i..i + 1));
        assert_eq!(one.put, 1);
        assert!(one.list <= 1 && one.delete_objects <= 1, "{one:?}");
        assert_eq!(one.total(), one.put + one.list + one.delete_objects);
    }
    let all = site.requests() - before;
    let cost = all.total() * 1000 / sets as u64;
    assert!(cost <= 1020, "{cost} requests per 1000 sets: {all:?}");
    let left = u64::try_from(site.list_raw("app/").len()).unwrap();
    let off = left.abs_diff(large.into());
    // What one cull takes is more than 2 % of the smaller.
    let share = 333 + 20;
    assert!(off <= share.max(u64::from(large) / 50), "{left} are left");
    assert!(all.delete_objects > 3, "{all:?}");
}

/// Written again and again, by a handle that knows: neither listed nor culled.
#[test]
fn overwrites_cost_a_large_cache_nothing() {
    let site = Site::embedded();
    fill(&site, 3_000);
    let cache = Cache::open(app(&site).max_entries(3_100)).unwrap();
    write(&cache, 0..50);
    let before = site.requests();
    for _ in 0..20 {
        write(&cache, 0..50);
    }
    let put = 1000;
    let after = site.requests() - before;
    assert_eq!(
        after,
        Requests {
            put,
            ..Requests::NONE
        }
    );
    assert_eq!(site.list_raw("app/").len(), 3_050);
}

#[test]
fn bytes_are_a_bound_as_entries_are() {
    let site = Site::start();
    let bytes = |bound| app(&site).max_entries(0).max_bytes(bound).cull_frequency(2);
    let cache = Cache::open(bytes(10_000)).unwrap();
    let value = |len: usize| vec![b'v'; len - 64];
    for i in 0..10 {
        cache
            .set(format!("{i}"), value(1000), Timeout::Never)
            .unwrap();
    }
    assert_eq!(cache.len().unwrap(), 10);
    // One byte too many: that and half of the bound go.
    cache.set("more", value(65), Timeout::Never).unwrap();
    assert_eq!(cache.len().unwrap(), 10 - 6 + 1);
    assert!(cache.has_key("more").unwrap());
    // Beside a bound on entries, whichever is reached first.
    cache.clear().unwrap();
    let both = Cache::open(bytes(10_000).max_entries(4)).unwrap();
    for i in 0..4 {
        both.set(format!("{i}"), value(1000), Timeout::Never)
            .unwrap();
    }
    both.set("fifth", value(100), Timeout::Never).unwrap();
    assert_eq!(both.len().unwrap(), 3);
    both.set("large", value(9_000), Timeout::Never).unwrap();
    assert_eq!(both.len().unwrap(), 1, "the others made room");
    assert_eq!(both.cull().unwrap().count, 0);
}

/// Under a bound of more than a page bytes are estimated as entries are.
#[test]
fn a_large_cache_keeps_to_its_bytes() {
    let site = Site::embedded();
    // 3000 objects of one byte: within the bound; with 400 of 165 it is not.
    fill(&site, 3_000);
    let bound = 3_000 + 300 * 165;
    let cache = Cache::open(app(&site).max_entries(0).max_bytes(bound)).unwrap();
    for i in 0..400 {
        let ((), one) = site.count(|| cache.set(format!("{i}"), [0; 101], Timeout::Never).unwrap());
        assert!(one.list <= 1 && one.delete_objects <= 1, "{one:?}");
    }
    let objects = site.list_raw("app/");
    let bytes: usize = objects
        .iter()
        .map(|name| site.get_raw(name).unwrap().len())
        .sum();
    assert!(bytes as u64 <= bound + 165, "{bytes} of {bound}");
    assert!(site.requests().delete_objects > 0);
}

/// django-s3-cache took every third name of its listing; the numbers are
/// Django's, as there.
#[test]
fn every_nth_as_the_seed_did() {
    for (frequency, expected) in [(3, 29), (0, 19)] {
        let site = Site::start();
        let every = app(&site).max_entries(30).cull_frequency(frequency);
        let cache = Cache::open(every.cull_order(CullOrder::EveryNth)).unwrap();
        write(&cache, 1..31);
        let names = site.list_raw(&site.location("app/"));
        write(&cache, 31..32);
        let left = site.list_raw(&site.location("app/"));
        let gone = names.iter().filter(|name| !left.contains(name));
        let gone: Vec<&String> = gone.collect();
        let step = usize::try_from(frequency).unwrap().max(1);
        assert_eq!(gone, names.iter().step_by(step).collect::<Vec<_>>());
        write(&cache, 32..50);
        assert_eq!(site.list_raw(&site.location("app/")).len(), expected);
    }
}

/// Each counts what it writes itself: two may hold twice the bound, until one
/// of them looks.
#[test]
fn two_handles_overshoot_by_no_more_than_is_documented() {
    let site = Site::start();
    let open = || Cache::open(app(&site).max_entries(60)).unwrap();
    let (one, two) = (open(), open());
    let mut most = 0;
    for i in 0..30 {
        write(&one, i * 10..i * 10 + 5);
        write(&two, i * 10 + 5..i * 10 + 10);
        most = most.max(site.list_raw(&site.location("app/")).len());
    }
    assert!(most <= 120, "{most}");
    // For a large cache each takes away as much as it adds.
    let site = Site::embedded();
    fill(&site, 3_000);
    let open = || Cache::open(app(&site).max_entries(3_000)).unwrap();
    let (one, two) = (open(), open());
    for i in 0..100 {
        write(&one, i * 10..i * 10 + 5);
        write(&two, i * 10 + 5..i * 10 + 10);
    }
    let left = site.list_raw("app/").len();
    assert!((2_000..=4_000).contains(&left), "{left}");
}

#[test]
fn a_walk_tells_its_progress_and_can_be_stopped() {
    let site = Site::start();
    fill(&site, 5_000);
    let cache = Cache::open(app(&site)).unwrap();
    let mut told = Vec::new();
    let removed = cache
        .clear_with(|progress| {
            told.push((progress.seen, progress.removed));
            if progress.removed >= 2_000 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(removed.count, 2_000);
    assert_eq!(told, [(1_000, 1_000), (2_000, 2_000)]);
    assert_eq!(cache.len().unwrap(), 3_000);
    assert_eq!(cache.clear_with(go_on).unwrap().count, 3_000);
    assert!(cache.is_empty().unwrap());
}

#[test]
fn what_is_old_and_what_has_expired_can_be_removed() {
    let site = Site::start();
    let cache = Cache::open(app(&site).max_entries(0)).unwrap();
    cache.set("old", b"v", Timeout::Never).unwrap();
    cache.set("expired", b"v", Timeout::seconds(0.0)).unwrap();
    sleep(Duration::from_millis(2100));
    cache.set("new", b"v", Timeout::Never).unwrap();
    cache.set("brief", b"v", Timeout::seconds(0.05)).unwrap();
    site.put_raw(&site.location(&format!("app/{:040x}", 5)), b"no entry");
    sleep(Duration::from_millis(100));
    let (removed, mut requests) = site.count(|| cache.remove_expired().unwrap());
    requests.body_out = 0;
    assert_eq!(removed.count, 2);
    let expected = Requests {
        list: 1,
        ranged_get: 5,
        delete: 2,
        ..Requests::NONE
    };
    assert_eq!(requests, expected);
    assert_eq!(cache.len().unwrap(), 3);
    let none = cache.remove_older_than(Duration::from_secs(3600)).unwrap();
    assert_eq!(none.count, 0);
    let old = cache
        .remove_older_than(Duration::from_millis(1500))
        .unwrap();
    assert_eq!(old.count, 1);
    assert!(cache.has_key("new").unwrap() && !cache.has_key("old").unwrap());
}
