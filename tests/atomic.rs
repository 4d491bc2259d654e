//! Racing writers: one winner, no lost update, whatever replies get lost.

mod support;

use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread;

use s3cache::{Cache, ConditionalWrites, ErrorKind, Options, Timeout};
use support::{Kind, Site, options};

const RACERS: usize = 8;

/// Runs `call` on a handle each in as many threads, begun together.
fn race<T: Send>(cache: &Cache, call: impl Fn(&Cache, usize) -> T + Sync) -> Vec<T> {
    let (start, call) = (&Barrier::new(RACERS), &call);
    thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|i| {
                let handle = cache.clone();
                scope.spawn(move || {
                    start.wait();
                    call(&handle, i)
                })
            })
            .collect();
        let racers = racers.into_iter();
        racers.map(|racer| racer.join().unwrap()).collect()
    })
}

fn unbounded(site: &Site) -> Cache {
    // Half of all replies are lost in some of these tests.
    Cache::open(options(site, "app").max_entries(0).breaker_after(0)).unwrap()
}

fn one_winner(cache: &Cache, key: &str) {
    let won = race(cache, |cache, i| {
        cache
            .add(key, i.to_string(), Timeout::Default)
            .unwrap_or_else(|error| panic!("{error:?}"))
    });
    assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
    let winner = won.iter().position(|won| *won).unwrap();
    let found = cache.get(key).unwrap().unwrap();
    assert_eq!(found, winner.to_string().as_bytes());
}

/// Losers wait seconds on some engines, so there are fewer rounds there,
/// unless `S3CACHE_TEST_FULL` is set.
fn rounds(site: &Site, many: usize) -> usize {
    let full = std::env::var_os("S3CACHE_TEST_FULL").is_some();
    if full || !site.is_external() {
        many
    } else {
        many / 5
    }
}

/// Half of the writes are carried out and never answered.
fn lose_replies(site: &Site, cache: &Cache) {
    // Not the probe's: it is asked once, and here it has been.
    cache.conditional_writes().unwrap();
    let writes = [Kind::Put, Kind::ConditionalPut];
    site.switches().cut_at_random(&writes, 50, 7);
}

#[test]
fn of_racing_adds_exactly_one_wins() {
    for lossy in [false, true] {
        let site = Site::start();
        let cache = unbounded(&site);
        if lossy {
            lose_replies(&site, &cache);
        }
        for round in 0..rounds(&site, 200) {
            one_winner(&cache, &format!("round {round}"));
        }
    }
}

#[test]
fn over_an_expired_entry_exactly_one_wins_too() {
    for lossy in [false, true] {
        let site = Site::start();
        let cache = unbounded(&site);
        let keys: Vec<_> = (0..rounds(&site, 100)).map(|i| format!("{i}")).collect();
        for key in &keys {
            cache.set(key, b"old", Timeout::seconds(0.0)).unwrap();
        }
        if lossy {
            lose_replies(&site, &cache);
        }
        for key in &keys {
            one_winner(&cache, key);
        }
    }
}

#[test]
fn no_increment_is_lost_or_made_twice() {
    for lossy in [false, true] {
        let site = Site::start();
        let cache = unbounded(&site);
        cache.set("n", b"0", Timeout::Never).unwrap();
        if lossy {
            lose_replies(&site, &cache);
        }
        let each = rounds(&site, 100);
        let mut sums: Vec<i64> = race(&cache, |cache, _| {
            let one = || cache.incr("n", 1).unwrap_or_else(|e| panic!("{e:?}"));
            (0..each).map(|_| one()).collect::<Vec<_>>()
        })
        .concat();
        let total = i64::try_from(RACERS * each).unwrap();
        sums.sort_unstable();
        assert_eq!(sums, (1..=total).collect::<Vec<_>>(), "lossy: {lossy}");
        let left = cache.get("n").unwrap().unwrap();
        assert_eq!(left, total.to_string().as_bytes());
    }
}

#[test]
fn no_update_is_lost() {
    for lossy in [false, true] {
        let site = Site::start();
        let cache = unbounded(&site);
        cache.set("list", b"", Timeout::Never).unwrap();
        if lossy {
            lose_replies(&site, &cache);
        }
        let each = rounds(&site, 40);
        race(&cache, |cache, i| {
            for n in 0..each {
                let append = |list: Option<&[u8]>| {
                    let line = format!("{i}:{n}\n");
                    Some([list.unwrap_or_default(), line.as_bytes()].concat())
                };
                let list = cache.update("list", Timeout::Never, append);
                let list = String::from_utf8(list.unwrap().unwrap()).unwrap();
                assert!(list.ends_with(&format!("{i}:{n}\n")), "{list}");
            }
        });
        let list = String::from_utf8(cache.get("list").unwrap().unwrap()).unwrap();
        let mut lines: Vec<&str> = list.lines().collect();
        assert_eq!(lines.len(), RACERS * each);
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), RACERS * each, "lossy: {lossy}");
    }
}

