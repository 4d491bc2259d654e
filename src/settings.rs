//! `Settings`: options that have been checked, all at once and when the cache
//! is opened, so that nothing is left to fail at first use. Reads the
//! environment and the shared AWS files for what was not given; does no network.

mod found;
mod place;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::Options;
use crate::choice::CullOrder;
use crate::clock;
use crate::compress::Compression;
use crate::conditions::ConditionalWrites;
use crate::credentials::{Credentials, Hook};
use crate::endpoint::{self, Endpoint};
use crate::error::{Result, invalid};
use crate::headers::{self, ObjectHeaders};
use crate::key::{KeyFunction, Naming};
use crate::options::{Access, Environment, OnError, Place, ResolverHook};
use crate::profile::{self, Env};
use crate::time::Timeout;

use self::found::Found;
use self::place::place;

/// How entries are kept.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) default_timeout: Timeout,
    pub(crate) max_entries: i64,
    pub(crate) max_bytes: u64,
    pub(crate) cull_order: CullOrder,
    pub(crate) cull_frequency: u32,
    pub(crate) compression: Compression,
    /// If given, the objects' content type must be among them.
    pub(crate) compress_content_types: Option<Vec<String>>,
    pub(crate) max_value_size: usize,
    pub(crate) conditional_writes: ConditionalWrites,
    pub(crate) add_reads_first: bool,
    pub(crate) refresh: Refresh,
    pub(crate) read_only: bool,
    pub(crate) on_error: OnError,
}

/// What `get_or_set` does about values past their time.
#[derive(Clone, Debug)]
pub(crate) struct Refresh {
    pub(crate) stale_for: Duration,
    pub(crate) early: f64,
    pub(crate) lease: Duration,
}

/// How long and how often to try.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Persistence {
    pub(crate) deadline: Duration,
    pub(crate) retries: u32,
    pub(crate) breaker_after: u32,
    pub(crate) breaker_pause: Duration,
}

impl Persistence {
    fn check(mut self) -> Result<Self> {
        if self.deadline < Duration::from_millis(1) {
            return Err(invalid("deadline", "it must be at least a millisecond"));
        }
        self.breaker_pause = YEAR.min(self.breaker_pause);
        Ok(self)
    }
}

/// How long each phase of a request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) read: Duration,
    pub(crate) write: Duration,
}

/// Where credentials come from.
#[derive(Clone)]
pub(crate) enum Source {
    /// Requests are not signed.
    Anonymous,
    Given(Credentials),
    Hook(Hook),
    /// From wherever Amazon's own tools would take them.
    Chain {
        environment: Environment,
        /// The option `profile`, which goes before the environment's keys.
        profile: Option<String>,
        /// The bucket's.
        region: String,
    },
}

/// What the connections are made with.
#[derive(Clone)]
pub(crate) struct Links {
    pub(crate) timeouts: Timeouts,
    /// In place of the public authorities.
    pub(crate) trusted: Option<Trusted>,
    #[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "TLS alone asks"))]
    pub(crate) accept_invalid_certs: bool,
    pub(crate) resolver: Option<ResolverHook>,
}

/// Certificates in PEM, and the file they are in.
#[derive(Clone)]
#[cfg_attr(not(feature = "tls"), expect(dead_code, reason = "TLS alone asks"))]
pub(crate) struct Trusted {
    pub(crate) pem: Vec<u8>,
    pub(crate) file: Found,
}

/// How a bucket is made.
#[derive(Clone, Debug)]
pub(crate) struct Creation {
    pub(crate) auto: bool,
    /// None is sent where there is none.
    pub(crate) acl: Option<String>,
}

/// Options that have been checked.
pub(crate) struct Settings {
    pub(crate) endpoint: Endpoint,
    pub(crate) source: Source,
    pub(crate) sign_payload: bool,
    pub(crate) headers: ObjectHeaders,
    pub(crate) creation: Creation,
    pub(crate) naming: Naming,
    pub(crate) policy: Policy,
    pub(crate) links: Links,
    pub(crate) clock: Option<clock::Hook>,
    pub(crate) persistence: Persistence,
}

