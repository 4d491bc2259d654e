//! What the call that this thread is making may still take: time and tries,
//! for all its requests together. Whoever waits or tries again, asks here.
//!
//! Kept by thread and not in a handle: a pooled connection serves whatever
//! thread has it, and bounds its own waits.

use std::cell::Cell;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

thread_local! {
    static NOW: Cell<State> = const { Cell::new(State { group: Group::None, call: None }) };
}

#[derive(Clone, Copy, Debug)]
struct State {
    group: Group,
    call: Option<Call>,
}

/// What `with_deadline` says, if one is around.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Group {
    None,
    Until(Instant),
    Endless,
}

#[derive(Clone, Copy, Debug)]
struct Call {
    end: Option<Instant>,
    /// By the option `deadline`, not by somebody who is in a hurry.
    own: bool,
    tries: u32,
    pause: Duration,
}

impl Group {
    fn end(self) -> Option<Instant> {
        match self {
            Self::Until(end) => Some(end),
            Self::None | Self::Endless => None,
        }
    }
}

/// While it lives, the allowance holds; then the one before it does again.
#[derive(Debug)]
#[must_use]
pub(crate) struct Allowance {
    restores: Option<State>,
    /// It belongs to its thread.
    _thread: PhantomData<*const ()>,
}

/// Of the first pause, and of any.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

impl Allowance {
    /// The calls made under it share a limit, in place of their own each.
    pub(crate) fn for_group(limit: Duration) -> Self {
        let before = NOW.get();
        // A limit beyond the clock's range is none.
        let end = Instant::now().checked_add(limit);
        let around = [before.group.end(), before.call.and_then(|call| call.end)];
        let earliest = around.into_iter().chain([end]).flatten().min();
        Self::replacing(State {
            group: earliest.map_or(Group::Endless, Group::Until),
            call: None,
        })
    }

    /// For one call; a call that is part of another has no more than that.
    pub(crate) fn for_call(limit: Duration, tries: u32) -> Self {
        let State { group, call } = NOW.get();
        if call.is_some() {
            return Self {
                restores: None,
                _thread: PhantomData,
            };
        }
        Self::replacing(State {
            group,
            call: Some(Call {
                end: match group {
                    Group::None => Instant::now().checked_add(limit),
                    group => group.end(),
                },
                own: group == Group::None,
                tries,
                pause: FIRST,
            }),
        })
    }

    fn replacing(state: State) -> Self {
        Self {
            restores: Some(NOW.replace(state)),
            _thread: PhantomData,
        }
    }
}

impl Drop for Allowance {
    fn drop(&mut self) {
        if let Some(before) = self.restores {
            NOW.set(before);
        }
    }
}

/// Runs a function of the caller's in the middle of a call: it takes what it
/// takes, and calls it makes itself are others.
pub(crate) fn uncounted<T>(run: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let mut state = NOW.get();
    let outside = Allowance::replacing(State {
        call: None,
        ..state
    });
    let made = run();
    drop(outside);
    if let Some(call) = state.call.as_mut().filter(|call| call.own) {
        call.end = call.end.and_then(|end| end.checked_add(begun.elapsed()));
        NOW.set(state);
    }
    made
}

/// The time that is left. `None`: there is no limit. Zero: it is over.
pub(crate) fn left() -> Option<Duration> {
    let State { group, call } = NOW.get();
    let end = call.map_or(group.end(), |call| call.end)?;
    Some(end.saturating_duration_since(Instant::now()))
}

pub(crate) fn is_over() -> bool {
    left().is_some_and(|left| left.is_zero())
}

/// Whether so much is left, and more.
pub(crate) fn allows(pause: Duration) -> bool {
    left().is_none_or(|left| left > pause)
}

/// Whether the limit is the option's, as it is unless `with_deadline` set another.
pub(crate) fn is_own() -> bool {
    NOW.get().call.is_some_and(|call| call.own)
}

/// Takes one of the tries that are left, with the bound of the pause before it.
pub(crate) fn take_try() -> Option<Duration> {
    let mut state = NOW.get();
    let call = state.call.as_mut()?;
    call.tries = call.tries.checked_sub(1)?;
    let pause = call.pause;
    call.pause = (pause * 2).min(LONGEST);
    NOW.set(state);
    Some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn up_to_an_hour() -> bool {
        left().is_some_and(|left| left <= HOUR && left > HOUR / 2)
    }

    #[test]
    fn a_call_within_a_call_has_no_more_than_that() {
        assert_eq!(left(), None);
        {
            let _outer = Allowance::for_call(HOUR, 3);
            let _inner = Allowance::for_call(2 * HOUR, 9);
            assert!(up_to_an_hour() && is_own());
            std::thread::spawn(|| assert_eq!(left(), None))
                .join()
                .unwrap();
        }
        assert_eq!(left(), None);
        let over = Allowance::for_call(Duration::ZERO, 0);
        assert!(is_over() && !allows(Duration::ZERO));
        drop(over);
        let _endless = Allowance::for_call(Duration::MAX, 0);
        assert!(left().is_none() && allows(HOUR));
    }

    #[test]
    fn a_group_stands_in_for_the_limit_of_its_calls() {
        let _group = Allowance::for_group(HOUR);
        for longer in [Duration::ZERO, 2 * HOUR] {
            let _call = Allowance::for_call(longer, 0);
            assert!(up_to_an_hour() && !is_own());
        }
        {
            let _longer = Allowance::for_group(2 * HOUR);
            assert!(up_to_an_hour(), "not beyond the one around it");
        }
        std::thread::spawn(|| {
            let _endless = Allowance::for_group(Duration::MAX);
            let _call = Allowance::for_call(Duration::ZERO, 0);
            assert_eq!(left(), None);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn tries_are_for_the_whole_call() {
        assert_eq!(take_try(), None);
        let _call = Allowance::for_call(HOUR, 2);
        let inner = Allowance::for_call(HOUR, 9);
        assert_eq!(take_try(), Some(FIRST));
        assert_eq!(take_try(), Some(2 * FIRST));
        assert_eq!(take_try(), None);
        drop(inner);
        let _many = Allowance::for_group(HOUR);
        let _call = Allowance::for_call(HOUR, 100);
        assert!((0..100).all(|_| take_try().is_some_and(|pause| pause <= LONGEST)));
    }

    #[test]
    fn a_function_of_the_callers_takes_its_own_time() {
        let limit = Duration::from_millis(50);
        let _call = Allowance::for_call(limit, 1);
        uncounted(|| {
            assert_eq!(left(), None);
            let _another = Allowance::for_call(HOUR, 1);
            assert!(up_to_an_hour());
            std::thread::sleep(2 * limit);
        });
        assert!(!is_over());
        let caught = std::panic::catch_unwind(|| uncounted(|| panic!("of the caller's")));
        assert!(caught.is_err() && left().is_some());
    }
}