/// A touch that raced a `set` must not bring the older value back.
#[test]
fn touch_never_resurrects_an_older_value() {
    let site = Site::start();
    let cache = unbounded(&site);
    for round in 0..rounds(&site, 100) {
        cache.set("k", b"old", Timeout::Default).unwrap();
        race(&cache, |cache, i| {
            if i == 0 {
                let value = format!("new {round}");
                cache.set("k", value, Timeout::Default).unwrap();
            } else if i < 4 {
                assert!(cache.touch("k", Timeout::Never).unwrap());
            }
        });
        let found = cache.get("k").unwrap().unwrap();
        assert_eq!(found, format!("new {round}").as_bytes());
    }
}

#[test]
fn compare_and_set_knows_what_it_has_read() {
    let site = Site::start();
    let cache = unbounded(&site);
    assert!(cache.get_with_token("k").unwrap().is_none());
    cache.set("k", b"one", Timeout::Default).unwrap();
    let (value, token) = cache.get_with_token("k").unwrap().unwrap();
    assert_eq!(value, b"one");
    let other = cache.clone();
    let set = |token, value| {
        other
            .compare_and_set("k", token, value, Timeout::Never)
            .unwrap()
    };
    assert!(set(&token, "two"));
    assert!(!set(&token, "three"));
    assert_eq!(cache.get("k").unwrap().unwrap(), b"two");
    let (_, token) = cache.get_with_token("k").unwrap().unwrap();
    cache.set("k", b"two", Timeout::Never).unwrap();
    assert!(!set(&token, "the same value, and not the same write"));
    let (_, token) = cache.get_with_token("k").unwrap().unwrap();
    cache.delete("k").unwrap();
    assert!(!set(&token, "gone"));
    assert_eq!(cache.get("k").unwrap(), None);
    // A lost reply is settled.
    cache.set("k", b"four", Timeout::Never).unwrap();
    let (_, token) = cache.get_with_token("k").unwrap().unwrap();
    site.switches().cut_next_puts(1);
    assert!(set(&token, "five"));
    assert!(!set(&token, "six"));
    assert_eq!(cache.get("k").unwrap().unwrap(), b"five");
}

#[test]
fn update_may_create_and_may_decline() {
    let site = Site::start();
    let cache = unbounded(&site);
    let declined = cache.update("k", Timeout::Default, |old| {
        assert_eq!(old, None);
        None
    });
    assert_eq!(declined.unwrap(), None);
    assert_eq!(cache.get("k").unwrap(), None);
    let created = cache.update("k", Timeout::Default, |_| Some(b"new".to_vec()));
    assert_eq!(created.unwrap().unwrap(), b"new");
    let mut seen = Vec::new();
    cache
        .update("k", Timeout::Default, |old| {
            seen = old.unwrap().to_vec();
            None
        })
        .unwrap();
    assert_eq!(seen, b"new");
    assert_eq!(cache.get("k").unwrap().unwrap(), b"new");
}

/// An entry tells of one write of each of 24 writers, however often they write.
/// What became of a write whose reply is lost, behind more of them or behind a
/// plain `set`, is said to be unknown, and not guessed.
#[test]
fn an_outrun_history_is_an_unknown_outcome() {
    let site = Site::start();
    let cache = unbounded(&site);
    cache.conditional_writes().unwrap();
    let lose_a_race_and_the_reply = |between: &dyn Fn()| {
        cache.set("n", b"0", Timeout::Never).unwrap();
        let token = cache.get_with_token("n").unwrap().unwrap().1;
        between();
        site.switches().cut_next_puts(1);
        cache.compare_and_set("n", &token, b"x", Timeout::Never)
    };
    let others = |writers: usize, times: usize| {
        let cache = &cache;
        move || {
            for _ in 0..writers {
                let other = cache.clone();
                for _ in 0..times {
                    other.incr("n", 1).unwrap();
                }
            }
        }
    };
    for (writers, times) in [(1, 1), (1, 60), (23, 2)] {
        let stored = lose_a_race_and_the_reply(&others(writers, times));
        assert!(!stored.unwrap(), "{writers} writers, {times} times");
    }
    let set = || cache.clone().set("n", b"5", Timeout::Never).unwrap();
    let set_and_more = || {
        set();
        others(2, 2)();
    };
    let delete = || cache.clone().delete("n").unwrap();
    for unknown in [&others(24, 1) as &dyn Fn(), &set, &set_and_more, &delete] {
        let error = lose_a_race_and_the_reply(unknown).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    }
}

