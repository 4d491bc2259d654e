//! `Credentials`: an access key, its secret, and for temporary ones the session
//! token and when they expire. Where they come from is for
//! `client/credentials` to say.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::error::{Result, invalid};
use crate::time::unix_millis;

/// What requests are signed with. Never shown, in `Debug` either.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) session_token: Option<String>,
    /// Unix milliseconds.
    pub(crate) expires_at: Option<i64>,
}

/// The option `credentials_with`.
pub(crate) type Hook =
    Arc<dyn Fn() -> Result<Credentials, Box<dyn std::error::Error + Send + Sync>> + Send + Sync>;

impl Credentials {
    /// Credentials that do not expire.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            session_token: None,
            expires_at: None,
        }
    }

    /// The session token of temporary ones.
    #[must_use]
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// When they expire. They are replaced five minutes before.
    #[must_use]
    pub fn expires_at(mut self, moment: SystemTime) -> Self {
        self.expires_at = Some(unix_millis(moment));
        self
    }

    /// Both or neither, and none of it empty: rust-s3 would send a request
    /// without a secret unsigned, sign an empty token, and panic without a key.
    pub(crate) fn check(self) -> Result<Self> {
        self.flawless()
            .map_err(|(option, why)| invalid(option, why))
    }

    /// The same, with the reason alone for an error.
    pub(crate) fn usable(self) -> Result<Self, &'static str> {
        self.flawless().map_err(|(_, why)| why)
    }

    /// Or the option that is to blame, and why.
    fn flawless(mut self) -> Result<Self, (&'static str, &'static str)> {
        self.session_token = self.session_token.filter(|token| !token.is_empty());
        match (self.access_key.is_empty(), self.secret_key.is_empty()) {
            (true, true) => return Err(("access_key", "access key and secret key are empty")),
            (true, false) => {
                return Err(("access_key", "there is a secret key and no access key"));
            }
            (false, true) => {
                return Err(("secret_key", "there is an access key and no secret key"));
            }
            (false, false) => {}
        }
        let (access, secret, token) = self.parts();
        let parts = [
            ("access_key", Some(access)),
            ("secret_key", Some(secret)),
            ("session_token", token),
        ];
        let visible = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        match parts.iter().find(|part| !part.1.is_none_or(visible)) {
            None => Ok(self),
            Some((option, _)) => Err((
                option,
                "there is a space, a line end or something outside ASCII: was more copied than the key?",
            )),
        }
    }

    /// Whether S3 could not tell these from the others.
    pub(crate) fn sign_like(&self, others: &Self) -> bool {
        self.parts() == others.parts()
    }

    fn parts(&self) -> (&str, &str, Option<&str>) {
        let token = self.session_token.as_deref();
        (&self.access_key, &self.secret_key, token)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(not shown)")
    }
}
