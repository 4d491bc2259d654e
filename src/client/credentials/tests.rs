use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::error::ErrorKind;
use crate::settings::Timeouts;

const NOW: i64 = 1_000_000_000_000;
const MINUTE: i64 = 60_000;

fn links() -> Links {
    let second = Duration::from_secs(1);
    Links {
        timeouts: Timeouts {
            connect: second,
            read: second,
            write: second,
        },
        trusted: None,
        accept_invalid_certs: false,
        resolver: None,
    }
}

/// What a source gives each time: how long its keys last from `NOW`.
type Answer = Result<Option<i64>, &'static str>;

/// Gives keys named by how often it was asked, or as `name` says.
fn ring(
    name: Option<&'static str>,
    answer: impl Fn(usize) -> Answer + Send + Sync + 'static,
) -> (Keyring, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let hook = move || {
        let times = count.fetch_add(1, Ordering::SeqCst) + 1;
        let name = name.map_or_else(|| times.to_string(), str::to_owned);
        let mut keys = Credentials::new(name, "hush");
        keys.expires_at = answer(times)?.map(|life| NOW + life);
        Ok(keys)
    };
    (Keyring::new(Source::Hook(Arc::new(hook)), &links()), asked)
}

fn key(ring: &Keyring, now: i64) -> String {
    ring.current(now).unwrap().unwrap().access_key.clone()
}

#[test]
fn asked_once_for_all_clones_and_five_minutes_before_the_end() {
    let (ring, asked) = ring(None, |_| Ok(Some(60 * MINUTE)));
    assert_eq!(ring.origin(), "not asked for yet");
    assert_eq!(key(&ring, NOW), "1");
    assert_eq!(key(&ring.clone(), NOW + 55 * MINUTE - 1), "1");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(key(&ring, NOW + 55 * MINUTE), "2");
    assert_eq!(ring.origin(), "credentials_with");
}

#[test]
fn the_same_keys_stay_the_same() {
    let (ring, asked) = ring(Some("k"), |_| Ok(Some(MINUTE)));
    let first = ring.current(NOW).unwrap().unwrap();
    let second = ring.current(NOW).unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &second));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