/// Where the engine compares in a DELETE, one of racing removers hears `true`.
#[test]
fn of_racing_removers_exactly_one_hears_true() {
    let site = Site::start();
    let cache = unbounded(&site);
    for _ in 0..rounds(&site, 20) {
        cache.set("k", b"v", Timeout::Never).unwrap();
        let removed = race(&cache, |cache, _| cache.remove("k").unwrap());
        let count = removed.iter().filter(|removed| **removed).count();
        // The embedded engine does not compare: at least one.
        assert!(
            count == 1 || (count > 0 && !site.is_external()),
            "{removed:?}"
        );
        assert_eq!(cache.get("k").unwrap(), None);
    }
}

/// Asked in vain, or told to do without, nothing changes behind one's back.
#[test]
fn what_is_assumed_stays_assumed() {
    let site = Site::embedded();
    site.switches().set_conditions(support::Conditions::Ignored);
    let assume = options(&site, "app").conditional_writes(ConditionalWrites::Assume);
    let cache = Cache::open(assume.max_entries(0)).unwrap();
    let found = cache.conditional_writes().unwrap();
    assert_eq!(found, s3cache::Conditions::Ignored);
    let ((), requests) = site.count(|| {
        cache.add("k", b"v", Timeout::Never).unwrap();
    });
    assert_eq!(requests.conditional_put, 1, "still conditional");
}

/// The server answers 412 and closes while the client still sends: the refusal
/// must come through, and neither success nor a wrong answer.
#[test]
fn a_large_add_that_is_refused_early() {
    let site = Site::embedded();
    let cache = unbounded(&site);
    let value = vec![b'v'; 4 << 20];
    assert!(cache.add("k", &value, Timeout::Default).unwrap());
    site.switches().set_drain(false);
    for round in 0..20 {
        let other = vec![b'w'; 4 << 20];
        assert!(
            !cache.add("k", &other, Timeout::Default).unwrap(),
            "{round}"
        );
        assert!(cache.get("k").unwrap().unwrap() == value, "round {round}");
    }
}

/// Four processes, which share nothing but the bucket; with all replies, and
/// with half of those to writes lost.
#[test]
fn processes_race_as_threads_do() {
    if let Ok(endpoint) = std::env::var("S3CACHE_TEST_CHILD") {
        return child(&endpoint);
    }
    for lossy in [false, true] {
        processes_race(lossy);
    }
}

fn processes_race(lossy: bool) {
    let site = Site::start();
    let cache = unbounded(&site);
    cache.set("n", b"0", Timeout::Never).unwrap();
    cache.set("list", b"", Timeout::Never).unwrap();
    if lossy {
        lose_replies(&site, &cache);
    }
    let place = [
        site.endpoint(),
        site.bucket().into(),
        site.location("app"),
        site.access_key().into(),
        site.secret_key().into(),
    ];
    let start = || -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes_race_as_threads_do", "--nocapture"])
            .env("S3CACHE_TEST_CHILD", place.join(" "))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<Child> = (0..4).map(|_| start()).collect();
    let mut won = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        won += text.matches("won a round").count();
    }
    assert_eq!(won, CHILD_ROUNDS);
    let total = 4 * CHILD_INCREMENTS;
    let left = cache.get("n").unwrap().unwrap();
    assert_eq!(left, total.to_string().as_bytes(), "lossy: {lossy}");
    let list = String::from_utf8(cache.get("list").unwrap().unwrap()).unwrap();
    let lines: std::collections::HashSet<&str> = list.lines().collect();
    assert_eq!((lines.len(), list.lines().count()), (total, total));
}

const CHILD_ROUNDS: usize = 50;
const CHILD_INCREMENTS: usize = 20;

fn child(place: &str) {
    let place: Vec<&str> = place.split(' ').collect();
    let [endpoint, bucket, location, access_key, secret_key] = place[..] else {
        panic!("{place:?}");
    };
    let options = Options::new(bucket)
        .endpoint(endpoint)
        .region("us-east-1")
        .location(location)
        .credentials(access_key, secret_key)
        .conditional_writes(ConditionalWrites::Assume)
        .max_entries(0);
    let cache = Cache::open(options).unwrap();
    for round in 0..CHILD_ROUNDS {
        let key = format!("process round {round}");
        if cache.add(key, b"v", Timeout::Default).unwrap() {
            println!("won a round");
        }
    }
    for n in 0..CHILD_INCREMENTS {
        cache.incr("n", 1).unwrap();
        let line = format!("{} {n}\n", std::process::id());
        let append = |list: Option<&[u8]>| Some([list.unwrap(), line.as_bytes()].concat());
        cache.update("list", Timeout::Never, append).unwrap();
    }
}
