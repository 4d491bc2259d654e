//! What the targets in `fuzz/` judge, and nobody else can see: the pure rooms,
//! each behind a plain function. Never the judgement: that is the target's.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::client::xml;
use crate::clock::Clock;
use crate::entry::{Corrupt, Entry, HEADER, Header, Meta};
use crate::key::{Key, Naming};
use crate::lifecycle::text::{self, Problem, Rest};
use crate::profile::ini;
use crate::time;
use crate::{Cache, Compression, Timeout, Ttl};

/// What the names of a cache's objects begin with.
#[must_use]
pub fn prefix(cache: &Cache) -> &str {
    &cache.naming.prefix
}

/// The name of a key's object, and what its entry says whose it is.
#[must_use]
pub fn object(cache: &Cache, key: &Key<'_>) -> (String, [u8; 16]) {
    let object = cache.naming.object(key);
    (object.name, object.key_digest)
}

/// Whether a listed name is one of the cache's own.
#[must_use]
pub fn owns(cache: &Cache, listed: &str) -> bool {
    cache.naming.own(listed).is_some()
}

/// Whose entry it is, for a key without a cache.
#[must_use]
pub fn key_digest(key_prefix: &str, version: i64, key: &[u8]) -> [u8; 16] {
    let naming = Naming {
        prefix: String::new(),
        key_prefix: key_prefix.to_owned(),
        version,
        function: None,
    };
    naming.object(&key.into()).key_digest
}

/// All that an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    pub expires_at: i64,
    pub lease_until: i64,
    pub cost_ms: u32,
    pub write_id: u64,
    pub history: Vec<u64>,
    pub key_digest: [u8; 16],
    pub value: Vec<u8>,
}

/// An object's bytes, read step by step as `lookup` does.
///
/// # Errors
///
/// Why it is not this key's entry, or too large.
pub fn decode(object: &[u8], key: &[u8; 16], max: usize) -> Result<Whole, &'static str> {
    steps(object, key, max).map_err(|corrupt| match corrupt {
        Corrupt::Foreign => "foreign",
        Corrupt::OtherKey => "other key",
        Corrupt::Damaged => "damaged",
        Corrupt::TooLarge(_) => "too large",
    })
}

fn steps(object: &[u8], key: &[u8; 16], max: usize) -> Result<Whole, Corrupt> {
    let header = Header::decode(object, key)?.check_size(Some(object.len() as u64))?;
    if header.payload_len() > max as u64 {
        return Err(Corrupt::TooLarge(header.payload_len()));
    }
    let rest = &object[HEADER..];
    header.verify(rest)?;
    let (mut history, payload) = header.split(rest);
    let value = header.inflate(payload, max)?;
    Ok(Whole {
        expires_at: header.expires_at,
        lease_until: header.lease_until,
        cost_ms: header.cost_ms,
        write_id: history.remove(0),
        history,
        key_digest: header.key_digest,
        value: value.unwrap_or_else(|| payload.to_vec()),
    })
}

/// Whether a ranged read of the header would take these bytes for an entry's,
/// of whatever key, and for one of so many bytes.
#[must_use]
pub fn header_size(bytes: &[u8]) -> Option<u64> {
    let header = Header::decode_any(bytes).ok()?;
    Some(HEADER as u64 + header.rest_len())
}

/// The object of an entry.
#[must_use]
pub fn encode(entry: &Whole, how: Compression) -> Vec<u8> {
    let new = Entry::new(&meta(entry), &entry.history, &entry.value, how);
    new.parts().concat()
}

/// The same entry as `touch` writes it: `object`'s payload under a new header.
#[must_use]
pub fn pass_on(entry: &Whole, object: &[u8]) -> Option<Vec<u8>> {
    let header = Header::decode_any(object).ok()?;
    let (_, payload) = header.split(object.get(HEADER..)?);
    let new = Entry::again(&meta(entry), &entry.history, header.deflated, payload);
    Some(new.parts().concat())
}

fn meta(entry: &Whole) -> Meta {
    Meta {
        lease_until: entry.lease_until,
        cost_ms: entry.cost_ms,
        ..Meta::new(entry.write_id, entry.key_digest, entry.expires_at)
    }
}

/// A page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Name, `LastModified` in Unix milliseconds, size.
    pub objects: Vec<(String, Option<i64>, u64)>,
    pub last: String,
    pub truncated: bool,
    pub next: Option<String>,
}