/// The clock's own arithmetic overflows some centuries on.
pub(crate) const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Options {
    /// Everything checked at once, so that nothing is left to fail at first use.
    pub(crate) fn check(self) -> Result<Settings> {
        self.checked().map_err(|error| self.with_value(error))
    }

    fn checked(&self) -> Result<Settings> {
        let env = |name: &str| (self.environment)(name).filter(|value| !value.is_empty());
        let profile = if self.needs_profile(&env)? {
            profile::load(&env, self.access.profile.as_deref())?
        } else {
            None
        };
        let endpoint = place(&self.place, &env, profile.as_ref())?;
        let trusted = trusted(self.place.ca_file.as_deref(), &env, endpoint.tls)?;
        let headers = ObjectHeaders::check(&self.objects, &endpoint)?;
        let function = key_function(self)?;
        let mut policy = self.policy.clone();
        if let (Compression::Deflate { threshold, .. }, Some(given)) =
            (&mut policy.compression, self.compress_threshold)
        {
            *threshold = given;
        }
        check_policy(&policy)?;
        if let Some(types) = &policy.compress_content_types
            && !types.iter().any(|one| headers.is_content_type(one))
        {
            policy.compression = Compression::Off;
        }
        Ok(Settings {
            sign_payload: self.access.sign_payload.unwrap_or(!endpoint.tls),
            source: source(&self.access, &self.environment, &endpoint.region)?,
            endpoint,
            headers,
            creation: Creation {
                auto: self.creation.auto_create_bucket && !policy.read_only,
                acl: headers::bucket_acl(
                    self.creation.bucket_acl.as_deref(),
                    self.objects.acl.as_deref(),
                )?,
            },
            naming: Naming {
                prefix: location_prefix(&self.place.location)?,
                function,
                key_prefix: self.key_prefix.clone(),
                version: self.version,
            },
            policy,
            links: Links {
                timeouts: check_timeouts(self.timeouts)?,
                trusted,
                accept_invalid_certs: self.place.danger_accept_invalid_certs,
                resolver: self.place.resolver.clone(),
            },
            clock: self.clock.clone(),
            persistence: self.persistence.check()?,
        })
    }
}

fn key_function(options: &Options) -> Result<Option<KeyFunction>> {
    if !options.raw_keys {
        return Ok(options.key_function.clone());
    }
    if options.key_function.is_some() || !options.key_prefix.is_empty() || options.version != 1 {
        let why = "keys are taken as they are: leave out key_prefix, version and key_function";
        return Err(invalid("raw_keys", why));
    }
    Ok(Some(Arc::new(|key, _, _| key.to_vec())))
}

impl Options {
    /// Whether a profile may have something to say: one that is named and not
    /// there is an error, and must not be one to those who need none.
    fn needs_profile(&self, env: Env<'_>) -> Result<bool> {
        let (place, access) = (&self.place, &self.access);
        let of_parts = endpoint::of_parts(place.host.as_deref(), place.port, place.use_ssl)?;
        let has_region = place.region.is_some()
            || of_parts.region.is_some()
            || env("AWS_REGION").is_some()
            || env("AWS_DEFAULT_REGION").is_some();
        let has_place = place.endpoint.is_some() || place.is_in_parts();
        let has_keys = access.anonymous || access.hook.is_some() || access.access_key.is_some();
        Ok(access.profile.is_some() || !has_region || !has_place || !has_keys)
    }
}

impl Place {
    fn is_in_parts(&self) -> bool {
        self.host.is_some() || self.port.is_some() || self.use_ssl.is_some()
    }
}

