//! `get_or_set`: nobody waits for what somebody else computes, and nothing is
//! computed more often than it must be.

mod support;

use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use s3cache::{Cache, ConditionalWrites, Error, ErrorKind, Options, Timeout};
use support::{Requests, Site, options};

const MS: fn(u64) -> Duration = Duration::from_millis;
const HOUR: Duration = Duration::from_secs(3600);

fn stale(site: &Site) -> Options {
    options(site, "app").max_entries(0).stale_for(HOUR)
}

fn opened(options: Options) -> Cache {
    let cache = Cache::open(options).unwrap();
    cache.conditional_writes().unwrap();
    cache
}

#[test]
fn what_it_costs() {
    let site = Site::start();
    let cache = opened(stale(&site));
    let cost = |value: &'static str| {
        let call = || cache.get_or_set("k", Timeout::Never, || value).unwrap();
        let (value, mut requests) = site.count(call);
        requests.body_out = 0;
        (String::from_utf8(value).unwrap(), requests)
    };
    let requests = |get, conditional_put| Requests {
        get,
        conditional_put,
        ..Requests::NONE
    };
    assert_eq!(cost("first"), ("first".into(), requests(1, 1)));
    assert_eq!(cost("second"), ("first".into(), requests(1, 0)));
    cache.set("k", b"old", Timeout::seconds(0.2)).unwrap();
    sleep(MS(250));
    assert_eq!(cost("third"), ("third".into(), requests(1, 2)), "a refresh");
    assert_eq!(cost("fourth"), ("third".into(), requests(1, 0)));
    // Too old to serve: a miss.
    let brief = opened(options(&site, "app").max_entries(0).stale_for(MS(1)));
    cache.set("k", b"old", Timeout::seconds(0.0)).unwrap();
    let value = brief.get_or_set("k", Timeout::Never, || "fifth").unwrap();
    assert_eq!(value, b"fifth");
    let stats = cache.stats();
    assert_eq!((stats.misses, stats.hits, stats.stale), (1, 3, 1));
}

