//! Options as a URL: `s3://bucket/location?name=value&name=value`.
//!
//! Bucket and location are taken as they stand; names and values are
//! percent-encoded UTF-8, with `+` or `%20` for a space. What is written reads
//! back as the same options, but for secrets and functions.

use std::fmt::Write as _;

use crate::error::{Error, ErrorKind, Result};

use super::Options;
use super::names::{Named, find};
use super::pairs::Given;
use super::table::table;

impl Options {
    /// Options out of a URL, `s3://bucket/location?name=value&name=value`, the
    /// names and values as [`set`](Self::set) takes them, percent-encoded where
    /// need be. Without a location it is the bucket's root.
    ///
    /// Keys may be among them; they are better kept out of a URL, and in the
    /// environment.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`], as for [`set`](Self::set), and for a URL of
    /// another scheme, with a user or password before the bucket, with a
    /// fragment, or with what is no percent-encoded UTF-8. The error does not
    /// repeat the URL.
    ///
    /// ```
    /// # use s3cache::Options;
    /// let url = "s3://my-bucket/app/cache?endpoint=http://127.0.0.1:9000&default_timeout=1h";
    /// let options = Options::from_url(url)?;
    /// # assert_eq!(options.get("default_timeout").as_deref(), Some("3600"));
    /// # assert_eq!(options.get("location").as_deref(), Some("app/cache"));
    /// # Ok::<(), s3cache::Error>(())
    /// ```
    pub fn from_url(url: impl AsRef<str>) -> Result<Self> {
        Self::read_url(url.as_ref(), "the URL")
    }

    /// `of` is what errors call the URL.
    pub(super) fn read_url(url: &str, of: &str) -> Result<Self> {
        let rest = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("s3") => rest,
            _ => {
                let why = format!("{of} cannot be used: it must begin with s3://");
                return Err(refused(
                    why,
                    "it looks like s3://bucket/location?name=value",
                ));
            }
        };
        if rest.contains('#') {
            let why = format!("{of} cannot be used: it has a fragment");
            return Err(refused(why, "write %23 for a # in a value"));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (bucket, location) = place.split_once('/').unwrap_or((place, ""));
        if bucket.contains('@') {
            let why = format!("{of} cannot be used: credentials do not belong before the bucket");
            return Err(refused(
                why,
                "give the options access_key and secret_key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment",
            ));
        }
        let mut options = Self::new("");
        for (name, value) in [("bucket", bucket), ("location", location)] {
            if !value.is_empty() {
                options.put(Given::Place(name, of), value)?;
            }
        }
        // What follows a secret may be the rest of one that was not encoded.
        let mut after_secret = false;
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = pair(part, of)?;
            let known = find(&name);
            if known.is_none() && after_secret {
                let why = format!("{of} has a name after a secret that is no option's");
                return Err(refused(why, "write %26 for a & in a value"));
            }
            if let Some(Named::Row(row, _)) = known {
                after_secret |= row.secret;
                let twice = match row.name {
                    "bucket" => !bucket.is_empty(),
                    "location" => !location.is_empty(),
                    _ => false,
                };
                if twice {
                    let why = format!("{of} gives the {} twice", row.name);
                    return Err(refused(why, "leave it out after the ?"));
                }
            }
            options.put(Given::Query(&name, of), &value)?;
        }
        Ok(options)
    }

    /// A URL that [`from_url`](Self::from_url) takes, with whatever is not at
    /// its default, but for secrets, access keys among them, and functions.
    ///
    /// ```
    /// # use s3cache::Options;
    /// let options = Options::new("my-bucket").location("app").credentials("key", "secret");
    /// assert_eq!(options.max_entries(0).to_url(), "s3://my-bucket/app?max_entries=0");
    /// ```
    #[must_use]
    pub fn to_url(&self) -> String {
        let mut url = "s3://".to_owned();
        let mut query = String::new();
        for row in table() {
            let Some(text) = self.text_of(row) else {
                continue;
            };
            match row.name {
                "bucket" if text.bytes().all(stands_in_host) => url.push_str(&text),
                "location" if text.bytes().all(stands_in_path) => {
                    url.push('/');
                    url.push_str(&text);
                }
                name => {
                    query.push(if query.is_empty() { '?' } else { '&' });
                    query.push_str(name);
                    query.push('=');
                    encode(&text, &mut query);
                }
            }
        }
        url + &query
    }
}

fn refused(why: String, remedy: &'static str) -> Error {
    Error::new(ErrorKind::InvalidOption, why).with_remedy(remedy)
}

/// Whatever a bucket's name may hold.
fn stands_in_host(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._".contains(&b)
}

/// Whatever a location may hold.
fn stands_in_path(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"/._-~=@!()*".contains(&b)
}

fn pair(part: &str, of: &str) -> Result<(String, String)> {
    let (name, value) = part.split_once('=').unwrap_or((part, ""));
    let name = decode(name).ok_or_else(|| {
        let why = format!("{of} cannot be used: a name in it is no percent-encoded UTF-8");
        refused(why, "write %25 for a %")
    })?;
    // What is no name may be anything, a part of a secret too.
    let known = match find(&name) {
        Some(_) => format!("the option {name} in {of}"),
        None => format!("an option in {of}"),
    };
    if !part.contains('=') {
        let why = format!("{known} has no value");
        return Err(refused(
            why,
            "write name=value, with & between options and %26 for a & in a value",
        ));
    }
    let value = decode(value).ok_or_else(|| {
        let why = format!("{known} cannot be used: its value is no percent-encoded UTF-8");
        refused(why, "write %25 for a %")
    })?;
    Ok((name, value))
}

/// Stricter than what browsers do: what is cut short or no UTF-8 is refused.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        bytes.push(match b {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            b => b,
        });
    }
    String::from_utf8(bytes).ok()
}

fn encode(text: &str, to: &mut String) {
    for b in text.bytes() {
        match b {
            // An endpoint stays readable, and + and & are what they are.
            _ if b.is_ascii_alphanumeric() || b"-._~/:,".contains(&b) => to.push(b.into()),
            b' ' => to.push('+'),
            // Writing to a string cannot fail.
            _ => drop(write!(to, "%{b:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_and_decoded() {
        let all: String = (0..=0x2ff).filter_map(char::from_u32).collect();
        let mut encoded = String::new();
        encode(&all, &mut encoded);
        assert!(encoded.bytes().all(|b| b.is_ascii_graphic()), "{encoded}");
        assert!(!encoded.contains(['&', '#', '=', '?', '@']), "{encoded}");
        assert_eq!(decode(&encoded), Some(all));
        assert_eq!(decode("a%2bb+c%2B").as_deref(), Some("a+b c+"));
        for text in ["%", "%1", "%g0", "%0g", "%ff", "%C3", "%+1"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
