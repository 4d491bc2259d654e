//! A server that goes away: a program is held up for a moment and no longer,
//! hardly anything is sent, and all is well again when the server is. The
//! statistics say what happened.

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use s3cache::{Cache, ConditionalWrites, ErrorKind, OnError, Options, Timeout};
use support::{ALWAYS, Act, Bucket, Fault, Script, Site, answer};

const DEADLINE: Duration = Duration::from_secs(4);
const PAUSE: Duration = Duration::from_millis(700);
/// The default of `breaker_after`.
const LIMIT: usize = 10;
const CALLS: usize = 1000;
const SLACK: Duration = Duration::from_secs(3);

fn options(bucket: &Bucket) -> Options {
    Options::new("bucket")
        .endpoint(bucket.endpoint())
        .region("us-east-1")
        .location("app")
        .credentials("key", "secret")
        .max_entries(0)
        .conditional_writes(ConditionalWrites::Assume)
        .deadline(DEADLINE)
        .breaker_pause(PAUSE)
}

/// Counts the tries: after one that failed, an address is asked for again.
fn counting(options: Options, bucket: &Bucket, tries: &Arc<AtomicUsize>) -> Cache {
    let tries = Arc::clone(tries);
    let address: SocketAddr = bucket.endpoint()["http://".len()..].parse().unwrap();
    let cache = Cache::open(options.endpoint("http://s3.test").resolver(move |_, _| {
        tries.fetch_add(1, Ordering::SeqCst);
        Ok(vec![address])
    }));
    cache.unwrap()
}

/// What the breaker lets through: those that open it, and one a pause.
fn at_most(took: Duration) -> usize {
    let pauses = took.as_millis() / PAUSE.as_millis();
    LIMIT + usize::try_from(pauses).unwrap()
}

#[test]
fn a_server_that_goes_away_and_comes_back() {
    let mut bucket = Bucket::to_be_left();
    let tries = Arc::<AtomicUsize>::default();
    let cache = counting(options(&bucket), &bucket, &tries);
    cache.set("k", "v", Timeout::Never).unwrap();
    let clone = cache.clone();
    assert_eq!(clone.get("k").unwrap().unwrap(), b"v");
    assert_eq!(bucket.connections(), 1, "clones share it");

    bucket.go_away();
    // The first goes to an address that is known.
    tries.store(1, Ordering::SeqCst);
    let begun = Instant::now();
    for i in 0..CALLS {
        let handle = if i % 2 == 0 { &cache } else { &clone };
        let error = handle.get("k").unwrap_err();
        let kinds = [ErrorKind::Unreachable, ErrorKind::Unavailable];
        assert!(kinds.contains(&error.kind()), "{error:?}");
    }
    let took = begun.elapsed();
    assert!(took < DEADLINE + PAUSE + SLACK, "{took:?}");
    let sent = tries.load(Ordering::SeqCst);
    assert!((LIMIT..=at_most(took)).contains(&sent), "{sent}, {took:?}");
    let (ours, theirs) = (cache.stats(), clone.stats());
    assert_eq!(ours.breaker_openings + theirs.breaker_openings, 1);
    // Two calls were sent four times, and the third opened it.
    assert_eq!(ours.retries + theirs.retries, 7);
    let error = cache.get("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let text = format!("{error:#}");
    assert!(
        text.contains("cannot connect") && text.contains("breaker_pause"),
        "{text}"
    );

    bucket.come_back();
    sleep(PAUSE);
    assert_eq!(clone.get("k").unwrap().unwrap(), b"v", "one tries");
    assert_eq!(cache.get("k").unwrap().unwrap(), b"v", "and then all do");
    assert_eq!(ours.breaker_openings, cache.stats().breaker_openings);
}

#[test]
fn a_program_goes_on_meanwhile() {
    let mut bucket = Bucket::to_be_left();
    let tries = Arc::<AtomicUsize>::default();
    let tolerant = options(&bucket).on_error(OnError::Miss);
    let cache = counting(tolerant, &bucket, &tries);
    cache.set("k", "old", Timeout::Never).unwrap();

    bucket.go_away();
    let begun = Instant::now();
    for i in 0..CALLS / 5 {
        assert_eq!(cache.get("k").unwrap(), None);
        cache.set("k", i.to_string(), Timeout::Never).unwrap();
        assert!(!cache.add("new", "v", Timeout::Never).unwrap());
        cache.delete("k").unwrap();
        let computed = cache.get_or_set("k", Timeout::Never, || "computed");
        assert_eq!(computed.unwrap(), b"computed");
    }
    let took = begun.elapsed();
    assert!(took < DEADLINE + PAUSE + SLACK, "{took:?}");
    assert!(tries.load(Ordering::SeqCst) <= 1 + at_most(took));
    let stats = cache.stats();
    assert_eq!(stats.hidden_errors, CALLS as u64);
    assert_eq!(stats.misses, 2 * CALLS as u64 / 5);
    assert_eq!(stats.breaker_openings, 1);
    let last = cache.last_error().unwrap();
    assert_eq!(last.kind(), ErrorKind::Unavailable);

    bucket.come_back();
    sleep(PAUSE);
    // Nothing of what was dropped has come through.
    assert_eq!(cache.get("k").unwrap().unwrap(), b"old");
    assert_eq!(cache.get("new").unwrap(), None);
    cache.set("k", "new", Timeout::Never).unwrap();
    assert_eq!(cache.get("k").unwrap().unwrap(), b"new");
    assert_eq!(cache.stats().hidden_errors, CALLS as u64);
    assert!(cache.last_error().is_some());
    cache.reset_stats();
    assert_eq!(cache.stats(), s3cache::Stats::default());
    assert!(cache.last_error().is_none());
}

/// It is there, and does not answer: one call waits for all its time.
#[test]
fn a_server_that_falls_silent() {
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket).retries(9).read_timeout(DEADLINE / 5)).unwrap();
    cache.set("k", "v", Timeout::Never).unwrap();
    let before = bucket.requests();
    bucket.fail(ALWAYS, Fault::Unapplied(Act::Stay(Vec::new())));
    let begun = Instant::now();
    for _ in 0..CALLS {
        cache.get("k").unwrap_err();
    }
    let took = begun.elapsed();
    assert!(took < DEADLINE + SLACK, "{took:?}");
    // Five at the most in that time, and then one a pause.
    let sent = bucket.requests() - before;
    assert!(sent <= 5 + at_most(took) - LIMIT, "{sent} in {took:?}");
    bucket.behave();
    sleep(PAUSE);
    assert_eq!(cache.get("k").unwrap().unwrap(), b"v");
}

