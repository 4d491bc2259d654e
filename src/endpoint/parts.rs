//! An endpoint in parts, as django-s3-cache was told it: `host`, `port` and
//! `use_ssl`, put together to a URL or to AWS as such.

use std::net::Ipv6Addr;

use super::aws::{GLOBAL, region_of_host};
use super::parse;
use crate::error::{Result, invalid};

/// What the parts amount to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// None is AWS, each region of which has a host of its own.
    pub(crate) url: Option<String>,
    /// Where the host is one of AWS's, which says it.
    pub(crate) region: Option<String>,
}

/// `host`, `port` and `use_ssl`, where any is given.
pub(crate) fn of_parts(
    host: Option<&str>,
    port: Option<u16>,
    use_ssl: Option<bool>,
) -> Result<Parts> {
    let tls = use_ssl != Some(false);
    let host = host.unwrap_or_default().to_ascii_lowercase();
    if host.contains('/') {
        return Err(invalid(
            "host",
            "it is a host's name alone; the option endpoint takes a URL",
        ));
    }
    let region = region_of_host(&host);
    let is_aws = host.is_empty() || host == GLOBAL || region.is_some();
    if is_aws && port.is_none() && tls {
        return Ok(Parts { url: None, region });
    }
    let named = match &*host {
        "" => GLOBAL.to_owned(),
        bare if bare.parse::<Ipv6Addr>().is_ok() => format!("[{bare}]"),
        _ => host,
    };
    let scheme = if tls { "https" } else { "http" };
    let of_host = parse("host", &format!("{scheme}://{named}"))?;
    if of_host.port().is_some() && port.is_some() {
        return Err(invalid(
            "host",
            "it has a port, and so has the option port: one will do",
        ));
    }
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Ok(Parts {
        url: Some(format!("{scheme}://{named}{port}")),
        region,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn url(host: &str, port: Option<u16>, use_ssl: Option<bool>) -> Option<String> {
        of_parts(Some(host), port, use_ssl).unwrap().url
    }

    #[test]
    fn a_host_becomes_a_url() {
        for (host, port, ssl, expected) in [
            ("minio", None, None, "https://minio"),
            ("minio", None, Some(true), "https://minio"),
            ("minio", Some(9000), None, "https://minio:9000"),
            (
                "Minio.Local",
                Some(80),
                Some(false),
                "http://minio.local:80",
            ),
            ("minio:9000", None, Some(false), "http://minio:9000"),
            (
                "127.0.0.1",
                Some(9000),
                Some(false),
                "http://127.0.0.1:9000",
            ),
            ("[::1]", Some(9000), Some(false), "http://[::1]:9000"),
            ("[::1]:9000", None, Some(false), "http://[::1]:9000"),
            ("::1", None, Some(false), "http://[::1]"),
            ("fe80::1", Some(443), None, "https://[fe80::1]:443"),
            (
                "s3.dualstack.eu-west-1.amazonaws.com",
                None,
                None,
                "https://s3.dualstack.eu-west-1.amazonaws.com",
            ),
        ] {
            assert_eq!(url(host, port, ssl).as_deref(), Some(expected), "{host}");
        }
    }

    #[test]
    fn awss_hosts_are_aws() {
        let aws = |host, use_ssl| of_parts(host, None, use_ssl).unwrap();
        let of = |region: Option<&str>| Parts {
            url: None,
            region: region.map(str::to_owned),
        };
        assert_eq!(aws(None, None), of(None));
        assert_eq!(aws(Some(""), Some(true)), of(None));
        assert_eq!(aws(Some("s3.amazonaws.com"), None), of(None));
        assert_eq!(aws(Some("S3.AmazonAWS.com"), Some(true)), of(None));
        for host in ["s3-eu-west-1.amazonaws.com", "s3.eu-west-1.amazonaws.com"] {
            assert_eq!(aws(Some(host), None), of(Some("eu-west-1")));
        }
        let clear = aws(Some("s3.eu-west-1.amazonaws.com"), Some(false));
        let url = clear.url.as_deref();
        assert_eq!(url, Some("http://s3.eu-west-1.amazonaws.com"));
        assert_eq!(clear.region.as_deref(), Some("eu-west-1"));
        let clear = of_parts(None, Some(8080), Some(false)).unwrap();
        assert_eq!(clear.url.as_deref(), Some("http://s3.amazonaws.com:8080"));
        // It leads elsewhere than to a region of that name.
        let host = "s3-accelerate.amazonaws.com";
        assert_eq!(aws(Some(host), None).region, None);
        assert!(aws(Some(host), None).url.is_some());
    }

    #[test]
    fn refused() {
        for host in [
            "http://minio",
            "minio/s3",
            "user:hush@minio",
            "minio:99999",
            "mi nio",
            "minio?x",
            "minio#x",
            "minio\n",
            "[::1",
            ":9000",
            "h\u{f6}st",
        ] {
            let error = of_parts(Some(host), None, None).expect_err(host);
            assert_eq!(error.kind(), ErrorKind::InvalidOption, "{host}");
            assert!(error.to_string().contains("option host"), "{error}");
            assert!(!format!("{error:?}").contains("hush"), "{error}");
        }
        of_parts(Some("minio:1"), Some(2), None).expect_err("two ports");
    }
}
