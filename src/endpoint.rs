//! Where the bucket is: from endpoint, region and bucket name to the host and
//! path of every request. Checked once, at opening; the only room that names
//! `url`.
//!
//! Stricter than rust-s3, which takes any string here: a bucket `x?y` would
//! change the host, an endpoint with a password would send it in clear.

use url::{Host, Url};

use crate::error::{Error, ErrorKind, Result};

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

/// An endpoint in parts, as django-s3-cache was told it, put together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) url: Option<String>,
    /// Where the host is one of AWS's own, which says it.
    pub(crate) region: Option<String>,
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
        let aws = aws_url(region);
        let parsed = parse(url.unwrap_or(&aws))?;
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
        Self::new(&self.bucket, region, self.url.as_deref(), self.path_style)
    }

    /// Whether what is sent there leaves this machine in the clear.
    pub(crate) fn is_in_the_clear(&self) -> bool {
        let name = self
            .host
            .rsplit_once(':')
            .map_or(&*self.host, |(name, _)| name);
        let here = name == "localhost" || name == "[::1]" || name.starts_with("127.");
        !self.tls && !here
    }

    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

/// The regional host, which every region has; rust-s3 knows older names only.
fn aws_url(region: &str) -> String {
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://s3.{region}.amazonaws.com{china}")
}

/// `host`, `port` and `use_ssl`, where any is given. AWS's own host stands for
/// AWS as such, each region of which has its own.
pub(crate) fn of_parts(
    host: Option<&str>,
    port: Option<u16>,
    use_ssl: Option<bool>,
) -> Result<Parts> {
    let host = host.filter(|host| !host.is_empty());
    let scheme = if use_ssl == Some(false) {
        "http"
    } else {
        "https"
    };
    if host.is_some_and(|host| host.contains("://") || host.contains('/')) {
        return Err(invalid(
            "host",
            "it is a host's name alone; the option endpoint takes a URL",
        ));
    }
    let region = host.and_then(region_of_host);
    let is_aws = host.is_none_or(|host| host == GLOBAL) || region.is_some();
    if is_aws && port.is_none() && use_ssl != Some(false) {
        return Ok(Parts { url: None, region });
    }
    let named = host.unwrap_or(GLOBAL);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Ok(Parts {
        url: Some(format!("{scheme}://{named}{port}")),
        region,
    })
}

/// AWS's host of old, which leads to buckets of every region.
const GLOBAL: &str = "s3.amazonaws.com";

/// `s3.REGION.amazonaws.com`, and `s3-REGION…` as it was once, with or
/// without a bucket before it.
pub(crate) fn region_of_host(host: &str) -> Option<String> {
    let host = host.strip_suffix(".cn").unwrap_or(host);
    let host = host.strip_suffix(".amazonaws.com")?;
    let (before, region) = host.rsplit_once('.').unwrap_or(("", host));
    let region = match region.strip_prefix("s3-") {
        Some(region) => region,
        None if before == "s3" || before.ends_with(".s3") => region,
        None => return None,
    };
    check_region(region).ok()?;
    Some(region.to_owned())
}

/// The same of a whole URL.
pub(crate) fn region_of_url(url: &str) -> Option<String> {
    region_of_host(Url::parse(url).ok()?.host_str()?)
}