/// Keys that are due as they come: asked for again at once, then at leisure.
#[test]
fn short_ones_make_no_storm() {
    let (ring, asked) = ring(None, |_| Ok(Some(4 * MINUTE)));
    for _ in 0..10 {
        key(&ring, NOW);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(key(&ring, NOW + MINUTE), "3");
    assert_eq!(key(&ring, NOW + 2 * MINUTE - 1), "3");

    // A clock that is ahead: S3 may well accept them.
    let (ring, asked) = self::ring(None, |_| Ok(Some(-MINUTE)));
    for _ in 0..10 {
        key(&ring, NOW);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(key(&ring, NOW + MINUTE), "2");
}

#[test]
fn the_old_serve_on_while_they_are_good() {
    let answer = |times| match times {
        1 => Ok(Some(10 * MINUTE)),
        _ => Err("hush: out of order"),
    };
    let (ring, asked) = ring(None, answer);
    key(&ring, NOW);
    assert_eq!(key(&ring, NOW + 6 * MINUTE), "1");
    assert_eq!(key(&ring, NOW + 6 * MINUTE + 29_999), "1");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(key(&ring, NOW + 6 * MINUTE + 30_000), "1");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    let error = ring.current(NOW + 10 * MINUTE).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadCredentials);
    assert!(error.to_string().contains("credentials_with"), "{error}");
    assert!(!error.to_string().contains("hush"), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 4);
}

#[test]
fn renewed_once_and_not_with_the_same() {
    let (always_new, _) = ring(None, |_| Ok(None));
    let first = always_new.current(NOW).unwrap().unwrap();
    let second = always_new.renew(&first, NOW).unwrap().unwrap();
    assert_eq!(second.access_key, "2");
    // Another handle that was refused the first finds the second.
    let found = always_new.renew(&first, NOW).unwrap().unwrap();
    assert!(Arc::ptr_eq(&found, &second));
    assert_eq!(key(&always_new, NOW), "2");

    let (always_same, asked) = ring(Some("k"), |times| {
        Ok(Some(10 * MINUTE + i64::try_from(times).unwrap()))
    });
    let first = always_same.current(NOW).unwrap().unwrap();
    for _ in 0..3 {
        assert!(always_same.renew(&first, NOW).unwrap().is_none());
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(always_same.renew(&first, NOW + MINUTE).unwrap().is_none());
    assert_eq!(asked.load(Ordering::SeqCst), 3);

    let (broken, _) = ring(None, |times| match times {
        1 => Ok(None),
        _ => Err("out of order"),
    });
    let first = broken.current(NOW).unwrap().unwrap();
    broken.renew(&first, NOW).unwrap_err();
    assert_eq!(key(&broken, NOW), "1");
}

#[test]
fn given_ones_and_none_are_not_renewed() {
    let given = Keyring::new(Source::Given(Credentials::new("k", "s")), &links());
    let keys = given.current(NOW).unwrap().unwrap();
    assert!(given.renew(&keys, NOW).unwrap().is_none());
    assert!(given.origin().contains("access_key"));
    let anonymous = Keyring::new(Source::Anonymous, &links());
    assert!(anonymous.current(NOW).unwrap().is_none());
    assert!(anonymous.renew(&keys, NOW).unwrap().is_none());
    assert!(anonymous.origin().contains("not signed"));
}

/// One asks; who has good keys goes on with them, who has none waits.
#[test]
fn one_asks_for_all() {
    let (enter, entered) = mpsc::channel();
    let (leave, left) = mpsc::channel();
    let left = Mutex::new(left);
    let (ring, asked) = ring(None, move |_| {
        enter.send(()).unwrap();
        left.lock().unwrap().recv().unwrap();
        Ok(Some(10 * MINUTE))
    });
    let clone = ring.clone();
    let at = |now| {
        let ring = clone.clone();
        thread::spawn(move || key(&ring, now))
    };
    let waiting = [at(NOW), at(NOW), at(NOW)];
    entered.recv().unwrap();
    leave.send(()).unwrap();
    assert_eq!(waiting.map(|one| one.join().unwrap()), ["1", "1", "1"]);
    assert_eq!(asked.load(Ordering::SeqCst), 1);

    let asking = at(NOW + 6 * MINUTE);
    entered.recv().unwrap();
    assert_eq!(key(&ring, NOW + 6 * MINUTE), "1");
    leave.send(()).unwrap();
    assert_eq!(asking.join().unwrap(), "2");
    assert_eq!(key(&ring, NOW), "2");
}

/// A source that fails slowly fails once for those who wait for it.
#[test]
fn a_failure_is_for_all_who_waited() {
    let (enter, entered) = mpsc::channel();
    let (leave, left) = mpsc::channel();
    let left = Mutex::new(left);
    let (ring, asked) = ring(None, move |_| {
        enter.send(()).unwrap();
        left.lock().unwrap().recv().unwrap();
        Err("out of order")
    });
    let at = |ring: &Keyring| {
        let ring = ring.clone();
        thread::spawn(move || ring.current(NOW).unwrap_err())
    };
    let first = at(&ring);
    entered.recv().unwrap();
    // Its first look is before the answer, in all but the rarest schedule.
    let second = at(&ring);
    thread::sleep(Duration::from_millis(200));
    leave.send(()).unwrap();
    leave.send(()).unwrap();
    first.join().unwrap();
    second.join().unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_hook_that_panics_is_survived() {
    let times = AtomicI64::new(0);
    let hook = move || {
        assert!(times.fetch_add(1, Ordering::SeqCst) > 0, "the first time");
        Ok(Credentials::new("k", "s"))
    };
    let ring = Keyring::new(Source::Hook(Arc::new(hook)), &links());
    let clone = ring.clone();
    let _ = thread::spawn(move || clone.current(NOW).map(drop))
        .join()
        .unwrap_err();
    assert_eq!(key(&ring, NOW), "k");
}

#[test]
fn a_hooks_keys_are_checked() {
    let hook = || Ok(Credentials::new("k", "hu sh"));
    let ring = Keyring::new(Source::Hook(Arc::new(hook)), &links());
    let error = ring.current(NOW).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadCredentials);
    let text = format!("{error:?}");
    assert!(
        text.contains("credentials_with") && !text.contains("hu sh"),
        "{text}"
    );
}