#[test]
fn a_failed_computation_leaves_everything_as_it_was() {
    #[derive(Debug)]
    enum Mine {
        Own(&'static str),
        Cache(Error),
    }
    impl From<Error> for Mine {
        fn from(error: Error) -> Self {
            Self::Cache(error)
        }
    }
    let site = Site::start();
    let cache = opened(stale(&site));
    let fail = || cache.get_or_try_set("k", HOUR, || Err::<Vec<u8>, _>(Mine::Own("no")));
    assert!(matches!(fail().unwrap_err(), Mine::Own("no")));
    assert_eq!(cache.get("k").unwrap(), None);
    assert!(site.list_raw(&site.location("app/")).is_empty());
    cache.set("k", b"old", Timeout::seconds(0.1)).unwrap();
    sleep(MS(150));
    assert!(matches!(fail().unwrap_err(), Mine::Own("no")));
    // The lease is given back: the next one computes at once.
    let value = cache.get_or_try_set("k", HOUR, || Ok::<_, Mine>("new"));
    assert_eq!(value.unwrap(), b"new");
    let small = Cache::open(options(&site, "app").max_value_size(3)).unwrap();
    let error = small.get_or_try_set("large", HOUR, || Ok::<_, Mine>("four"));
    let Mine::Cache(error) = error.unwrap_err() else {
        panic!("not the cache's own error");
    };
    assert_eq!(error.kind(), ErrorKind::ValueTooLarge);
}

/// Django's rule for a plain miss: whoever stores first, that value is
/// returned to all.
#[test]
fn on_a_plain_miss_the_first_value_is_everybodys() {
    let site = Site::start();
    let cache = opened(options(&site, "app").max_entries(0));
    let start = &Barrier::new(8);
    let values: Vec<Vec<u8>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|i: u32| {
                let handle = cache.clone();
                scope.spawn(move || {
                    handle
                        .get_or_set("k", HOUR, || {
                            start.wait();
                            i.to_string()
                        })
                        .unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let stored = cache.get("k").unwrap().unwrap();
    assert!(values.iter().all(|value| *value == stored), "{values:?}");
}

/// Sixteen threads, one expired entry, a slow computation.
#[test]
fn one_computes_and_the_others_do_not_wait() {
    let site = Site::start();
    let cache = opened(stale(&site));
    for round in 0..3 {
        let key = format!("page {round}");
        cache.set(&key, b"old", Timeout::seconds(0.05)).unwrap();
        sleep(MS(100));
        let computed = AtomicUsize::new(0);
        let start = Barrier::new(16);
        let done = AtomicUsize::new(0);
        thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|_| {
                    let handle = cache.clone();
                    let (key, start, computed, done) = (&key, &start, &computed, &done);
                    scope.spawn(move || {
                        start.wait();
                        let mut ran = false;
                        let value = handle.get_or_set(key, HOUR, || {
                            computed.fetch_add(1, Ordering::SeqCst);
                            ran = true;
                            // Until all others have their answer: who waits
                            // for this one would never get it.
                            let waiting = Instant::now();
                            while done.load(Ordering::SeqCst) < 15 {
                                assert!(waiting.elapsed() < Duration::from_secs(60));
                                sleep(MS(2));
                            }
                            "new"
                        });
                        let value = value.unwrap();
                        assert_eq!(value, if ran { &b"new"[..] } else { b"old" });
                        done.fetch_add(1, Ordering::SeqCst);
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
        });
        assert_eq!(computed.load(Ordering::SeqCst), 1);
        assert_eq!(cache.get(&key).unwrap().unwrap(), b"new");
    }
}

#[test]
fn a_value_set_meanwhile_is_not_overwritten() {
    let site = Site::start();
    let cache = opened(stale(&site));
    cache.set("k", b"old", Timeout::seconds(0.05)).unwrap();
    sleep(MS(100));
    let other = cache.clone();
    let value = cache.get_or_set("k", HOUR, || {
        other.set("k", b"set by hand", Timeout::Never).unwrap();
        "computed"
    });
    assert_eq!(value.unwrap(), b"computed");
    assert_eq!(cache.get("k").unwrap().unwrap(), b"set by hand");
}

/// The election's reply is lost: whoever was elected knows it all the same.
#[test]
fn a_lost_election_reply_is_settled() {
    let site = Site::start();
    let cache = opened(stale(&site));
    for lost in 1..=4 {
        cache.set("k", b"old", Timeout::seconds(0.05)).unwrap();
        sleep(MS(100));
        site.switches().cut_next_puts(lost);
        let value = cache.get_or_set("k", HOUR, || "new").unwrap();
        assert_eq!(value, b"new");
        assert_eq!(cache.get("k").unwrap().unwrap(), b"new", "{lost} lost");
    }
}

/// What comes between the election and the result.
#[test]
fn a_refresh_that_is_disturbed() {
    let site = Site::start();
    let cache = opened(stale(&site));
    let expire = || {
        cache.set("k", b"old", Timeout::seconds(0.05)).unwrap();
        sleep(MS(100));
    };
    // A touch does not end the lease: nobody else computes.
    expire();
    let other = cache.clone();
    cache
        .get_or_set("k", HOUR, || {
            other.touch("k", Timeout::seconds(0.01)).unwrap();
            sleep(MS(20));
            let value = other.get_or_set("k", HOUR, || "a second time").unwrap();
            assert_eq!(value, b"old");
            "new"
        })
        .unwrap();
    // A value that is too large gives the lease back.
    expire();
    let small = Cache::open(stale(&site).max_value_size(3)).unwrap();
    let error = small.get_or_set("k", HOUR, || "large").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ValueTooLarge);
    assert_eq!(cache.get_or_set("k", HOUR, || "new").unwrap(), b"new");
    // The election fails: there is a value to serve all the same.
    if !site.is_external() {
        expire();
        site.switches().set_conditions(support::Conditions::Refused);
        assert_eq!(cache.get_or_set("k", HOUR, || "new").unwrap(), b"old");
    }
}

/// Without conditions a failed computation must not undo what was set meanwhile.
#[test]
fn without_conditions_nothing_is_given_back() {
    let site = Site::start();
    let cache = opened(stale(&site).conditional_writes(ConditionalWrites::Never));
    cache.set("k", b"old", Timeout::seconds(0.05)).unwrap();
    sleep(MS(100));
    let failed = cache.get_or_try_set("k", HOUR, || {
        cache.set("k", b"by hand", HOUR)?;
        cache.get_with_token("none").map(|_| ())?;
        Err::<Vec<u8>, Error>(cache.incr("none", 1).unwrap_err())
    });
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(cache.get("k").unwrap().unwrap(), b"by hand");
}

/// Computed anew before the expiry, the sooner the longer it takes to compute.
#[test]
fn early() {
    let site = Site::start();
    let eager = opened(options(&site, "app").max_entries(0).early(1e12));
    let lazy = opened(options(&site, "app").max_entries(0).early(1e-6));
    let never = opened(options(&site, "app").max_entries(0));
    let slow = |value: &'static str| {
        move || {
            sleep(MS(20));
            value
        }
    };
    eager.get_or_set("k", HOUR, slow("first")).unwrap();
    for cache in [&lazy, &never] {
        assert_eq!(
            cache.get_or_set("k", HOUR, slow("early")).unwrap(),
            b"first"
        );
    }
    assert_eq!(
        eager.get_or_set("k", HOUR, slow("second")).unwrap(),
        b"second"
    );
    assert_eq!(never.get("k").unwrap().unwrap(), b"second");
    // What never expires, or took no time that is known of, has no early moment.
    eager
        .get_or_set("forever", Timeout::Never, slow("first"))
        .unwrap();
    eager.set("plain", b"first", HOUR).unwrap();
    for key in ["forever", "plain"] {
        assert_eq!(
            eager.get_or_set(key, HOUR, slow("early")).unwrap(),
            b"first"
        );
    }
}

/// Other processes, which share nothing but the bucket: one computes, the
/// others are served; and one that is killed at it is replaced.
#[test]
fn processes_elect_one_and_replace_the_dead() {
    if let Ok(place) = std::env::var("S3CACHE_TEST_CHILD") {
        return child(&place);
    }
    let site = Site::start();
    let cache = opened(stale(&site).lease(MS(2500)));
    let place = |part: &str| {
        let location = site.location("app");
        let (endpoint, bucket) = (site.endpoint(), site.bucket());
        let keys = [site.access_key(), site.secret_key()].join(" ");
        format!("{endpoint} {bucket} {location} {keys} {part}")
    };
    let start = |part: &str| {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "processes_elect_one_and_replace_the_dead",
                "--nocapture",
            ])
            .env("S3CACHE_TEST_CHILD", place(part))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    cache.set("page", b"old", Timeout::seconds(0.05)).unwrap();
    sleep(MS(100));
    let children: Vec<_> = (0..6).map(|_| start("compute")).collect();
    let mut seen = Vec::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        seen.extend(["computed", "value old", "value new"].map(|word| text.matches(word).count()));
    }
    let count = |at: usize| seen.iter().skip(at).step_by(3).sum::<usize>();
    assert_eq!(count(0), 1, "so many have computed it");
    assert_eq!(count(1) + count(2), 6);

    cache.set("page", b"old", Timeout::seconds(0.05)).unwrap();
    sleep(MS(100));
    let mut doomed = start("hang");
    let begun = Instant::now();
    // Elected once the others are told so: their closure is not run.
    let elected = |cache: &Cache| {
        let mut ran = false;
        let value = cache.get_or_set("page", HOUR, || {
            ran = true;
            "replaced"
        });
        assert_eq!(value.unwrap(), if ran { &b"replaced"[..] } else { b"old" });
        ran
    };
    while site.requests().conditional_put == 0 || !leased(&site) {
        assert!(begun.elapsed() < Duration::from_secs(30));
        sleep(MS(5));
    }
    assert!(!elected(&cache), "somebody is at work on it");
    doomed.kill().unwrap();
    doomed.wait().unwrap();
    while !elected(&cache) {
        assert!(begun.elapsed() < Duration::from_secs(60), "never replaced");
        sleep(MS(20));
    }
    assert_eq!(cache.get("page").unwrap().unwrap(), b"replaced");
}

/// By the bytes: the field `lease_until` of the one entry there is.
fn leased(site: &Site) -> bool {
    let names = site.list_raw(&site.location("app/"));
    let entry = site.get_raw(&names[0]).unwrap();
    entry[16..24] != [0; 8]
}

fn child(place: &str) {
    let place: Vec<&str> = place.split(' ').collect();
    let [endpoint, bucket, location, access_key, secret_key, part] = place[..] else {
        panic!("{place:?}");
    };
    let options = Options::new(bucket)
        .endpoint(endpoint)
        .region("us-east-1")
        .location(location)
        .credentials(access_key, secret_key)
        .conditional_writes(ConditionalWrites::Assume)
        .stale_for(HOUR)
        .lease(MS(2500));
    let cache = Cache::open(options).unwrap();
    let value = cache.get_or_set("page", HOUR, || {
        println!("computed");
        sleep(if part == "hang" { HOUR } else { MS(600) });
        "new"
    });
    println!("value {}", String::from_utf8(value.unwrap()).unwrap());
}