/// Whichever way it fails, ten requests find that out.
#[test]
fn a_server_that_fails() {
    let half = Fault::Applied(|mut reply| {
        reply.truncate(reply.len() - 3);
        Act::Close(reply)
    });
    let page = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n";
    for fault in [
        Fault::Unapplied(Act::Keep(answer(500, "", b""))),
        Fault::Unapplied(Act::Keep(page.to_vec())),
        Fault::Unapplied(Act::Close(b"what is that?\r\n\r\n".to_vec())),
        Fault::ResetRead,
        // The head is well each time.
        half,
    ] {
        for call in [
            |cache: &Cache| cache.get("k").map(drop),
            |cache: &Cache| cache.len().map(drop),
        ] {
            let bucket = Bucket::start();
            let slow = options(&bucket).breaker_pause(Duration::from_secs(60));
            let cache = Cache::open(slow).unwrap();
            cache.set("k", "v", Timeout::Never).unwrap();
            bucket.fail(ALWAYS, fault.clone());
            let before = (bucket.requests(), cache.stats().requests());
            for _ in 0..LIMIT + 20 {
                call(&cache).unwrap_err();
            }
            let sent = bucket.requests() - before.0;
            // One that finds a kept connection dead does not count.
            let kept = usize::from(matches!(fault, Fault::ResetRead));
            assert_eq!(sent, LIMIT + kept, "{fault:?}");
            let stats = cache.stats();
            assert_eq!(stats.requests() - before.1, sent as u64);
            assert_eq!(stats.breaker_openings, 1);
            assert_eq!(call(&cache).unwrap_err().kind(), ErrorKind::Unavailable);
        }
    }
}

/// It is there, and wants less of us: no outage.
#[test]
fn a_server_that_is_busy() {
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket).retries(0)).unwrap();
    let busy = b"<Error><Code>SlowDown</Code><Message>m</Message></Error>";
    bucket.fail(ALWAYS, Fault::Unapplied(Act::Keep(answer(503, "", busy))));
    for _ in 0..30 {
        assert_eq!(cache.get("k").unwrap_err().kind(), ErrorKind::Throttled);
    }
    assert_eq!(bucket.requests(), 30);
    assert_eq!(cache.stats().breaker_openings, 0);
}

