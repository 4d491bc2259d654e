//! Calls of one handle, one after another, on a server that loses requests and
//! replies, lets them arrive late, fails, and lets others answer: every answer
//! must have an explanation in what was there, and every write must be one
//! that its call may make. See `fuzz/README.md`.
//!
//! The input: a handle (1 byte), how many faults (1), what becomes of the
//! first requests (1 byte each, see `ops/server.rs`), then 2 bytes for each call
//! (see `ops/step.rs`).
#![no_main]

#[path = "ops/server.rs"]
mod server;
#[path = "ops/step.rs"]
mod step;
mod tape;

use std::cell::OnceCell;

use libfuzzer_sys::fuzz_target;
use s3cache::fuzzing::object;
use s3cache::{Cache, Compression, ConditionalWrites, Key, Options, Timeout, Token};
use server::Server;
use step::{Answer, Op, Step, appended};
use tape::Tape;

/// So many requests may meet with a fault, so that pauses do not take the time.
const FAULTS: usize = 24;
const CALLS: usize = 24;
const KEYS: [&str; 2] = ["key 0", "key 1"];

thread_local! {
    /// One server, and a handle for each way to open it. Runs take clones, so
    /// that connections are made once.
    static OPEN: OnceCell<(Server, Vec<Cache>)> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    OPEN.with(|open| {
        let (server, handles) = open.get_or_init(start);
        let mut tape = Tape(bytes);
        let cache = handles[usize::from(tape.byte()) % handles.len()].clone();
        let faults = usize::from(tape.byte()) % FAULTS;
        let script: Vec<u8> = (0..faults).map(|_| tape.byte()).collect();
        server.reset(&script);
        let mut tokens = [const { None }; KEYS.len()];
        let mut nth = 0;
        while !tape.0.is_empty() && nth < CALLS {
            let step = Step::drawn(nth, &mut tape);
            call(server, &cache, &step, &mut tokens[step.key]);
            nth += 1;
        }
        server.calm(nth % 2 == 0);
        for key in 0..KEYS.len() {
            let step = Step {
                nth: CALLS + key,
                key,
                op: Op::Get,
            };
            call(server, &cache, &step, &mut tokens[key]);
        }
    });
});

fn start() -> (Server, Vec<Cache>) {
    let server = Server::start();
    let open = |way: u32| {
        let deflate = Compression::Deflate {
            level: 1,
            threshold: 0,
        };
        let options = Options::new("bucket")
            .endpoint(&server.endpoint)
            .region("us-east-1")
            .credentials("key", "secret")
            .environment(|_| None)
            .max_entries(0)
            .conditional_writes(ConditionalWrites::Assume)
            .breaker_after(0)
            .retries(way / 4)
            .add_reads_first(way % 2 == 1)
            .compress(if way / 2 % 2 == 1 {
                deflate
            } else {
                Compression::Off
            });
        Cache::open(options).unwrap()
    };
    let handles = (0..8).map(open).collect();
    (server, handles)
}

/// What stands for the entry that was read, and the `ETag`s it may have had.
type Known = (Token, Vec<u64>);

fn call(server: &Server, cache: &Cache, step: &Step, token: &mut Option<Known>) {
    let key = KEYS[step.key];
    if matches!(step.op, Op::CompareAndSet(_)) && token.is_none() {
        return;
    }
    let (name, _) = object(cache, &Key::new(key));
    let tags = token.as_ref().map_or(&[][..], |(_, tags)| tags);
    server.begin(step, &name, tags);
    let result = carry_out(cache, key, step, token);
    let answer = result.unwrap_or_else(|error| Answer::Failed(error.kind()));
    let seen = server.end(&answer);
    assert!(
        step.explains(&answer, &seen),
        "{step:?}: {answer:?} of {seen:?}"
    );
    // Which of them it was is for the token alone to know.
    if let (Op::GetWithToken, Answer::Value(value), Some((_, tags))) = (&step.op, answer, token) {
        let entries = seen.there.iter().filter_map(|there| there.entry.as_ref());
        let same = entries.filter(|entry| Some(&entry.value) == value.as_ref());
        if value.is_some() {
            *tags = same.map(|entry| entry.tag).collect();
        }
    }
}

fn carry_out(
    cache: &Cache,
    key: &str,
    step: &Step,
    token: &mut Option<Known>,
) -> s3cache::Result<Answer> {
    Ok(match &step.op {
        Op::Get => Answer::Value(cache.get(key)?),
        Op::GetWithToken => {
            let (value, new) = cache.get_with_token(key)?.unzip();
            if let Some(new) = new {
                *token = Some((new, Vec::new()));
            }
            Answer::Value(value)
        }
        Op::HasKey => Answer::Said(cache.has_key(key)?),
        Op::Set(value, life) => {
            cache.set(key, value, life.timeout())?;
            Answer::Done
        }
        Op::Add(value, life) => Answer::Said(cache.add(key, value, life.timeout())?),
        Op::Delete => {
            cache.delete(key)?;
            Answer::Done
        }
        Op::Remove => Answer::Said(cache.remove(key)?),
        Op::Touch(life) => Answer::Said(cache.touch(key, life.timeout())?),
        Op::Incr(by) => Answer::Sum(cache.incr(key, *by)?),
        Op::Decr(by) => Answer::Sum(cache.decr(key, *by)?),
        Op::Update(more) => {
            let change = |value: Option<&[u8]>| appended(value, more);
            Answer::Value(cache.update(key, Timeout::Never, change)?)
        }
        Op::CompareAndSet(value) => {
            let (token, _) = token.as_ref().unwrap();
            Answer::Said(cache.compare_and_set(key, token, value, Timeout::Never)?)
        }
    })
}