fn parse(text: &str) -> Result<Url> {
    // The URL parser drops tabs and line feeds and takes backslashes for slashes.
    if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
        return Err(invalid(
            "endpoint",
            "it holds a space, a backslash or something outside ASCII",
        ));
    }
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Err(invalid(
            "endpoint",
            "it must begin with http:// or https://",
        ));
    }
    let url = Url::parse(text).map_err(|e| invalid("endpoint", "it is no URL").with_source(e))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(
            "endpoint",
            "credentials do not belong in it: use the option credentials",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("endpoint", "it must end before any ? or #"));
    }
    let name = |host: &str| {
        let of_a_name = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        host.bytes().all(of_a_name)
    };
    if matches!(url.host(), Some(Host::Domain(host)) if !name(host)) {
        return Err(invalid(
            "endpoint",
            "its host may hold letters, digits and - . _ only; the bucket does not belong in it",
        ));
    }
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    if !url.path().bytes().all(safe)
        || url.path().contains("//")
        || text.contains('%')
        || text.contains("/.")
    {
        return Err(invalid(
            "endpoint",
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
    if name.ends_with("--x-s3") {
        return Err(invalid(
            "bucket",
            "directory buckets (S3 Express One Zone) need session credentials, which are not supported: use a general purpose bucket",
        ));
    }
    Ok(())
}

fn check_region(name: &str) -> Result<()> {
    let shape = !name.is_empty()
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if shape {
        Ok(())
    } else {
        Err(invalid(
            "region",
            "a region's name has letters, digits, - and _ only, as in us-east-1",
        ))
    }
}

pub(crate) fn invalid(option: &'static str, why: &'static str) -> Error {
    Error::new(
        ErrorKind::InvalidOption,
        format!("the option {option} cannot be used: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str) -> Result<Endpoint> {
        Endpoint::new("bucket", "us-east-1", Some(url), None)
    }

    #[test]
    fn hosts_and_paths() {
        let told = |e: Endpoint| (e.tls, e.host, e.base);
        let http = |host: &str, base: &str| (false, host.to_owned(), base.to_owned());
        for (url, host, base) in [
            ("http://127.0.0.1:9000", "127.0.0.1:9000", "/bucket/"),
            ("http://127.0.0.1:80/", "127.0.0.1", "/bucket/"),
            ("http://[::1]:9000/s3/", "[::1]:9000", "/s3/bucket/"),
            (
                "http://Minio.Local:8333/a/b",
                "minio.local:8333",
                "/a/b/bucket/",
            ),
        ] {
            assert_eq!(told(at(url).unwrap()), http(host, base), "{url}");
        }
        let virtual_host = Endpoint::new("bucket", "r", Some("http://s3.local"), Some(false));
        assert_eq!(told(virtual_host.unwrap()), http("bucket.s3.local", "/"));
    }

    #[cfg(feature = "tls")]
    #[test]
    fn aws_by_region() {
        let told = |bucket: &str, region: &str| {
            let e = Endpoint::new(bucket, region, None, None).unwrap();
            assert!(e.tls);
            e.host + &e.base
        };
        assert_eq!(
            told("bucket", "us-east-1"),
            "bucket.s3.us-east-1.amazonaws.com/"
        );
        assert_eq!(
            told("bucket", "cn-north-1"),
            "bucket.s3.cn-north-1.amazonaws.com.cn/"
        );
        assert_eq!(
            told("my.bucket", "af-south-1"),
            "s3.af-south-1.amazonaws.com/my.bucket/"
        );
    }

    #[test]
    fn refused() {
        for url in [
            "",
            "host",
            "ftp://host",
            "http://",
            "http://u:p@host",
            "http://u@host",
            "http://host?x",
            "http://host#x",
            "http://host/a b",
            "http://host/..",
            "http://host/a/./b",
            "http://host//a",
            "http://ho\tst",
            "http://host\\x",
            "http:/host",
            "http://host:99999",
            "http://host/%2e%2e",
            "http://höst",
            "http://{bucket}.host",
            "http://a`b",
            "http://a\"b",
        ] {
            let error = at(url).expect_err(url);
            assert_eq!(error.kind(), ErrorKind::InvalidOption, "{url}");
            assert!(!format!("{error:?}").contains("u:p"), "{error}");
        }
        for bucket in [
            "",
            "ab",
            "a/b",
            "x?y",
            "A-b",
            "a_b",
            "-ab",
            "ab-",
            "a..b",
            "a--use1-az5--x-s3",
        ] {
            Endpoint::new(bucket, "r", Some("http://host"), None).expect_err(bucket);
        }
        Endpoint::new("bucket", "", None, None).expect_err("empty region");
        Endpoint::new("bucket", "us/east", None, None).expect_err("slash in region");
        Endpoint::new("bucket", "r", Some("http://127.0.0.1"), Some(false))
            .expect_err("host style by address");
    }
}
