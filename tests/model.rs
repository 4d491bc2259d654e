//! Random calls in random order: a few clients race on one or two keys, on a
//! server that loses replies and requests, lets them arrive late, and fails.
//! What they hear must have an explanation in which the calls came one after
//! another; `support::linear` says what counts as one.
//!
//! A failure tells its seed. `S3CACHE_TEST_MODEL_SEED=n` runs that one alone and
//! prints what happened, `S3CACHE_TEST_MODEL_SEEDS=n` runs so many.

mod support;

use std::env;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use s3cache::{Cache, ConditionalWrites, ErrorKind, Options, Result, Timeout, Token};
use support::linear::{Call, Op, Outcome, explains};
use support::simulated::{Draw, Simulated};

/// With so many the tests of this file take about 20 seconds on two cores.
const SEEDS: u64 = 2200;
/// Seeds at a time: more than there are cores, as clients pause now and then.
const LANES: usize = 6;

/// What one client does: each call, and its key.
type Part = Vec<(usize, Op)>;

#[derive(Debug, Default)]
struct Plan {
    /// Before the race, and undisturbed.
    before: Part,
    parts: Vec<Part>,
    keys: usize,
    add_reads_first: bool,
}

#[derive(Debug)]
struct Run {
    plan: Plan,
    schedule: Vec<String>,
    /// The earliest first, with a last look at each key.
    history: Vec<Call>,
}

#[test]
fn every_interleaving_has_an_explanation() {
    check(SEEDS, any_calls, |_| Ok(()));
}

