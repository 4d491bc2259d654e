//! What a cache promises, for one key and one write after another: what there
//! is, and what each call may make of it.

use s3cache::ErrorKind as K;

use super::op::{Call, Life, Op, Outcome};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) value: String,
    pub(crate) life: Life,
    /// The call that wrote it, and which of the key's writes it was.
    pub(crate) by: usize,
    pub(crate) number: usize,
    /// The calls it builds on, itself included, back to one that carries no
    /// ids of writes before it.
    pub(crate) behind: Vec<usize>,
}

/// What there is, and between which moments.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) since: u64,
    pub(crate) until: u64,
    pub(crate) there: Option<Entry>,
}

/// What a call makes of an entry, where it makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Stored(String, Life),
    Deleted,
}

impl State {
    pub(crate) fn live(&self) -> Option<&Entry> {
        let there = self.there.as_ref();
        there.filter(|entry| entry.life != Life::Over)
    }

    /// Whether what is there was made of what this call wrote.
    pub(crate) fn builds_on(&self, call: usize) -> bool {
        let there = self.there.as_ref();
        there.is_some_and(|entry| entry.behind.contains(&call))
    }

    /// The sequential specification: what a call answers that finds this, and
    /// what it changes. `tokens`: which writes its token may stand for.
    pub(crate) fn apply(&self, op: &Op, tokens: &[usize]) -> (Outcome, Option<Change>) {
        let found = self.live();
        let value = found.map(|entry| entry.value.as_str());
        let stored = |value: &str, life| Some(Change::Stored(value.to_owned(), life));
        match op {
            Op::Get | Op::GetWithToken => (Outcome::Value(value.map(str::to_owned)), None),
            Op::HasKey => (Outcome::Said(found.is_some()), None),
            Op::Ttl => (Outcome::Left(found.map(|entry| entry.life)), None),
            Op::Set(value, life) => (Outcome::Done, stored(value, *life)),
            Op::Delete | Op::Clear => (Outcome::Done, Some(Change::Deleted)),
            Op::RemoveExpired => {
                let expired = self.there.is_some() && found.is_none();
                (Outcome::Done, expired.then_some(Change::Deleted))
            }
            Op::Remove => (
                Outcome::Said(found.is_some()),
                found.map(|_| Change::Deleted),
            ),
            Op::Add(new, life) => match found {
                Some(_) => (Outcome::Said(false), None),
                None => (Outcome::Said(true), stored(new, *life)),
            },
            Op::GetOrSet(new, life) => match value {
                Some(value) => (Outcome::Value(Some(value.to_owned())), None),
                None => (Outcome::Value(Some(new.clone())), stored(new, *life)),
            },
            Op::Touch(life) => match value {
                Some(value) => (Outcome::Said(true), stored(value, *life)),
                None => (Outcome::Said(false), None),
            },
            Op::Incr(by) => count(found, |number| number.checked_add(*by)),
            Op::Decr(by) => count(found, |number| number.checked_sub(*by)),
            Op::Update(..) if found.is_none() => (Outcome::Value(None), None),
            Op::Append(more, life) | Op::Update(more, life) => {
                let new = format!("{}{more}", value.unwrap_or_default());
                (Outcome::Value(Some(new.clone())), stored(&new, *life))
            }
            Op::CompareAndSet(new, life) => match &self.there {
                Some(entry) if tokens.contains(&entry.number) => {
                    (Outcome::Said(true), stored(new, *life))
                }
                _ => (Outcome::Said(false), None),
            },
        }
    }
}

fn count(found: Option<&Entry>, change: impl Fn(i64) -> Option<i64>) -> (Outcome, Option<Change>) {
    let Some(Entry { value, life, .. }) = found else {
        return (Outcome::Error(K::NotFound), None);
    };
    let Ok(number) = value.parse() else {
        return (Outcome::Error(K::NotAnInteger), None);
    };
    match change(number) {
        None => (Outcome::Error(K::Overflow), None),
        Some(sum) => (
            Outcome::Sum(sum),
            Some(Change::Stored(sum.to_string(), *life)),
        ),
    }
}

impl Call {
    /// Whether it failed, and not by what there was.
    pub(crate) fn failure(&self) -> Option<K> {
        match self.outcome {
            Outcome::Error(K::NotFound | K::NotAnInteger | K::Overflow) => None,
            Outcome::Error(kind) => Some(kind),
            _ => None,
        }
    }

    /// Whether its error leaves open what it did. An atomic call owes its
    /// caller a clear word, and where S3 refused or was not asked, there is one.
    pub(crate) fn may_have_written(&self) -> bool {
        match self.failure() {
            None => true,
            Some(_) if self.many => true,
            Some(kind) if self.op.is_plain() => !matches!(
                kind,
                K::Throttled | K::Refused | K::AccessDenied | K::Unavailable | K::Unreachable
            ),
            Some(kind) => kind == K::OutcomeUnknown,
        }
    }
}
