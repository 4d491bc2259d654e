//! How the server misbehaves. All are off at first, may be set at any time,
//! and take effect with the next request. Those that count requests count the
//! library's only: raw access by the test is never disturbed.

use std::sync::{Mutex, MutexGuard};

use super::requests::Kind;

/// What the embedded engine does with the conditions of a PUT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conditions {
    /// As AWS does, and atomically.
    #[default]
    Honoured,
    /// Answers 200 and overwrites, as Garage 2.5 does.
    Ignored,
    /// 501 `NotImplemented`.
    Refused,
    /// Honoured, but an `ETag` in quotes equals none, as on Ceph RGW 16.
    WithoutQuotes,
    /// `If-None-Match` is honoured, `If-Match` finds no `ETag` equal.
    NeverEqual,
}

#[derive(Debug)]
pub struct Switches(Mutex<State>);

#[derive(Debug)]
struct State {
    conditions: Conditions,
    drain: bool,
    cut_kinds: Vec<Kind>,
    denied: Vec<Kind>,
    cut: usize,
    dice: Option<Dice>,
    close: usize,
    stall: usize,
}

/// What happens to one request. It is decided as the request comes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    #[default]
    Answered,
    /// It is read, and then nothing.
    Stalled,
    /// It is refused with 403 `AccessDenied`.
    Denied,
    /// It is carried out, and the connection closed before the reply.
    Cut,
    /// It is answered, and then the connection closed unannounced.
    Closed,
}

impl Default for Switches {
    fn default() -> Self {
        Self(Mutex::new(State {
            conditions: Conditions::Honoured,
            drain: true,
            cut_kinds: Vec::new(),
            denied: Vec::new(),
            cut: 0,
            dice: None,
            close: 0,
            stall: 0,
        }))
    }
}

impl Switches {
    /// What becomes of conditions. Embedded engine only.
    pub fn set_conditions(&self, conditions: Conditions) {
        self.lock().conditions = conditions;
    }

    /// Whether a body is read to its end before the engine has the request.
    /// If not, a conditional PUT that fails is answered, and its connection
    /// closed, while the client still sends. Embedded engine only.
    pub fn set_drain(&self, drain: bool) {
        self.lock().drain = drain;
    }

    /// The next so many requests are carried out, and never answered: the
    /// connection is closed instead. Replaces what was set before.
    pub fn cut_next_replies(&self, count: usize) {
        self.cut_next(&Kind::ALL, count);
    }

    /// The same for the next PUTs, conditional or not; other requests pass.
    pub fn cut_next_puts(&self, count: usize) {
        self.cut_next(&[Kind::Put, Kind::ConditionalPut], count);
    }

    /// The same for the next requests of these kinds.
    pub fn cut_next(&self, kinds: &[Kind], count: usize) {
        let mut state = self.lock();
        state.cut_kinds = kinds.to_vec();
        state.cut = count;
    }

    /// The same for so many in a hundred requests of these kinds, by a
    /// generator that starts at `seed`. 0 turns it off.
    pub fn cut_at_random(&self, kinds: &[Kind], percent: u64, seed: u64) {
        self.lock().dice = (percent > 0).then(|| Dice {
            kinds: kinds.to_vec(),
            percent,
            state: seed,
        });
    }

    /// What the key has no right to: requests of these kinds.
    pub fn deny(&self, kinds: &[Kind]) {
        self.lock().denied = kinds.to_vec();
    }

    /// After each of the next so many replies the connection is closed, which
    /// the reply does not announce: the client's pool keeps a dead connection.
    pub fn close_after_next(&self, count: usize) {
        self.lock().close = count;
    }

    /// The next so many requests are read, not carried out, and not answered.
    pub fn stall_next(&self, count: usize) {
        self.lock().stall = count;
    }

    pub fn conditions(&self) -> Conditions {
        self.lock().conditions
    }

    pub fn drain(&self) -> bool {
        self.lock().drain
    }

    /// The fate of a request of the library's that has just come in.
    pub fn decide(&self, kind: Kind) -> Fate {
        let mut state = self.lock();
        if take(&mut state.stall) {
            return Fate::Stalled;
        }
        if state.denied.contains(&kind) {
            return Fate::Denied;
        }
        let unlucky = state.dice.as_mut().is_some_and(|dice| dice.roll(kind));
        if unlucky || state.cut_kinds.contains(&kind) && take(&mut state.cut) {
            return Fate::Cut;
        }
        if take(&mut state.close) {
            return Fate::Closed;
        }
        Fate::Answered
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

fn take(left: &mut usize) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

#[derive(Debug)]
struct Dice {
    kinds: Vec<Kind>,
    percent: u64,
    state: u64,
}

impl Dice {
    /// `SplitMix64`.
    fn roll(&mut self, kind: Kind) -> bool {
        if !self.kinds.contains(&kind) {
            return false;
        }
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % 100 < self.percent
    }
}