#[test]
fn racing_increments_count_once_each() {
    let plan = |_: &mut Draw| Plan {
        before: vec![(0, set("100"))],
        parts: vec![vec![(0, Op::Incr(1)); 3]; 3],
        keys: 1,
        ..Plan::default()
    };
    check(SEEDS / 10, plan, |history| {
        let sum = |call: &Call| match call.outcome {
            Outcome::Sum(sum) => Some(sum),
            _ => None,
        };
        let mut sums: Vec<_> = history.iter().filter_map(sum).collect();
        sums.sort_unstable();
        let made = i64::try_from(sums.len()).unwrap();
        sums.dedup();
        let unknown = failures(history, |kind| kind == ErrorKind::OutcomeUnknown);
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
        before: draw.of(&[None, Some(false)]).map_or_else(Vec::new, |live| {
            let value = "old".into();
            vec![(0, Op::Set { value, live })]
        }),
        parts: (0..4)
            .map(|i| {
                let value = format!("{i}");
                vec![(0, Op::Add { value, live: true }); 2]
            })
            .collect(),
        keys: 1,
        add_reads_first: draw.often(25),
    };
    check(SEEDS / 10, plan, |history| {
        let added = |call: &&Call| matches!(call.op, Op::Add { .. });
        let won = history.iter().filter(added);
        let won = won
            .filter(|call| call.outcome == Outcome::Said(true))
            .count();
        if won > 1 || (won == 0 && failures(history, |_| true) == 0) {
            return Err(format!("{won} winners"));
        }
        Ok(())
    });
}

#[test]
fn a_seed_gives_the_same_schedule_again() {
    for seed in 0..20 {
        let (first, second) = (run(seed, any_calls), run(seed, any_calls));
        assert_eq!(first.schedule, second.schedule, "seed {seed}");
    }
}

fn failures(history: &[Call], which: impl Fn(ErrorKind) -> bool) -> usize {
    let failed = |call: &&Call| matches!(call.outcome, Outcome::Error(kind) if which(kind));
    history.iter().filter(failed).count()
}

fn set(value: &str) -> Op {
    Op::Set {
        value: value.to_owned(),
        live: true,
    }
}

/// Two to four clients, two to four calls each, up to twelve in all. Every
/// value is new, so that a read tells which write it saw.
fn any_calls(draw: &mut Draw) -> Plan {
    let (clients, keys) = (2 + draw.below(3), draw.of(&[1, 1, 1, 2]));
    let most = if clients == 4 { 3 } else { 4 };
    let mut fresh = 0;
    let mut part = |draw: &mut Draw| {
        let mut part: Part = Vec::new();
        let calls = 2 + draw.below(most - 1);
        while part.len() < calls {
            fresh += 1;
            let key = draw.below(keys);
            let op = any_call(draw, fresh);
            let has_token = part
                .iter()
                .any(|(of, op)| *of == key && matches!(op, Op::GetWithToken));
            part.push(match op {
                Op::CompareAndSet(_) if !has_token => (key, Op::GetWithToken),
                op => (key, op),
            });
        }
        part
    };
    let before = if draw.often(50) { "1000" } else { "text" };
    let before = (0..keys)
        .filter(|_| draw.often(50))
        .map(|key| (key, set(before)));
    Plan {
        before: before.collect(),
        parts: (0..clients).map(|_| part(draw)).collect(),
        keys,
        add_reads_first: draw.often(20),
    }
}

fn any_call(draw: &mut Draw, fresh: usize) -> Op {
    let live = draw.often(75);
    match draw.below(22) {
        0 => Op::Get,
        1..3 => Op::GetWithToken,
        3 => Op::HasKey,
        4 => set(&i64::MAX.to_string()),
        5..8 => Op::Set {
            value: format!("{fresh}00"),
            live,
        },
        8..11 => Op::Add {
            value: format!("{fresh}00"),
            live,
        },
        11 => Op::Delete,
        12..14 => Op::Touch { live },
        14..16 => Op::Incr(1 + i64::try_from(draw.below(9)).unwrap()),
        16 => Op::Decr(1 + i64::try_from(draw.below(9)).unwrap()),
        17..20 => Op::Update(format!(",{fresh}")),
        _ => Op::CompareAndSet(format!("{fresh}00")),
    }
}

/// Runs seeds until one fails, or all have passed.
fn check(
    seeds: u64,
    plan: impl Fn(&mut Draw) -> Plan + Sync,
    also: impl Fn(&[Call]) -> Result<(), String> + Sync,
) {
    let judged = |seed| {
        let run = run(seed, &plan);
        let verdict = judge(&run).and_then(|()| also(&run.history));
        (run, verdict)
    };
    if let Some(seed) = variable("S3CACHE_TEST_MODEL_SEED") {
        let (run, verdict) = judged(seed);
        println!("seed {seed}: {verdict:?}\n{}", run.told());
        assert_eq!(verdict, Ok(()));
        return;
    }
    let whole = variable("S3CACHE_TEST_MODEL_SEEDS").unwrap_or(SEEDS);
    let (seeds, since) = (seeds * whole / SEEDS, Instant::now());
    let (next, failed) = (AtomicU64::new(0), Mutex::new(None));
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds || failed.lock().unwrap().is_some() {
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
    println!("{seeds} seeds in {:.1} s", since.elapsed().as_secs_f64());
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok()?.parse().ok()
}

fn judge(run: &Run) -> Result<(), String> {
    for key in 0..run.plan.keys {
        let calls = run.history.iter().filter(|call| call.key == key);
        if !explains(&calls.cloned().collect::<Vec<_>>()) {
            return Err(format!("no order explains what was heard of key {key}"));
        }
    }
    Ok(())
}

fn run(seed: u64, plan: impl Fn(&mut Draw) -> Plan) -> Run {
    let mut draw = Draw(seed << 32);
    let plan = plan(&mut draw);
    let server = &Simulated::start(plan.parts.len(), draw);
    server.calm();
    let mut history = perform(server, &plan, 0, &plan.before);
    server.race(plan.parts.len());
    thread::scope(|scope| {
        let parts = plan.parts.iter().enumerate();
        let clients: Vec<_> = parts
            .map(|(client, part)| {
                let plan = &plan;
                scope.spawn(move || {
                    let calls = perform(server, plan, client, part);
                    server.leave();
                    calls
                })
            })
            .collect();
        for client in clients {
            history.extend(client.join().unwrap());
        }
    });
    server.calm();
    let looks: Part = (0..plan.keys).map(|key| (key, Op::Get)).collect();
    history.extend(perform(server, &plan, 0, &looks));
    for call in &mut history {
        call.written = server.written(call.invoked);
    }
    history.sort_by_key(|call| call.invoked);
    Run {
        plan,
        schedule: server.log(),
        history,
    }
}

/// One client's calls, on a handle of its own.
fn perform(server: &Simulated, plan: &Plan, client: usize, part: &Part) -> Vec<Call> {
    let options = Options::new("bucket")
        .endpoint(&server.endpoint)
        .region("us-east-1")
        .credentials("key", "secret")
        .max_entries(0)
        .conditional_writes(ConditionalWrites::Assume)
        .add_reads_first(plan.add_reads_first)
        // Others may have their turns before it is answered.
        .read_timeout(Duration::from_secs(90));
    let cache = Cache::open(options).unwrap();
    let mut tokens: Vec<Option<(u64, Token)>> = vec![None; plan.keys];
    let mut calls = Vec::new();
    for (key, op) in part {
        let used = match (op, &tokens[*key]) {
            // It got none, as there was nothing.
            (Op::CompareAndSet(_), None) => continue,
            (Op::CompareAndSet(_), Some((call, _))) => Some(*call),
            _ => None,
        };
        let invoked = server.begin(client);
        let outcome = carry_out(&cache, *key, op, invoked, &mut tokens[*key]);
        calls.push(Call {
            client,
            key: *key,
            op: op.clone(),
            token: used,
            invoked,
            returned: server.end(client),
            outcome: outcome.unwrap_or_else(|error| Outcome::Error(error.kind())),
            written: 0,
        });
    }
    calls
}

fn carry_out(
    cache: &Cache,
    key: usize,
    op: &Op,
    invoked: u64,
    token: &mut Option<(u64, Token)>,
) -> Result<Outcome> {
    let key = &*format!("key {key}");
    let timeout = |live| {
        if live {
            Timeout::Never
        } else {
            Timeout::After(Duration::ZERO)
        }
    };
    let text = |value: Option<Vec<u8>>| {
        Outcome::Value(value.map(|value| String::from_utf8(value).unwrap()))
    };
    Ok(match op {
        Op::Get => text(cache.get(key)?),
        Op::GetWithToken => {
            let (value, new) = cache.get_with_token(key)?.unzip();
            *token = new.map(|new| (invoked, new));
            text(value)
        }
        Op::HasKey => Outcome::Said(cache.has_key(key)?),
        Op::Set { value, live } => {
            cache.set(key, value, timeout(*live))?;
            Outcome::Done
        }
        Op::Add { value, live } => Outcome::Said(cache.add(key, value, timeout(*live))?),
        Op::Delete => {
            cache.delete(key)?;
            Outcome::Done
        }
        Op::Touch { live } => Outcome::Said(cache.touch(key, timeout(*live))?),
        Op::Incr(by) => Outcome::Sum(cache.incr(key, *by)?),
        Op::Decr(by) => Outcome::Sum(cache.decr(key, *by)?),
        Op::Update(more) => text(cache.update(key, Timeout::Never, |value| {
            Some([value.unwrap_or_default(), more.as_bytes()].concat())
        })?),
        Op::CompareAndSet(value) => {
            let (_, token) = token.as_ref().unwrap();
            Outcome::Said(cache.compare_and_set(key, token, value, Timeout::Never)?)
        }
    })
}

impl Run {
    fn told(&self) -> String {
        let mut told = format!("operations:\n  before: {:?}\n", self.plan.before);
        for (client, part) in self.plan.parts.iter().enumerate() {
            let _ = writeln!(told, "  client {client}: {part:?}");
        }
        told.push_str("schedule (moment, client, request and what became of it):\n");
        for step in &self.schedule {
            let _ = writeln!(told, "  {step}");
        }
        told.push_str("history (invoked to returned, writes carried out):\n");
        for call in &self.history {
            let Call {
                client, key, op, ..
            } = call;
            let _ = writeln!(
                told,
                "  {:3} to {:3}  client {client}  key {key}  {op:?} = {:?}  {}",
                call.invoked, call.returned, call.outcome, call.written
            );
        }
        told
    }
}
