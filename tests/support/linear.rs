//! What a cache promises, for one key and one call after another; and whether
//! the calls that racing clients made can be brought into such an order.
//!
//! In: calls with their moments and outcomes. Out: whether there is an order
//! in which each call takes effect at one moment between its invocation and
//! its return, with exactly the outcome it had. A depth-first search that
//! remembers where it has been (Wing and Gong 1993, Lowe 2017).
//!
//! The promise is looser where the reply to a write was lost:
//!
//! - `set` and `delete` are sent again on a kept connection that breaks, so
//!   they may take effect once for each arrival, however late.
//! - An `add` whose reply was lost finds itself again in what other atomic
//!   writes made of it, but not behind a plain `set` or a `delete`. So over
//!   these it may take effect once more, or answer `false` although its value
//!   was there for a moment; and what arrives late may find the key deleted.
//! - A `touch` likewise repeats itself on what others put there.
//! - To both, an `add` over an expired entry is as a `set`: it has read no
//!   more than the header, and carries no ids of earlier writes.
//!
//! `incr`, `decr`, `update` and `compare_and_set` have no such looseness.

use std::collections::{BTreeMap, HashSet};

use s3cache::ErrorKind as K;

/// Values are text here. `live`: whether the timeout is `Never`, and not one
/// that is over at once.
#[derive(Clone, Debug)]
pub enum Op {
    Get,
    GetWithToken,
    HasKey,
    Set {
        value: String,
        live: bool,
    },
    Add {
        value: String,
        live: bool,
    },
    Delete,
    Touch {
        live: bool,
    },
    /// By so much, or by its negative with `decr`.
    Incr(i64),
    Decr(i64),
    /// Appends this.
    Update(String),
    /// With the token that this client got last.
    CompareAndSet(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    Value(Option<String>),
    Said(bool),
    Sum(i64),
    Error(K),
}

#[derive(Clone, Debug)]
pub struct Call {
    pub client: usize,
    pub key: usize,
    pub op: Op,
    /// Where a token was used: the moment the call that got it was invoked.
    pub token: Option<u64>,
    pub invoked: u64,
    pub returned: u64,
    pub outcome: Outcome,
    /// How many of its writes the server carried out: so often, and no oftener,
    /// it takes effect.
    pub written: usize,
}

/// How far the search has come: the calls that are over, how often each has
/// taken effect, and what is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Stage {
    over: Vec<bool>,
    effects: Vec<usize>,
    there: Option<Entry>,
    /// What each token stands for.
    tokens: BTreeMap<u64, Id>,
}

/// A call, and which of its effects.
type Id = (usize, usize);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Entry {
    value: String,
    live: bool,
    /// Of the write that made it.
    id: Id,
    /// The calls it builds on, back to one that carries no ids.
    behind: Vec<usize>,
}

/// What a call makes of the entry.
enum Effect {
    None,
    Stored { value: String, live: bool },
    Deleted,
}

