//! One limit for a whole call: the option, or what `with_deadline` says in its
//! place. It bounds each step of what takes many, and outlives no panic.

mod support;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::sleep;
use std::time::{Duration, Instant};

use s3cache::{Cache, ConditionalWrites, ErrorKind, OnError, Options, Timeout};
use support::{ALWAYS, Act, Bucket, Fault, Heard, Script, answer, reply};

const DEADLINE: Duration = Duration::from_millis(1200);
const SLACK: Duration = Duration::from_secs(2);

fn options(endpoint: &str) -> Options {
    Options::new("bucket")
        .endpoint(endpoint)
        .region("us-east-1")
        .location("app")
        .credentials("key", "secret")
        .max_entries(0)
        .conditional_writes(ConditionalWrites::Assume)
        .deadline(DEADLINE)
        .breaker_after(0)
}

fn cache(bucket: &Bucket) -> Cache {
    Cache::open(options(&bucket.endpoint())).unwrap()
}

const NO_ANSWER: Fault = Fault::Unapplied(Act::Stay(Vec::new()));

/// Well answered, a part of the deadline later.
const LATE: Fault = Fault::Applied(|reply| {
    sleep(Duration::from_millis(500));
    Act::Keep(reply)
});

/// What it took to hear nothing.
fn in_vain<T>(call: impl FnOnce() -> s3cache::Result<T>) -> Duration {
    let begun = Instant::now();
    let Err(error) = call() else {
        panic!("it was answered");
    };
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert!(error.to_string().contains("option deadline"), "{error}");
    begun.elapsed()
}

fn about(took: Duration, limit: Duration) {
    assert!(took >= limit && took < limit + SLACK, "{took:?}, {limit:?}");
}

#[test]
fn shorter_and_longer_than_the_option() {
    let bucket = Bucket::start();
    let cache = cache(&bucket);
    bucket.fail(ALWAYS, NO_ANSWER);
    about(in_vain(|| cache.get("k")), DEADLINE);
    for limit in [DEADLINE / 3, DEADLINE * 2] {
        let took = cache.with_deadline(limit, |cache| in_vain(|| cache.get("k")));
        about(took, limit);
    }
    // It is the option's again.
    about(in_vain(|| cache.len()), DEADLINE);
}

/// An inner limit is no way around an outer one.
#[test]
fn one_within_another() {
    let bucket = Bucket::start();
    let cache = cache(&bucket);
    bucket.fail(ALWAYS, NO_ANSWER);
    let short = DEADLINE / 3;
    let begun = Instant::now();
    cache.with_deadline(short, |cache| {
        cache.with_deadline(DEADLINE * 20, |cache| in_vain(|| cache.get("k")));
        // Over for all that follows, and nothing is sent any more.
        let before = bucket.requests();
        in_vain(|| cache.get("k"));
        in_vain(|| cache.delete_many(["k"]));
        assert_eq!(bucket.requests(), before);
    });
    about(begun.elapsed(), short);
    let begun = Instant::now();
    cache.with_deadline(DEADLINE, |cache| {
        cache.with_deadline(short, |cache| in_vain(|| cache.get("k")));
        in_vain(|| cache.get("k"));
    });
    about(begun.elapsed(), DEADLINE);
}

/// Another handle's calls on the same thread are bounded as well.
#[test]
fn a_limit_is_the_threads() {
    let bucket = Bucket::start();
    let (one, other) = (cache(&bucket), cache(&bucket));
    bucket.fail(ALWAYS, NO_ANSWER);
    let limit = DEADLINE / 3;
    about(
        one.with_deadline(limit, |_| in_vain(|| other.get("k"))),
        limit,
    );
    let elsewhere = one.with_deadline(limit, |_| {
        std::thread::scope(|scope| scope.spawn(move || in_vain(|| other.get("k"))).join())
    });
    about(elsewhere.unwrap(), DEADLINE);
}

