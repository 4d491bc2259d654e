//! `Settings`: options that have been checked, all at once and when the cache
//! is opened, so that nothing is left to fail at first use. Reads the
//! environment for what was not given; does no network.

use std::fmt;
use std::time::Duration;

use crate::Options;
use crate::choice::CullOrder;
use crate::compress::Compression;
use crate::conditions::ConditionalWrites;
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
    pub(crate) max_bytes: u64,
    pub(crate) cull_order: CullOrder,
    pub(crate) cull_frequency: u32,
    pub(crate) compression: Compression,
    pub(crate) max_value_size: usize,
    pub(crate) conditional_writes: ConditionalWrites,
    pub(crate) add_reads_first: bool,
    pub(crate) refresh: Refresh,
}

/// What `get_or_set` does about values past their time.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) stale_for: Duration,
    pub(crate) early: f64,
    pub(crate) lease: Duration,
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

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Options {
    /// Everything checked at once, so that nothing is left to fail at first use.
    pub(crate) fn check(self) -> Result<Settings> {
        self.check_with(|name| std::env::var(name).ok())
    }

    fn check_with(self, env: impl Fn(&str) -> Option<String>) -> Result<Settings> {
        let from_env = |name| env(name).filter(|value| !value.is_empty());
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
        let mut timeouts = self.timeouts;
        for (name, limit) in [
            ("connect_timeout", &mut timeouts.connect),
            ("read_timeout", &mut timeouts.read),
            ("write_timeout", &mut timeouts.write),
        ] {
            // Less cannot be told to a socket.
            if *limit < Duration::from_millis(1) {
                return Err(invalid(name, "it must be at least a millisecond"));
            }
            // The clock's own arithmetic overflows some centuries on.
            *limit = YEAR.min(*limit);
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
            timeouts,
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
    if !policy.refresh.early.is_finite() || policy.refresh.early < 0.0 {
        return Err(invalid("early", "it is a number from 0 on, usually 1"));
    }
    if policy.refresh.lease.is_zero() {
        return Err(invalid(
            "lease",
            "it must be longer than zero, or everybody is elected",
        ));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(options: Options, env: &[(&str, &str)]) -> Result<Settings> {
        options.check_with(|name| {
            let found = env.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn what_is_not_given_comes_from_the_environment() {
        let options = || Options::new("bucket").endpoint("http://host");
        let env = [
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
        ];
        let settings = checked(options(), &env).unwrap();
        assert_eq!(settings.credentials.access_key, "key");
        assert_eq!(settings.credentials.secret_key, "secret");
        assert_eq!(settings.credentials.session_token.as_deref(), Some("token"));
        assert_eq!(settings.endpoint.region, "eu-west-1");

        let more = [&env[..], &[("AWS_REGION", "eu-west-2")]].concat();
        assert_eq!(
            checked(options(), &more).unwrap().endpoint.region,
            "eu-west-2"
        );

        // What is given goes first, and as a whole: no token of other credentials.
        let given = options().region("r").credentials("k", "s");
        let settings = checked(given, &more).unwrap();
        assert_eq!(settings.endpoint.region, "r");
        assert_eq!(settings.credentials.access_key, "k");
        assert_eq!(settings.credentials.session_token, None);

        // Empty is as good as not set.
        let empty = [&env[..2], &[("AWS_SESSION_TOKEN", ""), ("AWS_REGION", "")]].concat();
        let settings = checked(options(), &empty).unwrap();
        assert_eq!(settings.endpoint.region, "us-east-1");
        assert_eq!(settings.credentials.session_token, None);
        let error = checked(options(), &env[1..]).unwrap_err();
        assert!(error.to_string().contains("no access key"), "{error}");
        let error = checked(options(), &[]).unwrap_err();
        assert!(error.to_string().contains("AWS_ACCESS_KEY_ID"), "{error}");
    }
}