#[test]
fn without_a_breaker_every_call_asks() {
    let mut bucket = Bucket::to_be_left();
    let tries = Arc::<AtomicUsize>::default();
    let cache = counting(
        options(&bucket).breaker_after(0).retries(1),
        &bucket,
        &tries,
    );
    bucket.go_away();
    for _ in 0..20 {
        assert_eq!(cache.get("k").unwrap_err().kind(), ErrorKind::Unreachable);
    }
    assert_eq!(tries.load(Ordering::SeqCst), 40);
    assert_eq!(cache.stats().breaker_openings, 0);
    bucket.come_back();
    assert_eq!(cache.get("k").unwrap(), None);
}

/// What failed before it was sent can be no entry that counts.
#[test]
fn dropped_writes_are_not_counted_as_entries() {
    let mut bucket = Bucket::to_be_left();
    let tolerant = options(&bucket).on_error(OnError::Miss).max_entries(20);
    let cache = Cache::open(tolerant).unwrap();
    cache.set("k", "v", Timeout::Never).unwrap();
    bucket.go_away();
    for i in 0..100 {
        cache.set(i.to_string(), "v", Timeout::Never).unwrap();
    }
    bucket.come_back();
    sleep(PAUSE);
    let before = cache.stats().lists;
    for i in 0..10 {
        cache.set(i.to_string(), "v", Timeout::Never).unwrap();
    }
    assert_eq!(cache.stats().lists, before, "there is room, as is known");
    assert_eq!(cache.len().unwrap(), 11);
}

/// The counters and the server agree.
#[test]
fn the_statistics_are_the_servers() {
    let site = Site::embedded();
    let cache = Cache::open(support::options(&site, "app")).unwrap();
    let value = vec![b'v'; 3000];
    let sizes: u64 = (0..20)
        .map(|i| {
            cache
                .set(i.to_string(), &value[..100 * i], Timeout::Never)
                .unwrap();
            64 + 100 * i as u64
        })
        .sum();
    assert_eq!(cache.stats().bytes_out, sizes);
    cache.reset_stats();
    let ((), seen) = site.count(|| {
        for i in 0..25 {
            // Five of them are not there: an error's body is one as well.
            let _ = cache.get(i.to_string()).unwrap();
            cache.has_key(i.to_string()).unwrap();
        }
        cache.set("old", &value, Timeout::seconds(0.0)).unwrap();
        assert_eq!(cache.get("old").unwrap(), None);
    });
    let stats = cache.stats();
    assert_eq!(stats.bytes_in, seen.body_out, "{stats}");
    assert_eq!(stats.gets, seen.get + seen.ranged_get);
    assert_eq!((stats.puts, stats.bytes_out), (1, 3064));
    assert_eq!(stats.requests(), seen.total());
    assert_eq!((stats.connections, site.connections()), (0, 1));
    assert_eq!((stats.hits, stats.misses, stats.expired), (40, 11, 1));

    // Those that were repeated are counted as often as they were seen.
    site.switches().cut_next_replies(2);
    let (found, seen) = site.count(|| cache.get("1").unwrap());
    assert!(found.is_some());
    assert_eq!(seen.get, 3);
    assert_eq!(cache.stats().retries, 2);
    assert_eq!(cache.stats().gets, stats.gets + 3);
    assert_eq!(cache.stats().connections + 1, site.connections() as u64);
}

/// Where the keys come from is not S3.
#[test]
fn connections_for_keys_are_not_counted() {
    let keys = r#"{"AccessKeyId":"key","SecretAccessKey":"secret","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#;
    let container = Script::replying("200 OK", keys);
    let url = container.endpoint.clone();
    let bucket = Bucket::start();
    let options = Options::new("bucket")
        .endpoint(bucket.endpoint())
        .region("us-east-1")
        .environment(move |name| {
            (name == "AWS_CONTAINER_CREDENTIALS_FULL_URI").then(|| url.clone())
        });
    let cache = Cache::open(options).unwrap();
    assert_eq!(cache.get("k").unwrap(), None);
    assert_eq!(container.requests(), 1);
    assert_eq!(cache.stats().connections, 1);
    assert_eq!(cache.stats().requests(), 1);
}