#[test]
fn nothing_of_it_is_left_after_a_panic() {
    fn of_the_callers() -> Vec<u8> {
        panic!("of the caller's")
    }
    let panics: [fn(&Cache); 4] = [
        |c| c.with_deadline(Duration::ZERO, |_| drop(of_the_callers())),
        |c| drop(c.update("k", Timeout::Never, |_| Some(of_the_callers()))),
        |c| drop(c.get_or_set("none", Timeout::Never, of_the_callers)),
        |c| {
            drop(c.clear_with(|_| {
                of_the_callers();
                ControlFlow::Continue(())
            }));
        },
    ];
    std::thread::scope(|scope| {
        for panics in panics {
            scope.spawn(move || {
                let bucket = Bucket::start();
                let cache = cache(&bucket);
                cache.set("k", "v", Timeout::Never).unwrap();
                assert!(catch_unwind(AssertUnwindSafe(|| panics(&cache))).is_err());
                cache.set("k", "v", Timeout::Never).unwrap();
                // One after another they take longer than one may.
                bucket.fail(ALWAYS, LATE);
                for _ in 0..3 {
                    assert_eq!(cache.get("k").unwrap().unwrap(), b"v");
                }
            });
        }
    });
}

/// What the caller's function takes is not S3's, and what comes before and
/// after it has one limit.
#[test]
fn the_time_to_compute_does_not_count() {
    let bucket = Bucket::start();
    let cache = cache(&bucket);
    let compute = || {
        sleep(DEADLINE + DEADLINE / 2);
        b"computed".to_vec()
    };
    bucket.fail(ALWAYS, LATE);
    let value = cache.get_or_set("k", Timeout::Never, compute).unwrap();
    assert_eq!(value, b"computed");
    let value = cache.update("k", Timeout::Never, |_| Some(compute()));
    assert_eq!(value.unwrap().unwrap(), b"computed");
    // Within a group's limit it does.
    let value = cache.with_deadline(DEADLINE, |cache| {
        cache.update("k", Timeout::Never, |_| Some(compute()))
    });
    assert_eq!(value.unwrap_err().kind(), ErrorKind::TimedOut);
}

#[test]
fn many_keys_have_one_each() {
    let bucket = Bucket::start();
    let cache = cache(&bucket);
    let keys = ["a", "b", "c", "d"];
    bucket.fail(ALWAYS, LATE);
    cache
        .set_many(keys.map(|key| (key, key)), Timeout::Never)
        .unwrap();
    let found = cache.get_many(keys).unwrap();
    assert_eq!(found, keys.map(|key| Some(key.as_bytes().to_vec())));
    // Together, if the caller says so.
    let together = cache.with_deadline(DEADLINE, |cache| cache.get_many(keys));
    assert_eq!(together.unwrap_err().kind(), ErrorKind::TimedOut);

    bucket.fail(ALWAYS, NO_ANSWER);
    about(in_vain(|| cache.get_many(keys)), DEADLINE);
    let tolerant = options(&bucket.endpoint()).on_error(OnError::Miss);
    let tolerant = Cache::open(tolerant).unwrap();
    let begun = Instant::now();
    assert_eq!(tolerant.get_many(["a", "b"]).unwrap(), [None, None]);
    about(begun.elapsed(), DEADLINE * 2);
}

/// Three pages, each of them well within the limit, and all of them beyond it.
fn pages(late: Duration) -> Script {
    Script::serving(move |mut line| {
        let Some(request) = line.read_request() else {
            return;
        };
        sleep(late);
        if request.starts_with("post") {
            return line.send(&reply("200 OK", "<DeleteResult/>"));
        }
        let token = request.split("continuation-token=").nth(1);
        let page: usize = token.map_or(0, |rest| rest[..1].parse().unwrap());
        let (next, truncated) = (page + 1, page < 2);
        line.send(&reply("200 OK", &format!(
            "<ListBucketResult><IsTruncated>{truncated}</IsTruncated><NextContinuationToken>{next}</NextContinuationToken><Contents><Key>app/{page:040x}</Key></Contents></ListBucketResult>"
        )));
    })
}

#[test]
fn a_walk_has_one_for_each_page() {
    let script = pages(DEADLINE / 3);
    let cache = Cache::open(options(&script.endpoint)).unwrap();
    let mut told = 0;
    let removed = cache.clear_with(|_| {
        told += 1;
        sleep(DEADLINE);
        ControlFlow::Continue(())
    });
    assert_eq!((removed.unwrap().count, told), (3, 3));
    assert_eq!(cache.len().unwrap(), 3);
    let together = cache.with_deadline(DEADLINE, Cache::clear);
    assert_eq!(together.unwrap_err().kind(), ErrorKind::TimedOut);
}

