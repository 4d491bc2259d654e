//! What each call costs, counted by the server: no request more than is told.

mod support;

use s3cache::{Cache, ErrorKind, Timeout};
use support::{Requests, Site, open, options};

const NONE: Requests = Requests::NONE;

#[test]
fn one_request_a_call() {
    let site = Site::start();
    let cache = open(&site, "app");
    let value = [b'v'; 5000];
    let ((), first) = site.count(|| cache.set("k", value, Timeout::Default).unwrap());
    assert_eq!(
        first,
        Requests {
            put: 1,
            list: 1,
            ..NONE
        }
    );
    let cost = |call: &dyn Fn(&Cache)| {
        let ((), requests) = site.count(|| call(&cache));
        requests
    };

    let mut get = cost(&|c| assert!(c.get("k").unwrap().is_some()));
    assert_eq!(std::mem::take(&mut get.body_out), 64 + 5000);
    assert_eq!(get, Requests { get: 1, ..NONE });

    let mut miss = cost(&|c| assert!(c.get("none").unwrap().is_none()));
    miss.body_out = 0;
    assert_eq!(miss, Requests { get: 1, ..NONE });

    let mut has_key = cost(&|c| assert!(c.has_key("k").unwrap()));
    assert!(std::mem::take(&mut has_key.body_out) <= 128);
    assert_eq!(
        has_key,
        Requests {
            ranged_get: 1,
            ..NONE
        }
    );

    let mut ttl = cost(&|c| assert!(c.ttl("k").unwrap().is_some()));
    assert!(std::mem::take(&mut ttl.body_out) <= 128);
    assert_eq!(
        ttl,
        Requests {
            ranged_get: 1,
            ..NONE
        }
    );

    for call in [
        &(|c: &Cache| c.set("k", b"v", Timeout::Default).unwrap()) as &dyn Fn(&Cache),
        &|c| c.set("new", b"v", Timeout::Never).unwrap(),
    ] {
        assert_eq!(cost(call), Requests { put: 1, ..NONE });
    }
    let delete = cost(&|c| c.delete("new").unwrap());
    assert_eq!(delete, Requests { delete: 1, ..NONE });

    let mut remove = cost(&|c| assert!(c.remove("k").unwrap()));
    remove.body_out = 0;
    assert_eq!(
        remove,
        Requests {
            ranged_get: 1,
            delete: 1,
            ..NONE
        }
    );
    let mut nothing = cost(&|c| assert!(!c.remove("k").unwrap()));
    nothing.body_out = 0;
    assert_eq!(
        nothing,
        Requests {
            ranged_get: 1,
            ..NONE
        }
    );

    assert_eq!(site.connections(), 1);
}

#[test]
fn what_atomic_calls_cost() {
    let site = Site::start();
    let cache = open(&site, "app");
    cache.set("n", b"1", Timeout::Default).unwrap();
    cache.conditional_writes().unwrap();
    let cost = |call: &dyn Fn()| {
        let ((), mut requests) = site.count(call);
        requests.body_out = 0;
        requests
    };
    let conditional = |conditional_put, get, ranged_get| Requests {
        get,
        ranged_get,
        conditional_put,
        ..NONE
    };
    let add = |expected: bool| {
        cost(&|| {
            let added = cache.add("k", b"v", Timeout::Default).unwrap();
            assert_eq!(added, expected);
        })
    };
    assert_eq!(add(true), conditional(1, 0, 0));
    assert_eq!(add(false), conditional(1, 0, 1));
    cache.set("k", b"v", Timeout::seconds(0.0)).unwrap();
    assert_eq!(add(true), conditional(2, 0, 1));
    let touch = || assert!(cache.touch("k", Timeout::Never).unwrap());
    assert_eq!(cost(&touch), conditional(1, 1, 0));
    let incr = || assert_eq!(cache.incr("n", 4).unwrap(), 5);
    assert_eq!(cost(&incr), conditional(1, 1, 0));
    let missing = || assert!(!cache.touch("none", Timeout::Never).unwrap());
    assert_eq!(cost(&missing), conditional(0, 1, 0));
}

