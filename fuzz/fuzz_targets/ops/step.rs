//! The calls that are made, what each may write, and which answers explain
//! themselves. One handle makes all of them, one after another; but a write
//! whose reply was lost may have been made or not, and may yet be made when
//! other calls are under way.

use std::time::Duration;

use s3cache::{ErrorKind as K, Timeout};

use crate::tape::Tape;

#[derive(Clone, Copy, Debug)]
pub enum Life {
    Never,
    Hour,
    Over,
}

#[derive(Clone, Debug)]
pub enum Op {
    Get,
    GetWithToken,
    HasKey,
    Set(String, Life),
    Add(String, Life),
    Delete,
    Remove,
    Touch(Life),
    Incr(i64),
    Decr(i64),
    /// Appends this, unless the value is long by then.
    Update(String),
    /// With the token that was got last.
    CompareAndSet(String),
}

/// One call, the nth of all.
#[derive(Clone, Debug)]
pub struct Step {
    pub nth: usize,
    pub key: usize,
    pub op: Op,
}

/// What is under a key.
#[derive(Clone, Debug, Default)]
pub struct There {
    /// `None`: nothing.
    pub entry: Option<Entry>,
    /// Whose doing that is.
    pub by: Option<usize>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub tag: u64,
    pub value: Vec<u8>,
    pub expires_at: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done,
    Value(Option<Vec<u8>>),
    Said(bool),
    Sum(i64),
    Failed(K),
}

/// What was there while a call was under way, and what befell it.
#[derive(Debug)]
pub struct Window {
    pub there: Vec<There>,
    /// How many of the call's own writes were made.
    pub written: usize,
    pub faults: usize,
    /// A reply with a wrong bit was among them.
    pub flipped: bool,
    /// The `ETag`s that the token may stand for.
    pub token: Vec<u64>,
}

const LONG: usize = 40;

impl Life {
    pub fn timeout(self) -> Timeout {
        match self {
            Self::Never => Timeout::Never,
            Self::Hour => Duration::from_secs(3600).into(),
            Self::Over => Duration::ZERO.into(),
        }
    }

    fn is_of(self, entry: &Entry) -> bool {
        match self {
            Self::Never => entry.expires_at == i64::MAX,
            Self::Hour => (1..i64::MAX).contains(&entry.expires_at),
            Self::Over => entry.expires_at == 0,
        }
    }
}

impl There {
    fn live(&self) -> Option<&Entry> {
        self.entry.as_ref().filter(|entry| entry.expires_at != 0)
    }
}

impl Entry {
    pub fn number(&self) -> Option<i64> {
        str::from_utf8(&self.value).ok()?.parse().ok()
    }
}

pub fn appended(value: Option<&[u8]>, more: &str) -> Option<Vec<u8>> {
    let new = [value.unwrap_or_default(), more.as_bytes()].concat();
    (new.len() <= LONG).then_some(new)
}

impl Step {
    pub fn drawn(nth: usize, tape: &mut Tape<'_>) -> Self {
        let (what, of) = (tape.byte(), tape.byte());
        let life = [Life::Never, Life::Hour, Life::Never, Life::Over][usize::from(of / 4 % 4)];
        let value = match of / 16 {
            0..8 => format!("{nth}00"),
            8..12 => format!("text {nth} ").repeat(3),
            12 => String::new(),
            13 => i64::MIN.to_string(),
            _ => i64::MAX.to_string(),
        };
        let by = i64::from(of.cast_signed());
        let op = match what % 14 {
            0 | 1 => Op::Get,
            2 => Op::GetWithToken,
            3 => Op::HasKey,
            4 | 5 => Op::Set(value, life),
            6 => Op::Add(value, life),
            7 => Op::Delete,
            8 => Op::Remove,
            9 => Op::Touch(life),
            10 => Op::Incr(by),
            11 => Op::Decr(by),
            12 => Op::Update(format!(",{nth}")),
            _ => Op::CompareAndSet(value),
        };
        let key = usize::from(of % 4 / 3);
        Self { nth, key, op }
    }

    /// Must not be made twice, and says whether it was.
    pub fn is_strict(&self) -> bool {
        matches!(
            self.op,
            Op::Incr(_) | Op::Decr(_) | Op::Update(_) | Op::CompareAndSet(_)
        )
    }

