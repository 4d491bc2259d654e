//! What is drawn before a race: how the handles are opened, and who calls what.
//!
//! Every value is new, so that a read tells which write it saw. Keys are few,
//! so that the clients meet.

use std::time::Duration;

use s3cache::{Cache, Compression, ConditionalWrites, OnError, Options};

use super::bucket::LOCATION;
use super::draw::Draw;
use super::fate::Fate;
use super::op::{Life, Op, Step};
use super::server::Server;

#[derive(Clone, Debug, Default)]
pub(crate) struct Setup {
    pub(crate) retries: u32,
    /// After how many failures it opens, and whether it closes at once.
    pub(crate) breaker: Option<(u32, bool)>,
    pub(crate) on_error: OnError,
    /// The clients' handles are clones of one.
    pub(crate) shared: bool,
    pub(crate) add_reads_first: bool,
    pub(crate) compress: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) setup: Setup,
    /// Before the race, and undisturbed.
    pub(crate) before: Vec<Step>,
    pub(crate) parts: Vec<Vec<Step>>,
    pub(crate) keys: usize,
    /// What becomes of the race's requests, one after another; where there is
    /// nothing, that is drawn.
    pub(crate) fates: Vec<Fate>,
}

/// Beyond any test's end.
const LONG: Duration = Duration::from_secs(24 * 3600);

impl Setup {
    pub(crate) fn any(draw: &mut Draw) -> Self {
        let breaker = (1 + u32::try_from(draw.below(3)).unwrap(), draw.often(50));
        Self {
            retries: draw.of(&[0, 1, 3, 3]),
            breaker: draw.often(20).then_some(breaker),
            on_error: draw.of(&[
                OnError::Report,
                OnError::Report,
                OnError::Report,
                OnError::Miss,
            ]),
            shared: draw.often(50),
            add_reads_first: draw.often(20),
            compress: draw.often(30),
        }
    }

    pub(crate) fn open(&self, server: &Server) -> Cache {
        let (after, pause) = match self.breaker {
            None => (0, LONG),
            // Then it lets every call try.
            Some((after, true)) => (after, Duration::ZERO),
            Some((after, false)) => (after, LONG),
        };
        let options = Options::new("bucket")
            .endpoint(&server.endpoint)
            .resolver(server.resolver())
            // Not this machine's, which may name a file of certificates to read.
            .environment(|_| None)
            .region("us-east-1")
            .credentials("key", "secret")
            .location(LOCATION)
            .max_entries(0)
            .conditional_writes(ConditionalWrites::Assume)
            .add_reads_first(self.add_reads_first)
            .retries(self.retries)
            .breaker_after(after)
            .breaker_pause(pause)
            // Others may have their turns before it is answered.
            .read_timeout(LONG)
            .deadline(LONG)
            .on_error(self.on_error);
        let options = if self.compress {
            let (level, threshold) = (1, 64);
            options.compress(Compression::Deflate { level, threshold })
        } else {
            options
        };
        Cache::open(options).unwrap()
    }
}

/// Two to four clients, two to four calls each, or one more, as a token is to
/// be had first.
pub(crate) fn any_calls(draw: &mut Draw) -> Plan {
    let setup = Setup::any(draw);
    let (clients, keys) = (2 + draw.below(3), draw.of(&[1, 1, 1, 2, 3]));
    let most = if clients == 4 { 3 } else { 4 };
    let mut fresh = 0;
    let mut part = |draw: &mut Draw| {
        let mut part: Vec<Step> = Vec::new();
        let calls = 2 + draw.below(most - 1);
        while part.len() < calls {
            fresh += 1;
            let step = any_step(draw, keys, fresh);
            let is_token =
                |before: &Step| before.keys == step.keys && before.ops == [Op::GetWithToken];
            if matches!(step.ops[0], Op::CompareAndSet(..)) && !part.iter().any(is_token) {
                part.push(Step::of(step.keys[0], Op::GetWithToken));
            }
            part.push(step);
        }
        part
    };
    let start = draw.of(&["5", "5", "text"]);
    let before = (0..keys)
        .filter(|_| draw.often(65))
        .map(|key| Step::of(key, Op::Set(start.to_owned(), Life::Never)));
    Plan {
        before: before.collect(),
        parts: (0..clients).map(|_| part(draw)).collect(),
        setup,
        keys,
        fates: Vec::new(),
    }
}

fn any_step(draw: &mut Draw, keys: usize, fresh: usize) -> Step {
    let anew = draw.often(20);
    if draw.often(85) {
        let (key, op) = (draw.below(keys), any_op(draw, fresh));
        return Step {
            anew,
            ..Step::of(key, op)
        };
    }
    let all: Vec<usize> = (0..keys).collect();
    let (keys, ops) = match draw.below(6) {
        0 => (vec![0; 2], vec![Op::Get; 2]),
        1 => (all, vec![Op::Get; keys]),
        2 => {
            let life = any_life(draw);
            let set = |key: &usize| Op::Set(format!("{fresh}.{key}"), life);
            let ops = all.iter().map(set).collect();
            (all, ops)
        }
        3 => (all, vec![Op::Delete; keys]),
        4 => (all, vec![Op::Clear; keys]),
        _ => (all, vec![Op::RemoveExpired; keys]),
    };
    Step { keys, ops, anew }
}

fn any_op(draw: &mut Draw, fresh: usize) -> Op {
    let life = any_life(draw);
    let value = match draw.below(5) {
        // Long enough to be deflated, and for half of it to arrive.
        0 => format!("{fresh},").repeat(40),
        _ => format!("{fresh}00"),
    };
    let by = 1 + i64::try_from(draw.below(9)).unwrap();
    match draw.below(31) {
        0 | 1 => Op::Get,
        2 | 3 => Op::GetWithToken,
        4 => Op::HasKey,
        5 => Op::Ttl,
        6 => Op::Set(i64::MAX.to_string(), life),
        7..10 => Op::Set(value, life),
        10..13 => Op::Add(value, life),
        13 => Op::Delete,
        14..16 => Op::Remove,
        16..18 => Op::Touch(life),
        18..21 => Op::Incr(by),
        21 => Op::Decr(by),
        22..24 => Op::Append(format!(",{fresh}"), life),
        24 => Op::Update(format!(",{fresh}"), life),
        25..28 => Op::GetOrSet(value, life),
        _ => Op::CompareAndSet(value, life),
    }
}

fn any_life(draw: &mut Draw) -> Life {
    draw.of(&[Life::Never, Life::Never, Life::Long, Life::Over])
}

impl Step {
    pub(crate) fn of(key: usize, op: Op) -> Self {
        Self {
            keys: vec![key],
            ops: vec![op],
            anew: false,
        }
    }

    /// Whether it is a call for several keys, be they one.
    pub(crate) fn is_many(&self) -> bool {
        self.keys.len() > 1 || matches!(self.ops[0], Op::Clear | Op::RemoveExpired)
    }
}