/// Given ones go first, and as a whole: no session token of other credentials.
fn source(access: &Access, environment: &Environment, region: &str) -> Result<Source> {
    let given = access.access_key.is_some() || access.secret_key.is_some();
    if access.anonymous {
        return Ok(Source::Anonymous);
    }
    if let Some(hook) = &access.hook {
        return Ok(Source::Hook(hook.clone()));
    }
    if !given
        && access
            .session_token
            .as_ref()
            .is_some_and(|token| !token.is_empty())
    {
        return Err(invalid(
            "session_token",
            "it goes with the options access_key and secret_key, and they are not given",
        ));
    }
    if !given {
        return Ok(Source::Chain {
            environment: environment.clone(),
            profile: access.profile.clone(),
            region: region.to_owned(),
        });
    }
    let mut given = Credentials::new(
        access.access_key.clone().unwrap_or_default(),
        access.secret_key.clone().unwrap_or_default(),
    );
    given.session_token.clone_from(&access.session_token);
    Ok(Source::Given(given.check()?))
}

pub(crate) fn trusted(ca_file: Option<&Path>, env: Env<'_>, tls: bool) -> Result<Option<Trusted>> {
    let file = match (ca_file, Found::variable(env, "AWS_CA_BUNDLE")) {
        (Some(path), _) => Found::option("ca_file", path.to_string_lossy()),
        // It is for all programs, and of no concern to http.
        (None, Some(found)) if tls => found,
        (None, _) => return Ok(None),
    };
    match fs::read(ca_file.unwrap_or(Path::new(&file.value))) {
        Ok(pem) => Ok(Some(Trusted { pem, file })),
        Err(error) => {
            let why = format!("the file of certificates cannot be read: {error}");
            Err(file.blamed(invalid("ca_file", why)))
        }
    }
}

fn check_timeouts(mut timeouts: Timeouts) -> Result<Timeouts> {
    for (name, limit) in [
        ("connect_timeout", &mut timeouts.connect),
        ("read_timeout", &mut timeouts.read),
        ("write_timeout", &mut timeouts.write),
    ] {
        // Less cannot be told to a socket.
        if *limit < Duration::from_millis(1) {
            return Err(invalid(name, "it must be at least a millisecond"));
        }
        *limit = YEAR.min(*limit);
    }
    Ok(timeouts)
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
pub(crate) fn location_prefix(location: &str) -> Result<String> {
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
        let why = format!("it has {} bytes, and may have 983", location.len());
        return Err(invalid("location", why));
    }
    Ok(format!("{location}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(options: Options, env: &[(&'static str, &'static str)]) -> Result<Settings> {
        let env = env.to_vec();
        let look_up = move |name: &str| {
            let found = env.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        options.environment(look_up).check()
    }

    #[test]
    fn what_is_not_given_comes_from_the_environment() {
        let options = || Options::new("bucket").endpoint("http://host");
        let env = [
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
        ];
        let settings = checked(options(), &env).unwrap();
        assert_eq!(settings.endpoint.region, "eu-west-1");
        let Source::Chain { environment, .. } = settings.source else {
            panic!("there is a chain");
        };
        assert_eq!(environment("AWS_ACCESS_KEY_ID").as_deref(), Some("key"));

        let more = [&env[..], &[("AWS_REGION", "eu-west-2")]].concat();
        assert_eq!(
            checked(options(), &more).unwrap().endpoint.region,
            "eu-west-2"
        );

        // What is given goes first, and as a whole: no token of other credentials.
        let given = options().region("r").credentials("k", "s");
        let settings = checked(given, &more).unwrap();
        assert_eq!(settings.endpoint.region, "r");
        let Source::Given(given) = settings.source else {
            panic!("they are given");
        };
        assert_eq!(given, Credentials::new("k", "s"));

        // Empty is as good as not set.
        let settings = checked(options(), &[("AWS_REGION", "")]).unwrap();
        assert_eq!(settings.endpoint.region, "us-east-1");
    }
}
