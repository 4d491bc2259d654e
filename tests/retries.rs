//! What is tried again, and what that must not do: undo what others have
//! built on a write, multiply, or take a caller's haste for an outage.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use s3cache::{Cache, ConditionalWrites, ErrorKind, Options, Timeout};
use support::{Kind, Script, Site, options, refusal};

const HOUR: Timeout = Timeout::After(Duration::from_secs(3600));

fn to(script: &Script) -> Options {
    Options::new("bucket")
        .endpoint(&script.endpoint)
        .region("us-east-1")
        .credentials("key", "secret")
        .max_entries(0)
        .conditional_writes(ConditionalWrites::Assume)
        .environment(|_| None)
}

/// The reply to a `set` is lost, and somebody counts on before it tries again.
#[test]
fn a_set_that_was_made_is_not_made_again_on_top_of_others() {
    let site = Site::start();
    let (ours, theirs) = (
        Cache::open(options(&site, "app").max_entries(0)).unwrap(),
        Cache::open(options(&site, "app").max_entries(0)).unwrap(),
    );
    theirs.conditional_writes().unwrap();
    for round in 0..20_i64 {
        site.switches().cut_next(&[Kind::Put], 1);
        let before = theirs.stats().puts;
        std::thread::scope(|scope| {
            let ours = ours.clone();
            let set = scope.spawn(move || ours.set("n", round.to_string(), HOUR));
            // As soon as it is there.
            let until = Instant::now() + Duration::from_secs(10);
            while theirs.get("n").unwrap() != Some(round.to_string().into_bytes()) {
                assert!(Instant::now() < until, "it never came");
            }
            assert_eq!(theirs.incr("n", 1000).unwrap(), round + 1000);
            set.join().unwrap().unwrap();
        });
        let value = theirs.get("n").unwrap().unwrap();
        assert_eq!(value, (round + 1000).to_string().as_bytes());
        assert!(theirs.stats().puts > before);
    }
    // Nothing was made twice either: a lost write and a look, no more.
    site.switches().cut_next(&[Kind::Put], 1);
    let (set, seen) = site.count(|| ours.set("n", "1", HOUR));
    set.unwrap();
    assert_eq!((seen.put, seen.total()), (1, 2), "{seen:?}");
}

#[test]
fn the_tries_are_for_the_whole_call() {
    let calls: [fn(&Cache) -> s3cache::Result<()>; 6] = [
        |c| c.get("k").map(drop),
        |c| c.has_key("k").map(drop),
        |c| c.set("k", "v", HOUR),
        |c| c.delete("k"),
        |c| c.delete_many(["k"]),
        |c| c.len().map(drop),
    ];
    for call in calls {
        let script = Script::refusing(500, "InternalError", "");
        let cache = Cache::open(to(&script).retries(3)).unwrap();
        let error = call(&cache).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ServerError, "{error}");
        assert!(script.requests() <= 4, "{}", script.requests());
        assert_eq!(cache.stats().retries, 3);
        assert_eq!(cache.stats().requests(), script.requests() as u64);

        let none = Cache::open(to(&script).retries(0)).unwrap();
        let before = script.requests();
        call(&none).unwrap_err();
        assert_eq!(script.requests() - before, 1);
    }
}

