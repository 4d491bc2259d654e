//! The keys that are in use, and when to ask for others. Pure.

use std::sync::Arc;

use super::Found;
use crate::credentials::Credentials;

/// Keys are replaced so long before they expire. S3 judges by the moment a
/// request arrives, and the services that give keys have new ones by then:
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>
const MARGIN: i64 = 5 * 60 * 1000;

/// A source that failed while the old keys are good is asked again after this.
const AFTER_FAILURE: i64 = 30 * 1000;

/// One that gives keys which are due to be replaced, and does so again.
const BETWEEN_SHORT_ONES: i64 = 60 * 1000;

/// One that had no others when S3 refused these.
const AFTER_REFUSAL: i64 = 30 * 1000;

#[derive(Clone)]
pub(super) struct Held {
    pub(super) keys: Arc<Credentials>,
    pub(super) origin: Arc<str>,
    ask_at: i64,
    /// The source has been asked again at once, which is not done twice.
    hurried: bool,
    renew_at: i64,
}

impl Held {
    /// Keys that have just been found, in place of `before`.
    pub(super) fn new(found: Found, before: Option<&Self>, hurried: bool, now: i64) -> Self {
        // The same ones stay the same, by their address too: what has been
        // derived from them is kept by it.
        let keys = match before {
            Some(before) if *before.keys == found.keys => Arc::clone(&before.keys),
            _ => Arc::new(found.keys),
        };
        let mut held = Self {
            keys,
            origin: found.origin.into(),
            ask_at: i64::MAX,
            hurried: false,
            renew_at: i64::MIN,
        };
        let Some(expires_at) = held.keys.expires_at else {
            return held;
        };
        held.ask_at = expires_at.saturating_sub(MARGIN);
        if held.ask_at > now {
            return held;
        }
        held.hurried = true;
        let soon = now.saturating_add(BETWEEN_SHORT_ONES);
        held.ask_at = match (
            expires_at > now,
            hurried || before.is_some_and(|b| b.hurried),
        ) {
            // The source may be about to replace them.
            (true, false) => now,
            (true, true) => soon.min(expires_at),
            // Expired by this clock. S3 has another, and the last word.
            (false, _) => soon,
        };
        held
    }

    pub(super) fn is_due(&self, now: i64) -> bool {
        now >= self.ask_at
    }

    pub(super) fn is_valid(&self, now: i64) -> bool {
        self.keys.expires_at.is_none_or(|moment| now < moment)
    }

    /// The source has failed. Keys that are good go on for a while.
    pub(super) fn put_off(&mut self, now: i64) {
        if self.is_valid(now) {
            let end = self.keys.expires_at.unwrap_or(i64::MAX);
            self.ask_at = now.saturating_add(AFTER_FAILURE).min(end);
        }
    }

    /// S3 has refused these, and the source has no others.
    pub(super) fn refuse(&mut self, now: i64) {
        self.renew_at = now.saturating_add(AFTER_REFUSAL);
    }

    pub(super) fn may_be_renewed(&self, now: i64) -> bool {
        now >= self.renew_at
    }
}
