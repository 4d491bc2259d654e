//! `Settings`: options that have been checked, all at once and when the cache
//! is opened, so that nothing is left to fail at first use. Reads the
//! environment for what was not given; does no network.

use std::fmt;
use std::time::Duration;

use crate::Options;
use crate::compress::Compression;
use crate::endpoint::{Endpoint, invalid};
use crate::error::Result;
use crate::key::Naming;
use crate::time::Timeout;

/// Access key, secret key and, for temporary ones, the session token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) session_token: Option<String>,
}

/// How entries are kept.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) default_timeout: Timeout,
    pub(crate) max_entries: i64,
    pub(crate) cull_frequency: u32,
    pub(crate) compression: Compression,
    pub(crate) max_value_size: usize,
}

/// How long each phase of a request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) read: Duration,
    pub(crate) write: Duration,
}

/// Options that have been checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) endpoint: Endpoint,
    pub(crate) credentials: Credentials,
    pub(crate) sign_payload: bool,
    pub(crate) naming: Naming,
    pub(crate) policy: Policy,
    pub(crate) timeouts: Timeouts,
}

impl Options {
    /// Everything checked at once, so that nothing is left to fail at first use.
    pub(crate) fn check(self) -> Result<Settings> {
        let from_env = |name| std::env::var(name).ok().filter(|v: &String| !v.is_empty());
        let region = self
            .region
            .or_else(|| from_env("AWS_REGION"))
            .or_else(|| from_env("AWS_DEFAULT_REGION"))
            .unwrap_or_else(|| "us-east-1".into());
        let endpoint = Endpoint::new(
            &self.bucket,
            &region,
            self.endpoint.as_deref(),
            self.path_style,
        )?;
        let credentials = match self.credentials {
            Some(given) => given,
            None => Credentials {
                access_key: from_env("AWS_ACCESS_KEY_ID").unwrap_or_default(),
                secret_key: from_env("AWS_SECRET_ACCESS_KEY").unwrap_or_default(),
                session_token: from_env("AWS_SESSION_TOKEN"),
            },
        }
        .check()?;
        check_policy(&self.policy)?;
        for (name, limit) in [
            ("connect_timeout", self.timeouts.connect),
            ("read_timeout", self.timeouts.read),
            ("write_timeout", self.timeouts.write),
        ] {
            // Less cannot be told to a socket.
            if limit < Duration::from_millis(1) {
                return Err(invalid(name, "it must be at least a millisecond"));
            }
        }
        Ok(Settings {
            sign_payload: self.sign_payload.unwrap_or(!endpoint.tls),
            endpoint,
            credentials,
            naming: Naming {
                prefix: location_prefix(&self.location)?,
                key_prefix: self.key_prefix,
                version: self.version,
                function: self.key_function,
            },
            policy: self.policy,
            timeouts: self.timeouts,
        })
    }
}

impl Credentials {
    /// Both or neither, and none of it empty: rust-s3 would send a request
    /// without a secret unsigned, sign an empty token, and panic without a key.
    fn check(mut self) -> Result<Self> {
        self.session_token = self.session_token.filter(|token| !token.is_empty());
        let visible = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        match (self.access_key.is_empty(), self.secret_key.is_empty()) {
            (true, true) => Err(invalid(
                "credentials",
                "there are none: give them, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )),
            (true, false) => Err(invalid(
                "credentials",
                "there is a secret key and no access key",
            )),
            (false, true) => Err(invalid(
                "credentials",
                "there is an access key and no secret key",
            )),
            _ if !visible(&self.access_key)
                || !visible(&self.secret_key)
                || !self.session_token.as_deref().is_none_or(visible) =>
            {
                Err(invalid(
                    "credentials",
                    "they hold a space, a line end or something outside ASCII: was more copied than the key?",
                ))
            }
            _ => Ok(self),
        }
    }
}

fn check_policy(policy: &Policy) -> Result<()> {
    if let Compression::Deflate { level, .. } = policy.compression
        && !(1..=9).contains(&level)
    {
        return Err(invalid("compress", "the level is a number from 1 to 9"));
    }
    // The entry's length field has 32 bits, and four bytes may come on top.
    if u32::try_from(policy.max_value_size).map_or(true, |max| max > u32::MAX - 4) {
        return Err(invalid("max_value_size", "it must stay below 4 GiB"));
    }
    Ok(())
}

/// The location with its slash, or nothing. What could make a signed path and
/// a sent one differ, or reach outside the location, is refused: dot segments
/// are folded away by URL parsers, and a listing of `app` would find `app2`.
fn location_prefix(location: &str) -> Result<String> {
    let location = location.trim_matches('/');
    if location.is_empty() {
        return Ok(String::new());
    }
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"/._-~=@!()*".contains(&b);
    if let Some(bad) = location.chars().find(|c| !c.is_ascii() || !safe(*c as u8)) {
        return Err(invalid(
            "location",
            "it may hold letters, digits and / . _ - ~ = @ ! ( ) * only",
        )
        .with_remedy(format!("replace the character {bad:?}")));
    }
    if location.split('/').any(|s| matches!(s, "" | "." | "..")) {
        return Err(invalid(
            "location",
            "it has an empty, . or .. segment, which URLs fold away: the entries would lie elsewhere",
        ));
    }
    // S3's limit is 1024 bytes for a whole name; a slash and 40 digits are ours.
    if location.len() > 1024 - 41 {
        return Err(invalid("location", "it is longer than 983 bytes"));
    }
    Ok(format!("{location}/"))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(not shown)")
    }
}
