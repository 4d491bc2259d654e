//! Whether what racing clients heard of one key has an explanation.
//!
//! The server tells which of its writes each call made and when; so the calls
//! need no order to be searched for, and what is checked is exact. Each write
//! must be what its call promises to make of what was there at that moment;
//! and each answer must be that of a write of the call's own, or, where it
//! changed nothing, have been true at a moment between its invocation and its
//! return. An error must come of a fault, and say no less than is known.
//!
//! The promise is looser where requests or replies were lost:
//!
//! - `set` and `delete` take effect once for each arrival, however late; a
//!   `set` only where nobody has built on what arrived in time.
//! - An `add` whose reply was lost finds itself again in what other atomic
//!   writes made of it, but not behind a plain `set` or a `delete`. So over
//!   these it may take effect once more, or answer `false` although its value
//!   was there for a moment; and what arrives late may find the key deleted.
//! - A `touch` likewise repeats itself on what others put there.
//! - To both, an `add` over an expired entry is as a `set`: it has read no
//!   more than the header, and carries no ids of earlier writes.
//! - `get_or_set` stores as an `add` does. Where another value was first and
//!   is gone when it looks, it returns its own, which is stored nowhere.
//!
//! `incr`, `decr`, `update`, `compare_and_set` and `remove` have no such
//! looseness, but for one: where a proxy passes a write on twice. If only the
//! second answer comes back, a refusal, and more goes wrong or others write
//! meanwhile, the call need not find out: it may take effect again, or say that
//! it did not. And where the second arrival brings a deleted entry back, so may
//! all calls for that key, since nothing tells that entry from its first life.

use s3cache::ErrorKind as K;

use super::entries::{Change, Entry, State};
use super::fate::Fate;
use super::op::{Call, Op, Outcome};
use super::plan::Setup;
use super::state::{Arrival, Event};

type Verdict = Result<(), String>;

/// Of one key, which is not there at first.
#[derive(Debug)]
pub(crate) struct Story<'a> {
    setup: &'a Setup,
    calls: &'a [Call],
    /// In their order.
    events: &'a [Event],
    states: Vec<State>,
    /// A proxy has brought an entry back.
    revived: bool,
}

impl<'a> Story<'a> {
    pub(crate) fn explain(setup: &'a Setup, calls: &'a [Call], events: &'a [Event]) -> Verdict {
        let mut story = Self {
            setup,
            calls,
            events,
            states: vec![State {
                since: 0,
                until: u64::MAX,
                there: None,
            }],
            revived: events.iter().any(|event| event.again && event.put),
        };
        for (number, event) in events.iter().enumerate() {
            story
                .follow(number, event)
                .map_err(|why| format!("moment {}: {why}", event.moment))?;
        }
        for (i, call) in calls.iter().enumerate() {
            let answered = story.explain_answer(i, call);
            answered.map_err(|why| format!("call of moment {}: {why}", call.invoked))?;
        }
        Ok(())
    }

