//! Nothing but a location's own entries is ever deleted.
//!
//! Guards against the seed's worst fault: it listed without a slash and
//! without looking at names, so a cache at `app` culled and cleared `app2`,
//! and one at the root emptied the bucket.

mod support;

use s3cache::{Cache, Timeout};
use support::{Site, open, options};

const HEX: &str = "0123456789abcdef0123456789abcdef01234567";

fn bystanders(prefix: &str) -> Vec<String> {
    let upper = HEX.to_uppercase();
    let in_prefix = [
        "readme.txt".to_owned(),
        format!("sub/{HEX}"),
        format!("{HEX}.bak"),
        format!("{HEX}0"),
        HEX[1..].to_owned(),
        upper,
        format!("g{}", &HEX[1..]),
    ];
    in_prefix
        .iter()
        .map(|name| format!("{prefix}{name}"))
        .collect()
}

fn put_all(site: &Site, names: &[String]) {
    for name in names {
        site.put_raw(name, name.as_bytes());
    }
}

fn assert_all_there(site: &Site, names: &[String]) {
    for name in names {
        let body = site.get_raw(name);
        assert_eq!(body.as_deref(), Some(name.as_bytes()), "{name}");
    }
}

#[test]
fn a_location_leaves_its_neighbours_alone() {
    let site = Site::start();
    let base = site.location("");
    let mut others = bystanders(&format!("{base}app/"));
    for neighbour in ["app2/", "ap/", "app-sibling/", "APP/", "app/deep/er/"] {
        others.push(format!("{base}{neighbour}{HEX}"));
    }
    others.push(format!("{base}{HEX}"));
    put_all(&site, &others);

    let neighbour = open(&site, "app2");
    neighbour.set("k", b"neighbour", Timeout::Never).unwrap();
    let cache = Cache::open(options(&site, "/app/").max_entries(4).cull_frequency(0)).unwrap();
    for i in 0..9 {
        cache.set(format!("k{i}"), b"v", Timeout::Never).unwrap();
    }
    assert_eq!(cache.cull().unwrap().count, 0);
    for i in 10..13 {
        cache.set(format!("k{i}"), b"v", Timeout::Never).unwrap();
    }
    assert_eq!(cache.cull().unwrap().count, 4);
    cache.set("last", b"v", Timeout::Never).unwrap();
    let cleared = cache.clear().unwrap();
    assert_eq!((cleared.count, cleared.failed.len()), (1, 0));
    assert_eq!(cache.get("last").unwrap(), None);
    assert_all_there(&site, &others);
    assert_eq!(neighbour.get("k").unwrap().unwrap(), b"neighbour");
}

/// With neighbours on the boundaries of pages: 1000 names each, and our own
/// and others' on both sides of them.
#[test]
fn pages_of_foreign_names_are_walked_through() {
    let site = Site::start();
    let location = site.location("app/");
    let foreign: Vec<String> = (0..2400)
        .map(|i| format!("{location}{i:05}-note"))
        .collect();
    let own: Vec<String> = (0..300)
        .map(|i| format!("{location}{:05}{:035x}", i * 8, i))
        .collect();
    let all = foreign.iter().chain(&own);
    site.store_raw_many(all.map(|name| (name.clone(), b"x".to_vec())));
    let cache = open(&site, "app");
    let cleared = cache.clear().unwrap();
    assert_eq!((cleared.count, cleared.failed.len()), (300, 0));
    let mut expected = foreign;
    expected.sort();
    assert_eq!(site.list_raw(&location), expected);
}

#[test]
fn an_empty_location_is_the_buckets_root_and_no_more() {
    let site = Site::with_own_bucket();
    let mut others = bystanders("");
    others.push(format!("app/{HEX}"));
    others.push(format!("a/b/{HEX}"));
    put_all(&site, &others);
    let cache = Cache::open(site_root(&site).max_entries(3)).unwrap();
    for i in 0..7 {
        cache.set(format!("k{i}"), b"v", Timeout::Never).unwrap();
    }
    let left = cache.clear().unwrap();
    assert!(left.failed.is_empty());
    assert!((1..=3).contains(&left.count), "{left:?}");
    assert_all_there(&site, &others);
    others.sort();
    assert_eq!(site.list_raw(""), others);
}

fn site_root(site: &Site) -> s3cache::Options {
    options(site, "").location("")
}
