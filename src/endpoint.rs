//! Where the bucket is: from endpoint, region and bucket name to the host and
//! path of every request. Checked once, at opening; with its annexes the only
//! room that names `url`.
//!
//! Stricter than rust-s3, which takes any string here: a bucket `x?y` would
//! change the host, an endpoint with a password would send it in clear.

mod aws;
mod parts;

use std::net::IpAddr;

use url::{Host, Url};

pub(crate) use self::aws::{domain_of, region_of_host, region_of_url};
pub(crate) use self::parts::of_parts;
use crate::error::{Result, invalid};

/// The place of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) tls: bool,
    /// The value of the Host header: the port is told unless it is the scheme's own.
    pub(crate) host: String,
    /// What comes before an object name in a path; ends in a slash.
    pub(crate) base: String,
    /// What it was made of, none for AWS itself, to make it again for another region.
    url: Option<String>,
    path_style: Option<bool>,
}

impl Endpoint {
    /// `url` none: AWS. `path_style` none: path style for any endpoint given
    /// and for dotted buckets (no wildcard certificate covers them), else the
    /// bucket becomes part of the host name.
    pub(crate) fn new(
        bucket: &str,
        region: &str,
        url: Option<&str>,
        path_style: Option<bool>,
    ) -> Result<Self> {
        check_bucket(bucket)?;
        check_region(region)?;
        let aws = format!("https://{}", aws::host_of(region));
        let regional = url.and_then(|url| aws::regional(url, region));
        let url = regional.as_deref().or(url);
        let parsed = parse("endpoint", url.unwrap_or(&aws))?;
        let tls = parsed.scheme() == "https";
        if tls && cfg!(not(feature = "tls")) {
            return Err(invalid(
                "endpoint",
                "https needs the feature tls of s3cache, which is on by default",
            ));
        }
        let host = match (parsed.host_str(), parsed.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(invalid("endpoint", "it has no host")),
        };
        let given_style = path_style;
        let by_address = !matches!(parsed.host(), Some(Host::Domain(_)));
        let path_style = path_style.unwrap_or(url.is_some() || bucket.contains('.'));
        if by_address && !path_style {
            return Err(invalid(
                "path_style",
                "an IP address needs path style: a bucket cannot be put before it",
            ));
        }
        let path = parsed.path().trim_end_matches('/');
        let (host, base) = if path_style {
            (host, format!("{path}/{bucket}/"))
        } else {
            (format!("{bucket}.{host}"), format!("{path}/"))
        };
        Ok(Self {
            bucket: bucket.to_owned(),
            region: region.to_owned(),
            tls,
            host,
            base,
            url: url.map(str::to_owned),
            path_style: given_style,
        })
    }

    /// The same bucket, should it be in another region: AWS has a host for
    /// each, and any other endpoint stays where it is.
    pub(crate) fn in_region(&self, region: &str) -> Result<Self> {
        let url = self.url.as_deref();
        let moved = url.and_then(|url| aws::moved(url, region));
        let url = moved.as_deref().or(url);
        Self::new(&self.bucket, region, url, self.path_style)
    }

    /// Whether it is AWS that is asked, and no other engine.
    pub(crate) fn is_aws(&self) -> bool {
        self.url.as_deref().is_none_or(aws::is_s3)
    }

    /// Whether what is sent there leaves this machine in the clear.
    pub(crate) fn is_in_the_clear(&self) -> bool {
        // A port has no brackets in it, an IPv6 address ends in one.
        let name = match self.host.rsplit_once(':') {
            Some((name, port)) if !port.contains(']') => name,
            _ => &self.host,
        };
        let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
        let here = name == "localhost" || address.is_ok_and(|address| address.is_loopback());
        !self.tls && !here
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

/// `option`: where it comes from.
fn parse(option: &'static str, text: &str) -> Result<Url> {
    // The URL parser drops tabs and line feeds and takes backslashes for slashes.
    if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
        return Err(invalid(
            option,
            "it holds a space, a backslash or something outside ASCII",
        ));
    }
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Err(invalid(option, "it must begin with http:// or https://"));
    }
    let url = Url::parse(text).map_err(|e| invalid(option, format!("it is no URL: {e}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            option,
            "credentials do not belong in it: use the options access_key and secret_key",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid(option, "it must end before any ? or #"));
    }
    let name = |host: &str| {
        let of_a_name = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        host.bytes().all(of_a_name)
    };
    // The root's dot may end it; between dots there is always something.
    let part = |part: &str| !part.is_empty() && part.trim_matches('-') == part;
    if let Some(Host::Domain(host)) = url.host() {
        if !name(host) {
            return Err(invalid(
                option,
                "its host may hold letters, digits and - . _ only; the bucket does not belong in it",
            ));
        }
        if !host.strip_suffix('.').unwrap_or(host).split('.').all(part) {
            return Err(invalid(
                option,
                "its host has two dots in a row, begins with one, or has a - beside a dot or at an end",
            ));
        }
    }
    if url.port() == Some(0) {
        return Err(invalid(option, "its port is a number from 1 to 65535"));
    }
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    if !url.path().bytes().all(safe)
        || url.path().contains("//")
        || text.contains('%')
        || text.contains("/.")
    {
        return Err(invalid(
            option,
            "its path may hold letters, digits and - . _ ~ only, and no empty or dot segments",
        ));
    }
    Ok(url)
}

/// Amazon's rules for general purpose buckets, which every engine can address:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>.
fn check_bucket(name: &str) -> Result<()> {
    let alnum = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let bytes = name.as_bytes();
    if name.is_empty() {
        return Err(invalid("bucket", "it is not given"));
    }
    let shape = (3..=63).contains(&bytes.len())
        && bytes
            .iter()
            .all(|b| alnum(Some(b)) || matches!(b, b'.' | b'-'))
        && alnum(bytes.first())
        && alnum(bytes.last())
        && !name.contains("..");
    if !shape {
        return Err(invalid(
            "bucket",
            "a bucket's name has 3 to 63 characters of a-z, 0-9, . and -, begins and ends with a letter or digit, and has no two dots in a row",
        ));
    }
    let of_an_address = |b: u8| b == b'.' || b.is_ascii_digit();
    if name.split('.').count() == 4 && name.bytes().all(of_an_address) {
        return Err(invalid(
            "bucket",
            "a bucket's name is not formed like an IPv4 address",
        ));
    }
    if name.ends_with("--x-s3") {
        return Err(invalid(
            "bucket",
            "directory buckets (S3 Express One Zone) need session credentials, which are not supported: use a general purpose bucket",
        ));
    }
    Ok(())
}

/// A region becomes part of a host's name and of every signature.
pub(crate) fn is_region(name: &str) -> bool {
    let of_a_name = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let fit = name.bytes().all(of_a_name) && name.trim_matches('-') == name;
    (1..=64).contains(&name.len()) && fit
}

fn check_region(name: &str) -> Result<()> {
    if is_region(name) {
        Ok(())
    } else {
        Err(invalid(
            "region",
            "a region's name has 1 to 64 letters, digits, - and _, and no - at its ends, as in us-east-1",
        ))
    }
}

#[cfg(test)]
mod tests;