    /// One write, in its turn.
    fn follow(&mut self, number: usize, event: &Event) -> Verdict {
        let by = self.calls.iter().position(|c| c.invoked == event.call);
        let Some(by) = by else {
            return Err("nobody who called for this key wrote that".into());
        };
        let call = &self.calls[by];
        let before = self.states.last().unwrap();
        let (answer, change) = before.apply(&call.op, &self.tokens(call));
        let Some(change) = change.filter(|change| *change == Change::Deleted || event.put) else {
            return Err(format!("{:?} had no business to write", call.op));
        };
        // A second arrival may find that nothing stands against it any more.
        // And `get_or_set` goes on to look at what others have put over its own.
        let clear = !matches!(call.op, Op::GetOrSet(..)) && !event.again && !self.is_loose(call);
        if clear && !call.may_have_written() {
            return Err(format!("{:?} said {:?}", call.op, call.outcome));
        }
        let earlier: Vec<_> = self.events[..number]
            .iter()
            .filter(|earlier| earlier.call == event.call)
            .collect();
        let on_time = |event: &Event| event.arrival != Arrival::Late;
        let undone = before.builds_on(by) && on_time(event) && earlier.iter().all(|e| on_time(e));
        if matches!(call.op, Op::Set(..)) && undone {
            return Err("a set undoes what was built on it".into());
        }
        if !call.op.is_plain() {
            let heard = earlier.iter().any(|e| e.arrival == Arrival::Heard);
            let twice = if call.op.is_strict() {
                !earlier.is_empty()
            } else {
                before.builds_on(by) || heard && on_time(event)
            } && !self.is_loose(call);
            if twice {
                return Err(format!("{:?} takes effect again", call.op));
            }
            if event.arrival == Arrival::Heard && !call.many && answer != call.outcome {
                return Err(format!(
                    "{:?} was to answer {answer:?}, and did {:?}",
                    call.op, call.outcome
                ));
            }
            // What comes as late as this may only put back what was deleted.
            let open = call.failure() == Some(K::OutcomeUnknown);
            let brought_back = before.there.is_none()
                && (matches!(call.op, Op::Add(..) | Op::GetOrSet(..)) || self.is_loose(call));
            if event.moment > call.returned && !open && !brought_back {
                return Err(format!("{:?} took effect after its end", call.op));
            }
        }
        let there = match change {
            Change::Deleted => None,
            Change::Stored(value, life) => {
                let anew = matches!(call.op, Op::Set(..) | Op::Add(..) | Op::GetOrSet(..));
                let kept = before.there.as_ref().filter(|_| !anew);
                let mut behind = kept.map_or_else(Vec::new, |entry| entry.behind.clone());
                behind.push(by);
                Some(Entry {
                    value,
                    life,
                    by,
                    number,
                    behind,
                })
            }
        };
        self.states.last_mut().unwrap().until = event.moment;
        self.states.push(State {
            since: event.moment,
            until: u64::MAX,
            there,
        });
        Ok(())
    }

    /// The writes that a call's token may stand for.
    fn tokens(&self, call: &Call) -> Vec<usize> {
        let got = self.calls.iter().find(|c| Some(c.invoked) == call.token);
        let Some(got) = got else {
            return Vec::new();
        };
        let read = self.seen_by(got);
        let read = read.filter(|state| state.apply(&got.op, &[]).0 == got.outcome);
        let read: Vec<&Entry> = read.filter_map(State::live).collect();
        let stands = |entry: &&Entry| {
            let same =
                |read: &&&Entry| read.number == entry.number || self.revived && read.by == entry.by;
            read.iter().any(|read| same(&read))
        };
        let all = self.states.iter().filter_map(|state| state.there.as_ref());
        all.filter(stands).map(|entry| entry.number).collect()
    }

    /// What there was while the call was under way.
    fn seen_by(&self, call: &Call) -> impl Iterator<Item = &State> {
        let (invoked, returned) = (call.invoked, call.returned);
        let seen = move |state: &&State| state.since < returned && state.until > invoked;
        self.states.iter().filter(seen)
    }

    fn is_loose(&self, call: &Call) -> bool {
        let meanwhile = |event: &Event| {
            event.call != call.invoked && (call.invoked..call.returned).contains(&event.moment)
        };
        let twice = call.met.contains(&Fate::TwiceTold);
        // Where that is all that happened, a look tells.
        let disturbed = call.met.len() > 1 || self.events.iter().any(meanwhile);
        self.revived || twice && disturbed
    }

