//! How often the keys are asked for: once, before they expire, and when S3
//! says that they have.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use s3cache::{Cache, Credentials, ErrorKind, OnError, Timeout};

use super::support::{Script, refusal, reply};
use super::{Seen, fails, json, opened, options, s3, server, signers};

/// A machine whose role has new keys each time, and how often it was asked for them.
fn machine(minutes: i64) -> (Script, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let (script, _) = server(move |head, _| {
        if head.starts_with("put") {
            return reply("200 OK", "token");
        }
        if head.contains("/security-credentials/ ") {
            return reply("200 OK", "web");
        }
        let times = count.fetch_add(1, Ordering::SeqCst) + 1;
        reply("200 OK", &json(&format!("k{times}"), minutes))
    });
    (script, asked)
}

fn of_machine(s3: &Script, machine: &Script) -> Cache {
    opened(
        s3,
        &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &machine.endpoint)],
    )
}

#[test]
fn keys_are_asked_for_once() {
    let (s3, signed) = s3();
    let (machine, asked) = machine(60);
    let cache = of_machine(&s3, &machine);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    for _ in 0..3 {
        cache.get("k").unwrap();
        cache.clone().get("k").unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(machine.requests(), 3);
    assert_eq!(signers(&signed), ["k1"; 6]);
    // None of it was for S3.
    assert_eq!(cache.stats().gets, 3);
}

#[test]
fn keys_that_expire_within_five_minutes_are_replaced() {
    let (s3, signed) = s3();
    let (machine, asked) = machine(4);
    let cache = of_machine(&s3, &machine);
    for _ in 0..10 {
        cache.get("k").unwrap();
    }
    // Once at the next call, and then not at each.
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(signers(&signed)[..2], ["k1", "k2"]);
}

#[test]
fn keys_that_come_expired_are_for_s3_to_judge() {
    let (s3, signed) = s3();
    let (machine, asked) = machine(-1);
    let cache = of_machine(&s3, &machine);
    for _ in 0..10 {
        cache.get("k").unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(signers(&signed), ["k1"; 10]);
}

/// An S3 that takes no keys but these.
fn s3_that_takes(key: &'static str) -> (Script, Seen) {
    server(move |head, _| {
        if head.contains(&format!("credential={key}/")) {
            refusal(404, "NoSuchKey", "")
        } else {
            refusal(400, "ExpiredToken", "")
        }
    })
}

#[test]
fn expired_ones_are_replaced_once() {
    let (s3, signed) = s3_that_takes("k2");
    let (machine, asked) = machine(60);
    let cache = of_machine(&s3, &machine);
    let clone = cache.clone();
    assert_eq!(cache.get("k").unwrap(), None);
    assert_eq!(signers(&signed), ["k1", "k2"]);
    // A clone has the new ones as well.
    assert_eq!(clone.get("k").unwrap(), None);
    assert_eq!(signers(&signed), ["k1", "k2", "k2"]);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn an_s3_that_always_refuses_is_asked_twice() {
    let (s3, signed) = s3_that_takes("none");
    let (machine, _) = machine(60);
    let cache = of_machine(&s3, &machine);
    let error = cache.set("k", b"v", Timeout::Default).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadCredentials);
    assert_eq!(error.code(), Some("ExpiredToken"));
    assert_eq!(signers(&signed), ["k1", "k2"]);
}

#[test]
fn the_same_keys_are_not_sent_again() {
    let (s3, signed) = s3_that_takes("none");
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let hook = move || {
        count.fetch_add(1, Ordering::SeqCst);
        Ok::<_, String>(Credentials::new("same", "hush").session_token("hush"))
    };
    let cache = Cache::open(options(&s3, &[]).credentials_with(hook)).unwrap();
    for _ in 0..3 {
        let error = cache.get("k").unwrap_err();
        assert_eq!(error.code(), Some("ExpiredToken"), "{error}");
    }
    assert_eq!(signers(&signed), ["same"; 3]);
    assert_eq!(asked.load(Ordering::SeqCst), 2);

    // Those that are given cannot be replaced.
    let given = options(&s3, &[]).session_credentials("given", "hush", "hush");
    let error = Cache::open(given).unwrap().get("k").unwrap_err();
    assert!(error.to_string().contains("fresh credentials"), "{error}");
    assert_eq!(signers(&signed)[3..], ["given"]);
}

/// The source's own trouble is told, not S3's word on the old keys.
#[test]
fn a_source_that_has_gone() {
    let (s3, signed) = s3_that_takes("none");
    let first = Mutex::new(true);
    let hook = move || {
        let first = std::mem::take(&mut *first.lock().unwrap());
        let keys = first.then(|| Credentials::new("first", "hush"));
        keys.ok_or("the vault is shut")
    };
    let cache = Cache::open(options(&s3, &[]).credentials_with(hook)).unwrap();
    let error = cache.get("k").unwrap_err();
    assert!(
        format!("{error:#}").contains("the vault is shut"),
        "{error}"
    );
    assert_eq!(signers(&signed), ["first"]);
}

/// A machine's service that does not answer for a while is an outage, where it
/// has given keys before, and no mistake in the settings.
#[test]
fn a_service_that_is_away_for_a_while() {
    let (s3, signed) = s3();
    let (machine, asked) = machine(60);
    let late = Arc::new(AtomicUsize::new(0));
    let minutes = Arc::clone(&late);
    let clock = move || {
        let late = minutes.load(Ordering::SeqCst) as u64;
        SystemTime::now() + Duration::from_secs(60 * late)
    };
    let variables = [(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        machine.endpoint.as_str(),
    )];
    let opened = |how| Cache::open(options(&s3, &variables).clock(clock.clone()).on_error(how));
    let reports = opened(OnError::Report).unwrap();
    let misses = opened(OnError::Miss).unwrap();
    for cache in [&reports, &misses] {
        assert_eq!(cache.get("k").unwrap(), None);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);

    drop(machine);
    late.store(90, Ordering::SeqCst);
    let words = [
        "have expired",
        "metadata service",
        "cannot connect",
        "asked again",
    ];
    fails(&reports, &signed, ErrorKind::Unreachable, &words);
    assert_eq!(misses.get("k").unwrap(), None);
    assert_eq!(misses.stats().hidden_errors, 1);
    assert_eq!(signers(&signed), ["k1", "k2"]);
}

#[test]
fn threads_share_one_answer() {
    let (s3, signed) = s3();
    let (machine, asked) = machine(60);
    let cache = of_machine(&s3, &machine);
    thread::scope(|scope| {
        for _ in 0..8 {
            let cache = cache.clone();
            scope.spawn(move || cache.get("k").unwrap());
        }
    });
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(signers(&signed), ["k1"; 8]);
}

/// A function that asks the cache for the keys it is asked for would wait for itself.
#[test]
fn a_hook_that_uses_its_own_cache() {
    let (s3, signed) = s3();
    let own = Arc::new(Mutex::new(None::<Cache>));
    let inner = Arc::clone(&own);
    let hook = move || {
        let cache = inner.lock().unwrap();
        let error = cache.as_ref().unwrap().get("keys").unwrap_err();
        Err::<Credentials, _>(error)
    };
    let cache = Cache::open(options(&s3, &[]).credentials_with(hook)).unwrap();
    *own.lock().unwrap() = Some(cache.clone());
    let words = ["credentials_with", "uses the cache that asks it"];
    fails(&cache, &signed, ErrorKind::BadCredentials, &words);
}

/// Who waits for keys waits no longer than the call may take; who asks for
/// them in a hurry, and fails, fails alone.
#[test]
fn waiting_is_bounded_by_the_deadline() {
    let (s3, signed) = s3();
    let (enter, entered) = std::sync::mpsc::channel();
    let (leave, left) = std::sync::mpsc::channel::<()>();
    let (enter, left) = (Mutex::new(enter), Mutex::new(left));
    let hook = move || {
        enter.lock().unwrap().send(()).unwrap();
        left.lock().unwrap().recv().unwrap();
        Ok::<_, String>(Credentials::new("late", "hush"))
    };
    let cache = Cache::open(options(&s3, &[]).credentials_with(hook)).unwrap();
    let asker = cache.clone();
    let asking = thread::spawn(move || asker.get("k").unwrap());
    entered.recv().unwrap();
    let limit = std::time::Duration::from_millis(50);
    let error = cache
        .with_deadline(limit, |cache| cache.get("k"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    leave.send(()).unwrap();
    asking.join().unwrap();
    cache.get("k").unwrap();
    assert_eq!(signers(&signed), ["late", "late"]);

    let silent = Script::silent();
    let machine = [(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        silent.endpoint.as_str(),
    )];
    let cache = opened(&s3, &machine);
    let error = cache
        .with_deadline(limit, |cache| cache.get("k"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}
