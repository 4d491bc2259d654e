//! One client's calls on the cache, and what it hears.

use std::ops::Range;
use std::time::Duration;

use s3cache::{Cache, Result, Timeout, Token, Ttl};

use super::op::{Call, Life, Op, Outcome, Step};
use super::server::Server;

/// What `Life::Long` is.
const LONG: Duration = Duration::from_secs(3600);
/// And what may be left of it.
const LEFT: Range<Duration> = Duration::from_secs(3000)..Duration::from_secs(3601);

/// The token that was got last, and the moment of that call.
type Tokens = Vec<Option<(u64, Token)>>;

pub(crate) fn key(number: usize) -> String {
    format!("key {number}")
}

pub(crate) fn perform(server: &Server, cache: &Cache, client: usize, part: &[Step]) -> Vec<Call> {
    let mut tokens: Tokens = vec![None; 8];
    let mut calls = Vec::new();
    for step in part {
        let first = step.keys[0];
        let used = match (&step.ops[0], &tokens[first]) {
            // It got none, as there was nothing.
            (Op::CompareAndSet(..), None) => continue,
            (Op::CompareAndSet(..), Some((call, _))) => Some(*call),
            _ => None,
        };
        let clone = step.anew.then(|| cache.clone());
        let cache = clone.as_ref().unwrap_or(cache);
        let hidden = cache.stats().hidden_errors;
        let invoked = server.begin(client);
        let heard = if step.is_many() {
            carry_out_many(cache, step)
        } else {
            let token = &mut tokens[first];
            carry_out(cache, &key(first), &step.ops[0], invoked, token).map(|heard| vec![heard])
        };
        let returned = server.end(client);
        let mut outcomes =
            heard.unwrap_or_else(|error| vec![Outcome::Error(error.kind()); step.keys.len()]);
        if cache.stats().hidden_errors > hidden {
            let kind = cache.last_error().unwrap().kind();
            for (op, outcome) in step.ops.iter().zip(&mut outcomes) {
                *outcome = match &*outcome {
                    // Another of its keys is what was hidden, or came before.
                    Outcome::Value(Some(_)) | Outcome::Error(_) if step.is_many() => continue,
                    shown if is_a_miss(op, shown) => Outcome::Error(kind),
                    shown => Outcome::Wrong(format!("{shown:?} in place of {kind:?}")),
                };
            }
        }
        for ((key, op), outcome) in step.keys.iter().zip(&step.ops).zip(outcomes) {
            calls.push(Call {
                client,
                key: *key,
                op: op.clone(),
                many: step.is_many(),
                token: used,
                invoked,
                returned,
                outcome,
                met: Vec::new(),
            });
        }
    }
    calls
}

/// What a cache may say that goes on without S3.
fn is_a_miss(op: &Op, shown: &Outcome) -> bool {
    match (op, shown) {
        (Op::GetOrSet(own, _), Outcome::Value(Some(value))) => value == own,
        (Op::Append(more, _) | Op::Update(more, _), Outcome::Value(Some(value))) => {
            value.ends_with(more)
        }
        (Op::Get | Op::GetWithToken | Op::Update(..), Outcome::Value(None))
        | (
            Op::HasKey | Op::Add(..) | Op::Remove | Op::Touch(_) | Op::CompareAndSet(..),
            Outcome::Said(false),
        )
        | (Op::Ttl, Outcome::Left(None))
        | (Op::Set(..) | Op::Delete, Outcome::Done)
        | (Op::Incr(_) | Op::Decr(_), Outcome::Error(s3cache::ErrorKind::NotFound)) => true,
        _ => false,
    }
}

fn timeout(life: Life) -> Timeout {
    match life {
        Life::Never => Timeout::Never,
        Life::Long => LONG.into(),
        Life::Over => Duration::ZERO.into(),
    }
}

fn text(value: Option<Vec<u8>>) -> Outcome {
    Outcome::Value(value.map(|value| String::from_utf8(value).unwrap()))
}

