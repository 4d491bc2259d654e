//! One rule put into the text of a bucket's lifecycle configuration, or taken
//! out of it. Pure: text in, text out. It never writes what others wrote anew:
//! all bytes but those of the one rule stay, in their places.

use std::ops::Range;

use crate::client::{Lifecycle, Rule, read_lifecycle};
use crate::digest::{hex, sha1};

/// S3's limits: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html>
const MAX_RULES: usize = 1000;
const MAX_ID: usize = 255;

/// Why a text is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Not well-formed, or not certain what is where.
    Unclear,
    /// More than one rule has our ID.
    Twice,
    /// There is no room for one more rule.
    Full,
}

/// A configuration without our rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// The rule was not there.
    Same,
    /// It was the only one.
    NoRules,
    Text(Vec<u8>),
}

/// The ID of the rule for a prefix: its own for each, and never another's.
pub(crate) fn id(prefix: &str) -> String {
    // No location holds a space, a colon or nothing at all.
    let location = match prefix.trim_end_matches('/') {
        "" => "(whole bucket)",
        location => location,
    };
    let id = format!("s3cache {location}");
    if id.len() <= MAX_ID {
        return id;
    }
    format!("s3cache sha1:{}", hex(&sha1(prefix.as_bytes())))
}

/// A configuration with our rule alone.
pub(crate) fn document(prefix: &str, days: u32) -> String {
    let rule = rule(prefix, days, "", false);
    format!(
        "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n  {rule}\n</LifecycleConfiguration>\n"
    )
}

/// The days of our rule, if it is one that works.
pub(crate) fn days(text: &[u8], prefix: &str) -> Result<Option<u32>, Problem> {
    let (found, ours) = find(text, prefix)?;
    let rule = ours.and_then(|at| found.rules.get(at));
    Ok(rule.and_then(|rule| works(rule, prefix)))
}

/// The configuration with our rule in it, once.
pub(crate) fn with_rule(text: &[u8], prefix: &str, days: u32) -> Result<Vec<u8>, Problem> {
    let (found, ours) = find(text, prefix)?;
    let Some(end) = found.end else {
        // One tag: nobody's rules to keep.
        return Ok(document(prefix, days).into_bytes());
    };
    let others = |(at, rule): (usize, &Rule)| (Some(at) != ours).then_some(rule.legacy);
    // S3 refuses prefixes in filters ("Lifecycle V2") beside those without.
    let legacy = found.rules.iter().enumerate().filter_map(others).any(|l| l);
    let (place, count) = match ours.and_then(|at| found.rules.get(at)) {
        Some(old) => (old.range.clone(), found.rules.len()),
        None if found.rules.len() >= MAX_RULES => return Err(Problem::Full),
        None => (end..end, found.rules.len() + 1),
    };
    let new = rule(prefix, days, &found.qualifier, legacy);
    let text = splice(text, place, new.as_bytes());
    // What S3 will make of it is what was meant.
    let (read, ours) = find(&text, prefix)?;
    let rule = ours.and_then(|at| read.rules.get(at));
    let as_meant = read.rules.len() == count && rule.and_then(|r| works(r, prefix)) == Some(days);
    as_meant.then_some(text).ok_or(Problem::Unclear)
}

/// The configuration without our rule.
pub(crate) fn without_rule(text: &[u8], prefix: &str) -> Result<Rest, Problem> {
    let (found, ours) = find(text, prefix)?;
    Ok(match ours.and_then(|at| found.rules.get(at)) {
        None => Rest::Same,
        Some(_) if found.rules.len() == 1 => Rest::NoRules,
        Some(rule) => Rest::Text(splice(text, rule.range.clone(), b"")),
    })
}

fn find(text: &[u8], prefix: &str) -> Result<(Lifecycle, Option<usize>), Problem> {
    let found = read_lifecycle(text).ok_or(Problem::Unclear)?;
    let id = id(prefix);
    let ids = (0..).zip(
        found
            .rules
            .iter()
            .map(|rule| rule.id.as_deref().unwrap_or_default()),
    );
    let mut ours = ids.filter(|(_, other)| other.trim() == id);
    match (ours.next(), ours.next()) {
        (None, _) => Ok((found, None)),
        // Space around it may make it another ID, or not; engines differ.
        (Some((_, other)), None) if other != id => Err(Problem::Unclear),
        (Some((at, _)), None) => Ok((found, Some(at))),
        (Some(_), Some(_)) => Err(Problem::Twice),
    }
}

/// A rule with our ID that someone has switched off, or given another prefix, is none.
fn works(rule: &Rule, prefix: &str) -> Option<u32> {
    let here = rule.prefix.as_deref().unwrap_or_default() == prefix;
    rule.days.filter(|_| here && rule.enabled)
}

/// Neither a checked location nor its ID holds anything to be escaped.
pub(crate) fn rule(prefix: &str, days: u32, q: &str, legacy: bool) -> String {
    let id = id(prefix);
    let prefix = format!("<{q}Prefix>{prefix}</{q}Prefix>");
    let scope = if legacy {
        prefix
    } else {
        format!("<{q}Filter>{prefix}</{q}Filter>")
    };
    format!(
        "<{q}Rule>
    <{q}ID>{id}</{q}ID>
    {scope}
    <{q}Status>Enabled</{q}Status>
    <{q}Expiration><{q}Days>{days}</{q}Days></{q}Expiration>
    <{q}NoncurrentVersionExpiration><{q}NoncurrentDays>1</{q}NoncurrentDays></{q}NoncurrentVersionExpiration>
    <{q}AbortIncompleteMultipartUpload><{q}DaysAfterInitiation>1</{q}DaysAfterInitiation></{q}AbortIncompleteMultipartUpload>
  </{q}Rule>"
    )
}

fn splice(text: &[u8], place: Range<usize>, new: &[u8]) -> Vec<u8> {
    [&text[..place.start], new, &text[place.end..]].concat()
}

#[cfg(test)]
mod tests;