/// A limit of the caller's says nothing about S3, and neither does a function
/// of his.
#[test]
fn haste_is_no_outage() {
    let site = Site::start();
    let own = options(&site, "app").max_entries(0).breaker_after(1);
    let cache = Cache::open(own.deadline(Duration::from_millis(400))).unwrap();
    let patient = cache.clone();
    patient.set("k", "v", HOUR).unwrap();
    cache.conditional_writes().unwrap();

    let hasty = cache.with_deadline(Duration::from_millis(1), |cache| {
        sleep(Duration::from_millis(10));
        cache.get("k")
    });
    assert_eq!(hasty.unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(patient.get("k").unwrap().is_some());

    site.switches().stall_next(1);
    let hasty = cache.with_deadline(Duration::from_millis(50), |cache| cache.get("k"));
    assert_eq!(hasty.unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(patient.get("k").unwrap().is_some());

    let slow = |_: Option<&[u8]>| {
        sleep(Duration::from_millis(600));
        Some(b"new".to_vec())
    };
    assert_eq!(cache.update("k", HOUR, slow).unwrap().unwrap(), b"new");
    let computed = cache.get_or_set("other", HOUR, || {
        sleep(Duration::from_millis(600));
        // Its calls have a limit of their own.
        assert!(patient.get("k").unwrap().is_some());
        "computed"
    });
    assert_eq!(computed.unwrap(), b"computed");
    assert_eq!(
        cache.stats().breaker_openings + patient.stats().breaker_openings,
        0
    );
}

/// A limit for a group may be longer than that of a call, or none at all.
#[test]
fn a_group_may_have_more_time_than_a_call() {
    let site = Site::start();
    let brief = options(&site, "app").max_entries(0);
    let cache = Cache::open(brief.deadline(Duration::from_millis(300))).unwrap();
    cache.set("k", "v", HOUR).unwrap();
    for limit in [Duration::from_secs(60), Duration::MAX] {
        let found = cache.with_deadline(limit, |cache| {
            sleep(Duration::from_millis(400));
            cache.get("k")
        });
        assert!(found.unwrap().is_some());
    }
}

/// One call that waited for all its time is enough, wherever the reply stalls.
#[test]
fn a_stall_opens_the_breaker() {
    for reply in [
        "…",
        "HTTP/1.1 200 OK\r\netag: \"x\"\r\ncontent-length: 500\r\n\r\nS3C…",
    ] {
        let script = Script::answering(reply);
        let limit = Duration::from_millis(400);
        let cache = Cache::open(to(&script).deadline(limit)).unwrap();
        let error = cache.get("k").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
        let asked = script.requests();
        for _ in 0..100 {
            let error = cache.clone().get("k").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        }
        assert_eq!(script.requests(), asked);
        assert_eq!(cache.stats().breaker_openings, 1);
    }
}

/// The one call that tries may have to make the bucket on the way.
#[test]
fn the_trial_may_make_the_bucket() {
    let is_back = Arc::new(AtomicBool::new(false));
    let mut made = false;
    let seen = Arc::clone(&is_back);
    let script = Script::serving(move |mut line| {
        let Some(head) = line.read_request() else {
            return;
        };
        if !seen.load(Ordering::SeqCst) {
            line.send(&refusal(500, "InternalError", ""));
        } else if head.starts_with("put /bucket http") {
            made = true;
            line.send(&support::reply("200 OK\r\nx-amz-request-id: 1", ""));
        } else if made {
            line.send(&support::reply("200 OK\r\netag: \"x\"", ""));
        } else {
            line.send(&refusal(404, "NoSuchBucket", ""));
        }
    });
    let options = to(&script).retries(0).breaker_after(1);
    let options = options.breaker_pause(Duration::from_millis(50));
    let cache = Cache::open(options.auto_create_bucket(true)).unwrap();
    cache.get("k").unwrap_err();
    is_back.store(true, Ordering::SeqCst);
    sleep(Duration::from_millis(100));
    cache.set("k", "v", HOUR).unwrap();
}

/// A source of keys that is down is not S3, and a page that is not S3's does
/// not tell the time.
#[test]
fn what_is_not_of_s3_is_not_heard() {
    let site = Site::start();
    let options = Options::new(site.bucket())
        .endpoint(site.endpoint())
        .region(site.region())
        .breaker_after(1)
        .credentials_with(|| Err::<s3cache::Credentials, _>("the vault is shut"));
    let cache = Cache::open(options).unwrap();
    for _ in 0..3 {
        let error = cache.get("k").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadCredentials, "{error:?}");
    }
    assert_eq!(site.requests().total(), 0);

    let portal = "200 OK\r\ncontent-type: text/html\r\ndate: Mon, 24 Nov 2036 10:00:00 GMT";
    let script = Script::replying(portal, "<html>Log in</html>");
    let cache = Cache::open(to(&script)).unwrap();
    cache.get("k").unwrap_err();
    cache.get("k").unwrap_err();
    let heard = script.heard();
    assert!(heard.len() >= 2);
    for request in heard {
        let date = request.header("x-amz-date").unwrap();
        assert!(!date.starts_with("2036"), "{date}");
    }
}