/// Of the headers it reads one by one, each.
#[test]
fn a_search_for_expired_entries_has_one_for_each() {
    let bucket = Bucket::start();
    let cache = cache(&bucket);
    for key in ["a", "b", "c", "d"] {
        cache.set(key, "v", Timeout::seconds(0.0)).unwrap();
    }
    bucket.fail(ALWAYS, LATE);
    assert_eq!(cache.remove_expired().unwrap().count, 4);
    cache.set("a", "v", Timeout::seconds(0.0)).unwrap();
    let is_get = |h: &Heard| h.header("range").is_some();
    let slow = Fault::Applied(|mut reply| {
        let body = reply.split_off(reply.len() - 64);
        Act::Drip(reply, body)
    });
    bucket.fail_where(is_get, ALWAYS, slow);
    about(in_vain(|| cache.remove_expired()), DEADLINE);
}

/// A listing, a culling and a write: three times a part of it, once too often.
#[test]
fn a_write_that_culls_has_one_for_all() {
    let bucket = Bucket::start();
    let culling = || Cache::open(options(&bucket.endpoint()).max_entries(2)).unwrap();
    let cache = culling();
    cache.set("a", "v", Timeout::Never).unwrap();
    cache.set("b", "v", Timeout::Never).unwrap();
    bucket.fail(ALWAYS, LATE);
    let cache = culling();
    let begun = Instant::now();
    let error = cache.set("c", "v", Timeout::Never).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    about(begun.elapsed(), DEADLINE);
    bucket.behave();
    cache.set("c", "v", Timeout::Never).unwrap();
}

/// A loop that never wins ends, and says why.
#[test]
fn a_contest_ends_with_it() {
    let bucket = Bucket::start();
    let conditional = |h: &Heard| h.header("if-none-match").is_some();
    let xml = b"<Error><Code>ConditionalRequestConflict</Code><Message>m</Message></Error>";
    let undecided = Fault::Unapplied(Act::Keep(answer(409, "", xml)));
    bucket.fail_where(conditional, ALWAYS, undecided);
    let cache = cache(&bucket);
    let begun = Instant::now();
    let error = cache.add("k", "v", Timeout::Never).unwrap_err();
    assert!(begun.elapsed() < DEADLINE + SLACK);
    let kinds = [ErrorKind::Contended, ErrorKind::TimedOut];
    assert!(kinds.contains(&error.kind()), "{error}");
    bucket.behave();
    assert!(cache.add("k", "0", Timeout::Never).unwrap());

    // Two writers against each other: each ends, and none is lost.
    let counted = |cache: &Cache| {
        let until = Instant::now() + DEADLINE;
        let mut won = 0;
        while Instant::now() < until {
            let begun = Instant::now();
            won += cache.incr("k", 1).map_or(0, |_| 1);
            assert!(begun.elapsed() < DEADLINE + SLACK);
        }
        won
    };
    let other = cache.clone();
    let theirs = std::thread::spawn(move || counted(&other));
    let all: i64 = counted(&cache) + theirs.join().unwrap();
    assert!(all > 0);
    let value = cache.get("k").unwrap().unwrap();
    assert_eq!(String::from_utf8(value).unwrap(), all.to_string());
}

/// What is tried out before the first atomic call, and what `check` asks.
#[test]
fn trials_end_with_it() {
    let bucket = Bucket::start();
    let cache = cache(&bucket);
    let xml = b"<Error><Code>InternalError</Code><Message>m</Message></Error>";
    let fault = Fault::Unapplied(Act::Keep(answer(500, "", xml)));
    bucket.fail_where(|h| h.method() == "PUT", ALWAYS, fault);
    let begun = Instant::now();
    cache.conditional_writes().unwrap_err();
    assert!(begun.elapsed() < DEADLINE + SLACK);
    bucket.fail(ALWAYS, NO_ANSWER);
    let begun = Instant::now();
    assert!(!cache.check().is_good());
    assert!(begun.elapsed() < DEADLINE + SLACK);
}
