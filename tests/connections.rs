//! Kept connections, and what happens when one turns out to be dead: another
//! try where a second arrival does no harm, and no more of them than allowed.

mod support;

use std::time::{Duration, Instant};

use s3cache::{Cache, ErrorKind, Timeout};
use support::{Site, options};

/// A handle whose connection has served before.
fn warm(site: &Site) -> Cache {
    let options = options(site, "app").max_entries(0).retries(1);
    let cache = Cache::open(options).unwrap();
    cache.set("k", b"v", Timeout::Never).unwrap();
    cache
}

/// Calls that may be sent twice, and the kind of request they make.
const REPEATABLE: [fn(&Cache) -> s3cache::Result<()>; 5] = [
    |c| c.get("k").map(|value| assert!(value.is_some())),
    |c| c.has_key("k").map(|there| assert!(there)),
    |c| c.set("k", b"v", Timeout::Never),
    |c| c.delete("none"),
    |c| c.delete_many(["none"]),
];

#[test]
fn a_connection_closed_between_two_calls_goes_unnoticed() {
    let site = Site::start();
    let cache = warm(&site);
    for (i, call) in REPEATABLE.iter().enumerate() {
        site.switches().close_after_next(1);
        cache.get("k").unwrap();
        let (result, requests) = site.count(|| call(&cache));
        result.unwrap_or_else(|error| panic!("call {i}: {error}"));
        // The closing may be on its way yet: a write then looks before it is repeated.
        let looked = u64::from(requests.put > 0 && requests.ranged_get > 0);
        assert_eq!(requests.total(), 1 + looked, "call {i}: {requests:?}");
    }
    site.switches().close_after_next(1);
    cache.get("k").unwrap();
    assert!(cache.add("new", b"v", Timeout::Never).unwrap());
}

#[test]
fn a_connection_that_dies_under_a_request_is_replaced_once() {
    let site = Site::start();
    let cache = warm(&site);
    for (i, call) in REPEATABLE.iter().enumerate() {
        site.switches().cut_next_replies(1);
        let (result, requests) = site.count(|| call(&cache));
        result.unwrap_or_else(|error| panic!("call {i}: {error}"));
        assert_eq!(requests.total(), 2, "call {i}");

        site.switches().cut_next_replies(9);
        let (result, requests) = site.count(|| call(&cache));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionLost);
        // One over the kept connection costs none of the retries.
        assert!(
            (2..=3).contains(&requests.total()),
            "call {i}: {requests:?}"
        );
        site.switches().cut_next_replies(0);
        // The next call on the same handle works.
        cache.get("k").unwrap().unwrap();
    }
}

#[test]
fn a_fresh_connection_that_dies_is_an_error_without_retries() {
    let site = Site::start();
    for call in &REPEATABLE {
        let cache = Cache::open(options(&site, "app").max_entries(0).retries(0)).unwrap();
        site.switches().cut_next_replies(1);
        let (result, requests) = site.count(|| call(&cache));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionLost);
        assert_eq!(requests.total(), 1);
    }
}

/// A second arrival of a conditional write would meet its own first: instead of
/// sending it again, the library looks, and finds its own.
#[test]
fn a_conditional_write_is_looked_for_before_it_is_sent_again() {
    let site = Site::start();
    let cache = warm(&site);
    cache.conditional_writes().unwrap();
    for key in ["small", "large"] {
        let value = vec![b'v'; if key == "small" { 10 } else { 200 << 10 }];
        site.switches().cut_next_replies(1);
        let (added, requests) = site.count(|| cache.add(key, &value, Timeout::Never));
        assert!(added.unwrap());
        assert_eq!((requests.conditional_put, requests.get), (1, 1));
        assert_eq!(requests.total(), 2);
        assert!(cache.get(key).unwrap().unwrap() == value);
    }
    // Where the look fails as well, nobody knows.
    site.switches().cut_next_replies(9);
    let error = cache.add("third", b"v", Timeout::Never).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error:?}");
    assert!(error.to_string().contains("read the key"), "{error}");
}

/// The read timeout bounds the wait, whoever else is waiting.
#[test]
fn a_stalled_request_times_out_and_the_handle_goes_on() {
    let site = Site::start();
    let brief = options(&site, "app").max_entries(0).retries(0);
    let cache = Cache::open(brief.read_timeout(Duration::from_millis(300))).unwrap();
    cache.set("k", b"v", Timeout::Never).unwrap();
    for call in &REPEATABLE {
        site.switches().stall_next(1);
        let started = Instant::now();
        let (result, requests) = site.count(|| call(&cache));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(requests.total(), 1, "what timed out is not sent again");
        assert!(started.elapsed() < Duration::from_secs(10));
        cache.get("k").unwrap().unwrap();
    }
}

/// Kept as long as somebody uses them, shared by clones, one a thread.
#[test]
fn threads_take_a_connection_each_and_no_more() {
    let site = Site::start();
    let cache = warm(&site);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let handle = cache.clone();
            scope.spawn(move || {
                for _ in 0..50 {
                    handle.get("k").unwrap().unwrap();
                }
            });
        }
    });
    assert!(site.connections() <= 5, "{}", site.connections());
}