    fn explain_answer(&self, i: usize, call: &Call) -> Verdict {
        if let Some(kind) = call.failure() {
            return self.explain_error(i, call, kind);
        }
        let tokens = self.tokens(call);
        let own: Vec<_> = self.events.iter().filter(in_time(call)).collect();
        // A write of its own, and the answer that goes with it.
        let wrote = own.iter().any(|event| {
            let at = self.states.iter().position(|s| s.until == event.moment);
            at.is_some_and(|at| self.states[at].apply(&call.op, &tokens).0 == call.outcome)
        });
        if wrote {
            return Ok(());
        }
        let cleared = matches!(call.outcome, Outcome::Removed(_));
        if cleared && !own.is_empty() {
            return Ok(());
        }
        if call.op.is_strict() && !own.is_empty() && !self.is_loose(call) {
            return Err(format!("{:?}, and it did write", call.outcome));
        }
        // What it found after its last write, if that was buried.
        let last = own.last().map_or(0, |event| event.moment);
        let mut found = self.seen_by(call).filter(|state| state.since >= last);
        let explained = match &call.op {
            Op::Clear => found.any(|state| state.there.is_none()),
            // It goes by what a listing says, so only what is there all along is sure to go.
            Op::RemoveExpired => {
                let seen: Vec<_> = found.collect();
                seen.len() > 1 || seen[0].there.is_none() || seen[0].live().is_some()
            }
            Op::GetOrSet(own, _) if call.outcome == Outcome::Value(Some(own.clone())) => {
                // Nothing, then another value, then nothing again.
                let found: Vec<_> = found.map(|state| state.live().is_some()).collect();
                let first = found.iter().position(|live| !live);
                let rest = first.map_or(&[][..], |first| &found[first..]);
                let other = rest.iter().position(|live| *live);
                other.is_some_and(|other| rest[other..].contains(&false))
            }
            _ => found.any(|state| {
                let (answer, change) = state.apply(&call.op, &tokens);
                let own = state.builds_on(i) && !self.is_loose(call);
                answer == call.outcome && change.is_none() && !own
            }),
        };
        if explained {
            Ok(())
        } else {
            Err(format!("{:?} was never true", call.outcome))
        }
    }

    fn explain_error(&self, i: usize, call: &Call, kind: K) -> Verdict {
        let refused = kind == K::Unavailable && self.setup.breaker.is_some();
        if call.met.is_empty() && !refused {
            return Err(format!("{kind:?} for no reason"));
        }
        let told = match kind {
            K::Refused => call.met.contains(&Fate::Undecided),
            // The client's word for what S3 left undone of several.
            K::AccessDenied => call.many,
            K::OutcomeUnknown => !call.op.is_read(),
            K::Unreachable | K::Throttled | K::ServerError | K::ConnectionLost | K::NotS3 => true,
            _ => refused,
        };
        if !told {
            return Err(format!("{kind:?} after {:?}", call.met));
        }
        if matches!(call.op, Op::GetOrSet(..)) && kind != K::OutcomeUnknown && !self.is_loose(call)
        {
            let mut own = self.events.iter().rev().filter(in_time(call));
            let last = own.next().map_or(0, |event| event.moment);
            let mut then = self.seen_by(call).filter(|state| state.since >= last);
            if last > 0 && !then.any(|state| !state.builds_on(i)) {
                return Err(format!("{kind:?}, and its value is there"));
            }
        }
        if self.setup.breaker.is_some() {
            return Ok(());
        }
        let retried = call.op.is_read() || matches!(call.op, Op::Set(..) | Op::Delete);
        let may_pass = call.met.iter().all(|fate| fate.may_pass());
        if retried && may_pass && call.met.len() <= self.setup.retries as usize {
            return Err(format!("{kind:?}, where another try would have helped"));
        }
        // One lost reply, nobody else there, and something to build on. (What a
        // token stands for may be gone by then, and others' writes in its place.)
        let own = |entry: &Entry| self.calls[entry.by].invoked == call.invoked;
        let alone = self.seen_by(call).all(|state| {
            let there = state.there.as_ref();
            there.is_some_and(|entry| state.since < call.invoked || own(entry))
        });
        let builds_on_that = !call.op.is_plain() && !matches!(call.op, Op::CompareAndSet(..));
        if kind == K::OutcomeUnknown && alone && builds_on_that && call.met.len() == 1 {
            return Err("what is there would have told".into());
        }
        Ok(())
    }
}

/// The writes of this call's own, before it returned.
fn in_time(call: &Call) -> impl Fn(&&Event) -> bool {
    let (invoked, returned) = (call.invoked, call.returned);
    move |event| event.call == invoked && event.moment < returned
}