/// Every time: what was found before is asked again.
#[test]
fn what_check_costs() {
    let site = Site::start();
    let cache = open(&site, "app");
    for _ in 0..2 {
        let (report, mut requests) = site.count(|| cache.check());
        assert!(report.is_good(), "{report}");
        requests.body_out = 0;
        let told = Requests {
            list: 1,
            get: 2,
            delete: 2,
            put: 1,
            conditional_put: 4,
            ..NONE
        };
        assert_eq!(requests, told);
    }
}

#[test]
fn many_cost_what_they_must() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").max_entries(0)).unwrap();
    let keys: Vec<String> = (0..2500).map(|i| format!("key {i}")).collect();
    let ((), sets) = site.count(|| {
        let pairs = keys[..10].iter().map(|key| (key, b"v"));
        cache.set_many(pairs, Timeout::Default).unwrap();
    });
    assert_eq!(
        sets,
        Requests { put: 10, ..NONE },
        "never a LIST without a bound"
    );
    let (found, mut gets) = site.count(|| cache.get_many(&keys[5..15]).unwrap());
    gets.body_out = 0;
    assert_eq!(gets, Requests { get: 10, ..NONE });
    assert_eq!(found.iter().flatten().count(), 5);

    let ((), deletes) = site.count(|| cache.delete_many(&keys).unwrap());
    assert_eq!(
        deletes,
        Requests {
            delete_objects: 3,
            ..NONE
        }
    );
    assert_eq!(cache.get_many(&keys[..10]).unwrap(), vec![None; 10]);

    let names = (0..2500).map(|i| (site.location(&format!("app/{i:040x}")), b"x".to_vec()));
    site.store_raw_many(names);
    let (removed, mut clear) = site.count(|| cache.clear().unwrap());
    clear.body_out = 0;
    assert_eq!((removed.count, removed.failed.len()), (2500, 0));
    assert!(clear.list <= 3 && clear.delete_objects <= 3, "{clear:?}");
    assert_eq!(clear.total(), clear.list + clear.delete_objects);
    assert_eq!(site.connections(), 1);
}

/// The statistics say what the server saw.
#[test]
fn two_hundred_mixed_calls_take_one_connection() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").max_entries(10)).unwrap();
    for i in 0..25 {
        let key = format!("k{}", i % 13);
        cache
            .set(&key, vec![b'v'; i * 800], Timeout::Default)
            .unwrap();
        cache.get(&key).unwrap().unwrap();
        assert_eq!(cache.get("missing").unwrap(), None);
        assert!(!cache.has_key("missing").unwrap());
        assert!(!cache.add(&key, b"w", Timeout::Default).unwrap());
        let error = cache.incr(&key, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotAnInteger);
        cache.touch(&key, Timeout::Never).unwrap();
        if i % 5 == 0 {
            cache.delete(&key).unwrap();
        }
    }
    let (seen, told) = (site.requests(), cache.stats());
    assert!(seen.total() > 200, "{seen:?}");
    assert_eq!(seen.get + seen.ranged_get, told.gets);
    assert_eq!(seen.put + seen.conditional_put, told.puts);
    assert_eq!(seen.delete, told.deletes);
    assert_eq!(seen.delete_objects, told.multi_deletes);
    assert_eq!(seen.list, told.lists);
    assert_eq!(seen.total(), told.requests());
    assert!(seen.delete_objects > 0, "culling was part of it");
    assert_eq!(site.connections(), 1);
}

/// With nothing asked for, a PUT carries nothing that an engine might refuse.
#[test]
fn a_put_carries_what_it_needs_and_no_more() {
    let site = Site::start();
    let cache = open(&site, "app");
    cache.set("k", b"v", Timeout::Default).unwrap();
    let log = site.log();
    let put = log.iter().find(|seen| seen.method == "PUT").unwrap();
    let expected = [
        "authorization",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
    ];
    assert_eq!(put.headers, expected);
    for seen in &log {
        let transfer = ["accept-encoding", "transfer-encoding", "expect"];
        assert!(!seen.headers.iter().any(|h| transfer.contains(&h.as_str())));
    }
}
