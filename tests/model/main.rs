//! Random calls in random order: a few clients race on a few keys, on a server
//! that loses replies and requests, lets them arrive late or twice, fails, and
//! lets others answer in its place. What they hear must have an explanation;
//! `explain` says what counts as one.
//!
//! A failure tells its seed. `S3CACHE_TEST_MODEL_SEED=n` runs that one alone and
//! prints what happened, `S3CACHE_TEST_MODEL_SEEDS=n` runs so many, and `=m..n`
//! those; without it, they stop when their time is over.

mod bucket;
mod cases;
mod client;
mod draw;
mod entries;
mod explain;
mod fate;
mod op;
mod plan;
mod run;
mod server;
mod state;
mod wire;

use std::env;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use s3cache::{ErrorKind, OnError};

use self::draw::Draw;
use self::fate::Fate;
use self::op::{Call, Life, Op, Outcome, Step};
use self::plan::{Plan, Setup, any_calls};
use self::run::run;

const SEEDS: u64 = 5000;
/// When so much time is over, a test has done enough.
const LIMIT: Duration = Duration::from_secs(90);
/// Seeds at a time: many more than there are cores, as clients pause before
/// they try again.
const LANES: usize = 24;

#[test]
fn every_answer_has_an_explanation() {
    check(1, any_calls, |_| Ok(()));
}

#[test]
fn racing_increments_count_once_each() {
    let plan = |draw: &mut Draw| Plan {
        setup: Setup {
            on_error: OnError::Report,
            ..Setup::any(draw)
        },
        before: vec![Step::of(0, Op::Set("100".into(), Life::Never))],
        parts: vec![vec![Step::of(0, Op::Incr(1)); 3]; 3],
        keys: 1,
        ..Plan::default()
    };
    check(10, plan, |history| {
        let sum = |call: &Call| match call.outcome {
            Outcome::Sum(sum) => Some(sum),
            _ => None,
        };
        let mut sums: Vec<_> = history.iter().filter_map(sum).collect();
        sums.sort_unstable();
        let made = i64::try_from(sums.len()).unwrap();
        sums.dedup();
        // Or passed on twice, and refused the second time.
        let unknown = failures(history, |call, kind| {
            kind == ErrorKind::OutcomeUnknown || call.met.contains(&Fate::TwiceTold)
        });
        let Some(Outcome::Value(Some(last))) = history.last().map(|call| &call.outcome) else {
            return Err("the number is gone".into());
        };
        let counted = last.parse::<i64>().map_err(|error| error.to_string())? - 100;
        let most = made + i64::try_from(unknown).unwrap();
        if sums.len() as u64 != made.unsigned_abs() || !(made..=most).contains(&counted) {
            return Err(format!(
                "{made} to {most} made, sums {sums:?}, {counted} counted"
            ));
        }
        Ok(())
    });
}

#[test]
fn racing_adds_have_one_winner() {
    let plan = |draw: &mut Draw| Plan {
        before: draw
            .of(&[None, Some(Life::Over)])
            .map_or_else(Vec::new, |life| {
                vec![Step::of(0, Op::Set("old".into(), life))]
            }),
        parts: (0..4)
            .map(|i| vec![Step::of(0, Op::Add(format!("{i}"), Life::Never)); 2])
            .collect(),
        keys: 1,
        setup: Setup {
            on_error: OnError::Report,
            ..Setup::any(draw)
        },
        ..Plan::default()
    };
    check(10, plan, |history| {
        let added = |call: &&Call| matches!(call.op, Op::Add(..));
        let won = history.iter().filter(added);
        let won = won
            .filter(|call| call.outcome == Outcome::Said(true))
            .count();
        if won > 1 || (won == 0 && failures(history, |_, _| true) == 0) {
            return Err(format!("{won} winners"));
        }
        Ok(())
    });
}

#[test]
fn a_seed_gives_the_same_schedule_again() {
    for seed in 0..40 {
        let (first, second) = (run(seed, any_calls), run(seed, any_calls));
        assert_eq!(first.record.schedule, second.record.schedule, "seed {seed}");
    }
}

fn failures(history: &[Call], which: impl Fn(&Call, ErrorKind) -> bool) -> usize {
    let failed = |call: &&Call| call.failure().is_some_and(|kind| which(call, kind));
    history.iter().filter(failed).count()
}

/// Runs seeds until one fails, all have passed, or the time is over; one in
/// `share` of those that are wanted.
fn check(
    share: u64,
    plan: impl Fn(&mut Draw) -> Plan + Sync,
    also: impl Fn(&[Call]) -> Result<(), String> + Sync,
) {
    let judged = |seed| {
        let run = run(seed, &plan);
        let verdict = run.judge().and_then(|()| also(&run.history));
        (run, verdict)
    };
    if let Ok(seed) = env::var("S3CACHE_TEST_MODEL_SEED") {
        let seed = seed.parse().expect("a number");
        let (run, verdict) = judged(seed);
        println!("seed {seed}: {verdict:?}\n{}", run.told());
        assert_eq!(verdict, Ok(()));
        return;
    }
    let wanted = env::var("S3CACHE_TEST_MODEL_SEEDS").ok();
    let limit = if wanted.is_some() {
        Duration::MAX
    } else {
        LIMIT
    };
    let Range { start, end } = wanted.map_or(0..SEEDS, |text| seeds(&text));
    let (start, end) = (start / share, end / share);
    let (next, failed, since) = (AtomicU64::new(start), Mutex::new(None), Instant::now());
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while since.elapsed() < limit && failed.lock().unwrap().is_none() {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= end {
                        return;
                    }
                    if let (run, Err(why)) = judged(seed) {
                        let told = format!("seed {seed}: {why}\n{}", run.told());
                        failed.lock().unwrap().get_or_insert(told);
                    }
                }
            });
        }
    });
    if let Some(told) = failed.into_inner().unwrap() {
        panic!("{told}");
    }
    let done = next.into_inner().min(end) - start;
    let took = since.elapsed().as_secs_f64();
    println!("{done} of {} seeds in {took:.1} s", end - start);
}

/// `n` or `m..n`.
fn seeds(text: &str) -> Range<u64> {
    let (start, end) = text.split_once("..").unwrap_or(("0", text));
    start.parse().expect("a number")..end.parse().expect("a number")
}
