//! The keys to sign with, from wherever they come: asked for when they are
//! first needed, again before they expire, and once more where S3 says that
//! they have. Clones of a client share them, and one asks for all.
//!
//! In: the source that the options name. Out: keys, or why there are none. A
//! secret never gets into an error. What is asked here of others is no request
//! of S3's, and is not counted as such.

mod chain;
mod container;
mod held;
mod http;
mod json;
mod machine;
mod shared;
mod trouble;
mod web;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use self::held::Held;
use self::trouble::broken;
use crate::allowance;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::settings::{Links, Source};

/// Hands out the keys.
#[derive(Clone)]
pub(super) struct Keyring(Arc<Shared>);

struct Shared {
    source: Source,
    links: Links,
    state: Mutex<State>,
    /// Somebody has asked the source.
    asked: Condvar,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// How often the source has answered.
    answers: u64,
    /// The last answer, if it was none.
    failure: Option<Error>,
    /// Who is asking the source.
    asker: Option<ThreadId>,
}

/// Keys, and where they were, in words.
struct Found {
    keys: Credentials,
    origin: String,
}

/// What a place says that may have keys.
enum Outcome {
    Found(Found),
    /// There is nothing there, in words.
    Nothing(String),
}

impl Keyring {
    pub(super) fn new(source: Source, links: &Links) -> Self {
        Self(Arc::new(Shared {
            source,
            links: links.clone(),
            state: Mutex::default(),
            asked: Condvar::new(),
        }))
    }

    /// The keys to sign with at this moment; `None`: sign nothing.
    pub(super) fn current(&self, now: i64) -> Result<Option<Arc<Credentials>>> {
        if matches!(self.0.source, Source::Anonymous) {
            return Ok(None);
        }
        let mut state = self.0.lock();
        if let Some(held) = &state.held {
            // Somebody may be asking already: no need to wait for that.
            let others = state.asker.is_some() && held.is_valid(now);
            if !held.is_due(now) || others {
                return Ok(Some(Arc::clone(&held.keys)));
            }
        }
        state = self.0.ask_once(state, false, now)?;
        match (&state.held, &state.failure) {
            (Some(held), failure) if failure.is_none() || held.is_valid(now) => {
                Ok(Some(Arc::clone(&held.keys)))
            }
            (_, Some(failure)) => Err(failure.clone()),
            // An answer is one or the other.
            (_, None) => Ok(None),
        }
    }

    /// S3 refuses these as expired: others, if there are any by now.
    pub(super) fn renew(
        &self,
        refused: &Arc<Credentials>,
        now: i64,
    ) -> Result<Option<Arc<Credentials>>> {
        if matches!(self.0.source, Source::Anonymous | Source::Given(_)) {
            return Ok(None);
        }
        let mut state = self.0.lock();
        if let Some(held) = &state.held {
            if !held.keys.sign_like(refused) {
                return Ok(Some(Arc::clone(&held.keys)));
            }
            if !held.may_be_renewed(now) {
                return Ok(None);
            }
        }
        state = self.0.ask_once(state, true, now)?;
        if let Some(failure) = &state.failure {
            return Err(failure.clone());
        }
        let Some(held) = &mut state.held else {
            return Ok(None);
        };
        if held.keys.sign_like(refused) {
            held.refuse(now);
            return Ok(None);
        }
        Ok(Some(Arc::clone(&held.keys)))
    }

    /// Where the keys come from, in words.
    pub(super) fn origin(&self) -> String {
        match (&self.0.source, &self.0.lock().held) {
            (Source::Anonymous, _) => "none: requests are not signed".into(),
            (_, Some(held)) => held.origin.as_ref().into(),
            (_, None) => "not asked for yet".into(),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Poisoned or not, what is there was written in one piece.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the source, or waits for whoever is asking: that answer is for all
    /// who wait. An error is this caller's alone: its time is over.
    fn ask_once<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        hurried: bool,
        now: i64,
    ) -> Result<MutexGuard<'a, State>> {
        let answers = state.answers;
        while let Some(asker) = state.asker {
            if asker == thread::current().id() {
                let why = "it uses the cache that asks it for the keys to do so";
                return Err(broken("credentials_with", why));
            }
            let limit = allowance::left().unwrap_or(A_WHILE);
            if limit.is_zero() {
                return Err(hasty());
            }
            let waited = self.asked.wait_timeout(state, limit.min(A_WHILE));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.answers != answers {
                return Ok(state);
            }
        }
        state.asker = Some(thread::current().id());
        let before = state.held.is_some();
        drop(state);
        let asking = Asking(self);
        let found = self.ask(before);
        let mut state = self.lock();
        drop(asking);
        state.asker = None;
        self.asked.notify_all();
        match found {
            Ok(found) => {
                let held = Held::new(found, state.held.as_ref(), hurried, now);
                state.held = Some(held);
                state.failure = None;
            }
            // Others may have more time.
            Err(_) if allowance::is_over() => return Err(hasty()),
            Err(error) => {
                if let Some(held) = &mut state.held {
                    held.put_off(now);
                }
                state.failure = Some(error);
            }
        }
        state.answers += 1;
        Ok(state)
    }

    fn ask(&self, before: bool) -> Result<Found> {
        let found = |keys, origin: &str| Found {
            keys,
            origin: origin.to_owned(),
        };
        match &self.source {
            Source::Anonymous => Err(broken("nowhere", "nothing is to be signed")),
            Source::Given(keys) => Ok(found(keys.clone(), "the options access_key and secret_key")),
            Source::Hook(get) => {
                let origin = "credentials_with";
                let keys = allowance::uncounted(|| get());
                let keys = keys.map_err(|e| broken(origin, "it failed").with_source(e))?;
                let keys = keys.usable().map_err(|why| broken(origin, why))?;
                Ok(found(keys, origin))
            }
            Source::Chain {
                environment,
                profile,
                region,
            } => {
                let env = |name: &str| environment(name).filter(|value| !value.is_empty());
                chain::find(&env, profile.as_deref(), region, &self.links, before)
            }
        }
    }
}

/// If a hook panics, another may ask.
struct Asking<'a>(&'a Shared);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().asker = None;
            self.0.asked.notify_all();
        }
    }
}

/// Between two looks at whether there is an answer.
const A_WHILE: Duration = Duration::from_secs(1);

fn hasty() -> Error {
    let what = "the call's time was over before there were keys to sign with";
    Error::new(ErrorKind::TimedOut, what).with_remedy("the option deadline sets the limit")
}

#[cfg(test)]
mod tests;
