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

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use self::held::Held;
use self::trouble::broken;
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::settings::{Links, Source};

/// Hands out the keys.
#[derive(Clone)]
pub(super) struct Keyring(Arc<Shared>);

struct Shared {
    source: Source,
    links: Links,
    state: Mutex<State>,
    /// Held by whoever is asking the source.
    asking: Mutex<()>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// How often the source has answered.
    answers: u64,
    /// The last answer, if it was none.
    failure: Option<Error>,
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
            asking: Mutex::default(),
        }))
    }

    /// The keys to sign with at this moment; `None`: sign nothing.
    pub(super) fn current(&self, now: i64) -> Result<Option<Arc<Credentials>>> {
        if matches!(self.0.source, Source::Anonymous) {
            return Ok(None);
        }
        let (held, answers) = self.0.seen();
        let asking = match held {
            Some(held) if !held.is_due(now) => return Ok(Some(held.keys)),
            // Somebody may be asking already: no need to wait for that.
            Some(held) if held.is_valid(now) => match self.0.asking.try_lock() {
                Ok(asking) => asking,
                Err(TryLockError::Poisoned(asking)) => asking.into_inner(),
                Err(TryLockError::WouldBlock) => return Ok(Some(held.keys)),
            },
            _ => lock(&self.0.asking),
        };
        self.0.ask_once(answers, false, now);
        drop(asking);
        let state = lock(&self.0.state);
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
        let (held, answers) = self.0.seen();
        if let Some(held) = held {
            if !held.keys.sign_like(refused) {
                return Ok(Some(held.keys));
            }
            if !held.may_be_renewed(now) {
                return Ok(None);
            }
        }
        let asking = lock(&self.0.asking);
        self.0.ask_once(answers, true, now);
        drop(asking);
        let mut state = lock(&self.0.state);
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
        match (&self.0.source, self.0.seen().0) {
            (Source::Anonymous, _) => "none: requests are not signed".into(),
            (_, Some(held)) => held.origin.as_ref().into(),
            (_, None) => "not asked for yet".into(),
        }
    }
}

impl Shared {
    fn seen(&self) -> (Option<Held>, u64) {
        let state = lock(&self.state);
        (state.held.clone(), state.answers)
    }

    /// Unless somebody has since `answers`: that answer is for all who waited.
    fn ask_once(&self, answers: u64, hurried: bool, now: i64) {
        if self.seen().1 != answers {
            return;
        }
        let found = self.ask();
        let mut state = lock(&self.state);
        state.answers += 1;
        match found {
            Ok(found) => {
                let held = Held::new(found, state.held.as_ref(), hurried, now);
                state.held = Some(held);
                state.failure = None;
            }
            Err(error) => {
                if let Some(held) = &mut state.held {
                    held.put_off(now);
                }
                state.failure = Some(error);
            }
        }
    }

    fn ask(&self) -> Result<Found> {
        let found = |keys, origin: &str| Found {
            keys,
            origin: origin.to_owned(),
        };
        match &self.source {
            Source::Anonymous => Err(broken("nowhere", "nothing is to be signed")),
            Source::Given(keys) => Ok(found(keys.clone(), "the options access_key and secret_key")),
            Source::Hook(get) => {
                let origin = "credentials_with";
                let keys = get().map_err(|e| broken(origin, "it failed").with_source(e))?;
                let keys = keys.usable().map_err(|why| broken(origin, why))?;
                Ok(found(keys, origin))
            }
            Source::Chain {
                environment,
                profile,
                region,
            } => {
                let env = |name: &str| environment(name).filter(|value| !value.is_empty());
                chain::find(&env, profile.as_deref(), region, &self.links)
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Poisoned by a hook that panicked, if at all: what is there was written in one piece.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