    /// Whether it may make this of what is there. `None`: delete it.
    pub fn may_write(&self, there: &There, new: Option<&Entry>, token: &[u64]) -> bool {
        let Some(new) = new else {
            return match self.op {
                Op::Delete => true,
                Op::Remove => there.entry.is_some(),
                _ => false,
            };
        };
        let live = there.live();
        let counted = |sum: Option<i64>| {
            let same_expiry = live.is_some_and(|old| old.expires_at == new.expires_at);
            same_expiry && sum.is_some() && new.number() == sum
        };
        let number = live.and_then(Entry::number);
        match &self.op {
            Op::Set(value, life) => new.value == value.as_bytes() && life.is_of(new),
            Op::Add(value, life) => {
                live.is_none() && new.value == value.as_bytes() && life.is_of(new)
            }
            Op::Touch(life) => live.is_some_and(|old| old.value == new.value) && life.is_of(new),
            Op::Incr(by) => counted(number.and_then(|number| number.checked_add(*by))),
            Op::Decr(by) => counted(number.and_then(|number| number.checked_sub(*by))),
            Op::Update(more) => {
                let old = live.map(|old| &*old.value);
                appended(old, more).as_ref() == Some(&new.value) && Life::Never.is_of(new)
            }
            Op::CompareAndSet(value) => {
                let old = there.entry.as_ref().map(|old| &old.tag);
                old.is_some_and(|tag| token.contains(tag)) && new.value == value.as_bytes()
            }
            Op::Get | Op::GetWithToken | Op::HasKey | Op::Delete | Op::Remove => false,
        }
    }

    /// Whether the answer has an explanation in what was there.
    pub fn explains(&self, answer: &Answer, seen: &Window) -> bool {
        let some = |of: &dyn Fn(&There) -> bool| seen.there.iter().any(of);
        // What others left there: a call must know its own writes.
        let others =
            |of: &dyn Fn(&There) -> bool| some(&|there| there.by != Some(self.nth) && of(there));
        let live = |there: &There| there.live().is_some();
        let own = |value: &[u8]| {
            some(&|there| {
                let value_there = there.live().map(|entry| &*entry.value);
                there.by == Some(self.nth) && value_there == Some(value)
            })
        };
        if let Answer::Failed(kind) = answer
            && self.may_fail(*kind)
        {
            // Only an unknown outcome may be either.
            let certain = self.is_strict() && *kind != K::OutcomeUnknown;
            return seen.faults > 0 && !(certain && seen.written > 0);
        }
        match (&self.op, answer) {
            (Op::Get, Answer::Value(None)) if seen.flipped => true,
            (Op::Get | Op::GetWithToken, Answer::Value(value)) => {
                some(&|there| there.live().map(|entry| &entry.value) == value.as_ref())
            }
            (Op::HasKey, Answer::Said(said)) => some(&|there| live(there) == *said),
            (Op::Set(..) | Op::Delete, Answer::Done) => seen.written > 0,
            (Op::Add(..), Answer::Said(true)) => seen.written > 0,
            (Op::Add(..), Answer::Said(false)) => others(&live),
            (Op::Touch(_) | Op::Remove, Answer::Said(true)) => seen.written > 0 && some(&live),
            (Op::Touch(_) | Op::Remove, Answer::Said(false)) => others(&|there| !live(there)),
            (Op::Incr(_) | Op::Decr(_), Answer::Sum(sum)) => {
                seen.written == 1 && own(sum.to_string().as_bytes())
            }
            (Op::Incr(_) | Op::Decr(_), Answer::Failed(kind)) => {
                let reason = |there: &There| match (kind, there.live()) {
                    (K::NotFound, old) => old.is_none(),
                    (K::NotAnInteger, Some(old)) => old.number().is_none(),
                    (K::Overflow, Some(old)) => old.number().is_some_and(|n| self.overflows(n)),
                    _ => false,
                };
                seen.written == 0 && some(&reason)
            }
            (Op::Update(_), Answer::Value(Some(value))) => seen.written == 1 && own(value),
            (Op::Update(more), Answer::Value(None)) => {
                let long = |there: &There| {
                    appended(there.live().map(|entry| &*entry.value), more).is_none()
                };
                seen.written == 0 && some(&long)
            }
            (Op::CompareAndSet(_), Answer::Said(true)) => seen.written == 1,
            (Op::CompareAndSet(_), Answer::Said(false)) => {
                let other = |there: &There| {
                    let tag = there.entry.as_ref().map(|entry| &entry.tag);
                    tag.is_none_or(|tag| !seen.token.contains(tag) || seen.token.len() > 1)
                };
                seen.written == 0 && some(&other)
            }
            _ => false,
        }
    }

    fn overflows(&self, number: i64) -> bool {
        match self.op {
            Op::Incr(by) => number.checked_add(by).is_none(),
            Op::Decr(by) => number.checked_sub(by).is_none(),
            _ => false,
        }
    }

    /// For what may befall any request.
    fn may_fail(&self, kind: K) -> bool {
        let unknown = kind == K::OutcomeUnknown && (self.is_strict() || self.is_open());
        unknown
            || matches!(
                kind,
                K::ConnectionLost | K::ServerError | K::Throttled | K::NotS3 | K::Unreachable
            )
    }

    fn is_open(&self) -> bool {
        matches!(self.op, Op::Add(..) | Op::Touch(_) | Op::Remove)
    }
}