#[must_use]
pub fn read_page(xml: &[u8]) -> Option<Listing> {
    let page = xml::read_page(xml)?;
    let objects = page.objects.into_iter();
    Some(Listing {
        objects: objects
            .map(|one| (one.name, one.modified, one.size))
            .collect(),
        last: page.last,
        truncated: page.truncated,
        next: page.next,
    })
}

/// Name, code and message of each object that was not deleted.
#[must_use]
pub fn read_delete_result(xml: &[u8]) -> Option<Vec<[String; 3]>> {
    let failures = xml::read_delete_result(xml)?.into_iter();
    Some(
        failures
            .map(|one| [one.name, one.code, one.message])
            .collect(),
    )
}

/// Code, message, request id, region and endpoint.
#[must_use]
pub fn read_error(xml: &[u8]) -> Option<[String; 5]> {
    let error = xml::read_error(xml)?;
    Some([
        error.code,
        error.message,
        error.request_id,
        error.region,
        error.endpoint,
    ])
}

/// Access key, secret key, session token and expiration.
#[must_use]
pub fn read_assumed(xml: &[u8]) -> Option<[String; 4]> {
    let keys = xml::read_assumed(xml)?;
    Some([
        keys.access_key,
        keys.secret_key,
        keys.session_token,
        keys.expiration,
    ])
}

#[must_use]
pub fn read_sts_code(xml: &[u8]) -> Option<String> {
    xml::read_sts_code(xml)
}

/// A lifecycle configuration without our rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Without {
    Same,
    NoRules,
    Text(Vec<u8>),
}

/// # Errors
///
/// Why the text is left as it is; the same of the next two.
pub fn lifecycle_days(text: &[u8], prefix: &str) -> Result<Option<u32>, &'static str> {
    text::days(text, prefix).map_err(problem)
}

/// # Errors
///
/// As `lifecycle_days`.
pub fn lifecycle_with(text: &[u8], prefix: &str, days: u32) -> Result<Vec<u8>, &'static str> {
    text::with_rule(text, prefix, days).map_err(problem)
}

/// # Errors
///
/// As `lifecycle_days`.
pub fn lifecycle_without(text: &[u8], prefix: &str) -> Result<Without, &'static str> {
    match text::without_rule(text, prefix).map_err(problem)? {
        Rest::Same => Ok(Without::Same),
        Rest::NoRules => Ok(Without::NoRules),
        Rest::Text(text) => Ok(Without::Text(text)),
    }
}

fn problem(problem: Problem) -> &'static str {
    match problem {
        Problem::Unclear => "unclear",
        Problem::Twice => "twice",
        Problem::Full => "full",
    }
}

/// Our rule in both its forms, as it would stand in this configuration; and
/// the configuration that has nothing else.
#[must_use]
pub fn lifecycle_rule(text: &[u8], prefix: &str, days: u32) -> Option<([String; 2], String)> {
    let found = xml::read_lifecycle(text)?;
    let form = |legacy| text::rule(prefix, days, &found.qualifier, legacy);
    Some(([form(false), form(true)], text::document(prefix, days)))
}

/// Each section of a shared file: its name, and its properties.
#[must_use]
pub fn profile_sections(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let sections = ini::parse(text).into_iter();
    sections.map(|one| (one.name, one.properties)).collect()
}

/// The moment of a reply's `Date`, in Unix milliseconds.
#[must_use]
pub fn parse_http_date(text: &str) -> Option<i64> {
    time::parse_http_date(text)
}

/// The moment of a listing's `LastModified`.
#[must_use]
pub fn parse_iso8601(text: &str) -> Option<i64> {
    time::parse_iso8601(text)
}

/// The moment as signatures have it.
#[must_use]
pub fn amz_date(now: i64) -> String {
    time::amz_date(time::utc(now))
}

/// When an entry expires that is written now.
#[must_use]
pub fn expires_at(timeout: Timeout, now: i64, default: Timeout) -> i64 {
    timeout.expires_at(now, default)
}

/// What is left of its life.
#[must_use]
pub fn ttl(expires_at: i64, now: i64) -> Option<Ttl> {
    Ttl::until(expires_at, now)
}

/// The skew of a clock that stands at `own`, after a reply of this `Date` to a
/// request of the moment `sent`.
#[must_use]
pub fn skew(own: Duration, date: &str, sent: i64) -> Option<i64> {
    let moment = SystemTime::UNIX_EPOCH.checked_add(own)?;
    let clock = Clock::new(Some(Arc::new(move || moment)));
    clock.hear(Some(date), sent, true);
    clock.skew()
}