fn carry_out(
    cache: &Cache,
    key: &str,
    op: &Op,
    invoked: u64,
    token: &mut Option<(u64, Token)>,
) -> Result<Outcome> {
    let append = |value: Option<&[u8]>, more: &str| {
        Some([value.unwrap_or_default(), more.as_bytes()].concat())
    };
    Ok(match op {
        Op::Get => text(cache.get(key)?),
        Op::GetWithToken => {
            let (value, new) = cache.get_with_token(key)?.unzip();
            *token = new.map(|new| (invoked, new));
            text(value)
        }
        Op::HasKey => Outcome::Said(cache.has_key(key)?),
        Op::Ttl => match cache.ttl(key)? {
            None => Outcome::Left(None),
            Some(Ttl::Never) => Outcome::Left(Some(Life::Never)),
            Some(Ttl::Left(left)) if LEFT.contains(&left) => Outcome::Left(Some(Life::Long)),
            Some(Ttl::Left(left)) => Outcome::Wrong(format!("{left:?} left")),
        },
        Op::Set(value, life) => {
            cache.set(key, value, timeout(*life))?;
            Outcome::Done
        }
        Op::Add(value, life) => Outcome::Said(cache.add(key, value, timeout(*life))?),
        Op::Delete => {
            cache.delete(key)?;
            Outcome::Done
        }
        Op::Remove => Outcome::Said(cache.remove(key)?),
        Op::Touch(life) => Outcome::Said(cache.touch(key, timeout(*life))?),
        Op::Incr(by) => Outcome::Sum(cache.incr(key, *by)?),
        Op::Decr(by) => Outcome::Sum(cache.decr(key, *by)?),
        Op::Append(more, life) => {
            text(cache.update(key, timeout(*life), |value| append(value, more))?)
        }
        Op::Update(more, life) => text(cache.update(key, timeout(*life), |value| {
            value.and_then(|value| append(Some(value), more))
        })?),
        Op::CompareAndSet(value, life) => {
            let (_, token) = token.as_ref().unwrap();
            Outcome::Said(cache.compare_and_set(key, token, value, timeout(*life))?)
        }
        Op::GetOrSet(value, life) => {
            let compute = || value.as_str();
            text(Some(cache.get_or_set(key, timeout(*life), compute)?))
        }
        Op::Clear | Op::RemoveExpired => unreachable!("of several keys"),
    })
}

fn carry_out_many(cache: &Cache, step: &Step) -> Result<Vec<Outcome>> {
    let keys: Vec<String> = step.keys.iter().map(|number| key(*number)).collect();
    let all = |outcome| Ok(vec![outcome; keys.len()]);
    let removed = match &step.ops[0] {
        Op::Get => {
            let values = cache.get_many(keys.iter().map(String::as_str))?;
            return Ok(values.into_iter().map(text).collect());
        }
        Op::Set(_, life) => {
            let pair = |(key, op)| match op {
                Op::Set(value, _) => (key, value),
                other => unreachable!("{other:?}"),
            };
            let pairs = keys.iter().map(String::as_str).zip(step.ops.clone());
            cache.set_many(pairs.map(pair), timeout(*life))?;
            return all(Outcome::Done);
        }
        Op::Delete => {
            cache.delete_many(keys.iter().map(String::as_str))?;
            return all(Outcome::Done);
        }
        Op::Clear => cache.clear()?,
        Op::RemoveExpired => cache.remove_expired()?,
        other => unreachable!("{other:?}"),
    };
    let failed: u64 = removed.failed.iter().map(|failed| failed.count).sum();
    if removed.count + failed > keys.len() as u64 {
        return all(Outcome::Wrong(format!(
            "{removed:?} of {} keys",
            keys.len()
        )));
    }
    match removed.failed.first() {
        None => all(Outcome::Removed(removed.count)),
        // Which of them it was is not told.
        Some(_) => all(Outcome::Error(s3cache::ErrorKind::AccessDenied)),
    }
}