/// Whether the calls, all for one key that is not there at first, can be explained.
pub fn explains(calls: &[Call]) -> bool {
    let first = Stage {
        over: vec![false; calls.len()],
        effects: vec![0; calls.len()],
        there: None,
        tokens: BTreeMap::new(),
    };
    let (mut seen, mut open) = (HashSet::new(), vec![first]);
    while let Some(stage) = open.pop() {
        if stage.is_last(calls) {
            return true;
        }
        // A call that has not been invoked when another has returned comes after it.
        let returns = (0..calls.len()).filter(|i| !stage.over[*i] && calls[*i].is_certain());
        let end = returns.map(|i| calls[i].returned).min();
        for (i, call) in calls.iter().enumerate() {
            if end.is_some_and(|end| call.invoked > end) {
                continue;
            }
            let next = [stage.returning(i, call), stage.unanswered(i, call)];
            for next in next.into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
    }
    false
}

impl Call {
    /// Whether its outcome tells what it did. An atomic call owes its caller a
    /// clear word: only `OutcomeUnknown` leaves open whether it took effect.
    fn is_certain(&self) -> bool {
        !matches!(
            self.outcome,
            Outcome::Error(K::OutcomeUnknown | K::ConnectionLost | K::TimedOut | K::ServerError)
        )
    }

    /// Must not take effect twice, whatever happens.
    pub fn is_strict(&self) -> bool {
        matches!(
            self.op,
            Op::Incr(_) | Op::Decr(_) | Op::Update(_) | Op::CompareAndSet(_)
        )
    }
}

impl Stage {
    fn is_last(&self, calls: &[Call]) -> bool {
        calls.iter().enumerate().all(|(i, call)| {
            (self.over[i] || !call.is_certain()) && self.effects[i] == call.written
        })
    }

    /// The call takes effect, and this is what it reports.
    fn returning(&self, i: usize, call: &Call) -> Option<Self> {
        if self.over[i] || !call.is_certain() {
            return None;
        }
        // By its write id it would have known itself again.
        if matches!(call.op, Op::Add { .. } | Op::Touch { .. }) && self.builds_on(i) {
            return None;
        }
        let (outcome, effect) = self.apply(call);
        if outcome != call.outcome {
            return None;
        }
        let mut next = self.after(i, call, effect)?;
        next.over[i] = true;
        if let (Op::GetWithToken, Some(entry)) = (&call.op, &self.there) {
            next.tokens.insert(call.invoked, entry.id);
        }
        Some(next)
    }

    /// A write of the call takes effect whose reply nobody got.
    fn unanswered(&self, i: usize, call: &Call) -> Option<Self> {
        let allowed = match call.op {
            Op::Set { .. } | Op::Delete => true,
            // After the call, only what is on its way on the condition that
            // nothing is there.
            Op::Add { .. } if self.over[i] => self.there.is_none(),
            Op::Touch { .. } if self.over[i] => false,
            Op::Add { .. } | Op::Touch { .. } => !self.builds_on(i),
            _ => call.outcome == Outcome::Error(K::OutcomeUnknown) && self.effects[i] == 0,
        };
        let (_, effect) = self.apply(call);
        if !allowed || matches!(effect, Effect::None) {
            return None;
        }
        self.after(i, call, effect)
    }

    fn builds_on(&self, i: usize) -> bool {
        let there = self.there.as_ref();
        there.is_some_and(|entry| entry.behind.contains(&i))
    }

    fn after(&self, i: usize, call: &Call, effect: Effect) -> Option<Self> {
        let mut next = self.clone();
        if matches!(effect, Effect::None) {
            return Some(next);
        }
        if self.effects[i] == call.written {
            return None;
        }
        next.effects[i] += 1;
        next.there = match effect {
            Effect::Stored { value, live } => {
                let there = self.there.as_ref();
                let anew = matches!(call.op, Op::Set { .. } | Op::Add { .. });
                let kept = there.filter(|_| !anew);
                let mut behind = kept.map_or_else(Vec::new, |entry| entry.behind.clone());
                if !behind.contains(&i) {
                    behind.push(i);
                    behind.sort_unstable();
                }
                let id = (i, self.effects[i]);
                Some(Entry {
                    value,
                    live,
                    id,
                    behind,
                })
            }
            _ => None,
        };
        Some(next)
    }

    /// The sequential specification.
    fn apply(&self, call: &Call) -> (Outcome, Effect) {
        let there = self.there.as_ref();
        let live = there.filter(|entry| entry.live);
        let stored = |value: &str, live| Effect::Stored {
            value: value.to_owned(),
            live,
        };
        let value = live.map(|entry| entry.value.as_str());
        match &call.op {
            Op::Get | Op::GetWithToken => (Outcome::Value(value.map(str::to_owned)), Effect::None),
            Op::HasKey => (Outcome::Said(live.is_some()), Effect::None),
            Op::Set { value, live } => (Outcome::Done, stored(value, *live)),
            Op::Delete => (Outcome::Done, Effect::Deleted),
            Op::Add { value, live: lives } => match live {
                Some(_) => (Outcome::Said(false), Effect::None),
                None => (Outcome::Said(true), stored(value, *lives)),
            },
            Op::Touch { live } => match value {
                Some(value) => (Outcome::Said(true), stored(value, *live)),
                None => (Outcome::Said(false), Effect::None),
            },
            Op::Incr(by) => count(value, |number| number.checked_add(*by)),
            Op::Decr(by) => count(value, |number| number.checked_sub(*by)),
            Op::Update(more) => {
                let new = format!("{}{more}", value.unwrap_or_default());
                (Outcome::Value(Some(new.clone())), stored(&new, true))
            }
            Op::CompareAndSet(new) => {
                let wanted = call.token.and_then(|token| self.tokens.get(&token));
                match there {
                    Some(entry) if Some(&entry.id) == wanted => {
                        (Outcome::Said(true), stored(new, true))
                    }
                    _ => (Outcome::Said(false), Effect::None),
                }
            }
        }
    }
}

fn count(value: Option<&str>, change: impl Fn(i64) -> Option<i64>) -> (Outcome, Effect) {
    let Some(value) = value else {
        return (Outcome::Error(K::NotFound), Effect::None);
    };
    let Ok(number) = value.parse() else {
        return (Outcome::Error(K::NotAnInteger), Effect::None);
    };
    match change(number) {
        None => (Outcome::Error(K::Overflow), Effect::None),
        Some(sum) => {
            let value = sum.to_string();
            (Outcome::Sum(sum), Effect::Stored { value, live: true })
        }
    }
}
