//! Signature Version 4, by rust-s3: credentials, region and bucket are its
//! types, and its `signing` module makes key, string to sign and header. The
//! only room that names rust-s3.
//!
//! The canonical request is written here: our names need almost no escaping,
//! and rust-s3's own hashes a body three times (see `AttoRequest::headers`).
//! What is signed is what is sent: path and query come back in their final form.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use hmac::Mac as _;
use s3::Region;
use s3::signing::{self, HmacSha256};

use super::outgoing::Header;
use crate::credentials::Credentials;
use crate::digest::{hex, sha256};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind, Result};
use crate::time::{amz_date, utc};

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// A request before it is signed: headers in lower case.
#[derive(Debug)]
pub(super) struct Unsigned<'a> {
    pub(super) method: &'static str,
    /// As a name, not escaped.
    pub(super) path: &'a str,
    /// Names and values, not escaped; sorted by name.
    pub(super) query: &'a [(&'static str, &'a str)],
    pub(super) headers: Vec<Header<'a>>,
    pub(super) body: [&'a [u8]; 2],
}

/// What to send: path and query escaped, headers with the signature among them.
#[derive(Debug)]
pub(super) struct Signed<'a> {
    pub(super) path_and_query: String,
    pub(super) headers: Vec<Header<'a>>,
}

/// Signs, and keeps what the day's signatures have in common.
pub(super) struct Signer {
    sign_payload: bool,
    kept: RefCell<Option<Kept>>,
}

/// The key derived from one secret for one region and one UTC day.
struct Kept {
    credentials: Arc<Credentials>,
    endpoint: Arc<Endpoint>,
    /// Always custom: rust-s3's table of regions lacks some and gives others hosts of old.
    region: Region,
    /// Counted from 1970.
    day: i64,
    key: Vec<u8>,
}

impl Signer {
    pub(super) fn new(sign_payload: bool) -> Self {
        Self {
            sign_payload,
            kept: RefCell::new(None),
        }
    }

    /// Signs for the moment `now`; without credentials only escapes.
    pub(super) fn sign<'a>(
        &self,
        request: Unsigned<'a>,
        endpoint: &Arc<Endpoint>,
        credentials: Option<&Arc<Credentials>>,
        now: i64,
    ) -> Result<Signed<'a>> {
        let path = signing::uri_encode(request.path, false);
        let query = query_string(request.query);
        let mut headers = request.headers;
        if let Some(credentials) = credentials {
            let payload = if self.sign_payload || request.body.iter().all(|part| part.is_empty()) {
                Cow::Owned(hex(&sha256(&request.body)))
            } else {
                Cow::Borrowed(UNSIGNED)
            };
            headers.push(("x-amz-content-sha256".into(), payload));
            headers.push(("x-amz-date".into(), amz_date(utc(now)).into()));
            if let Some(token) = &credentials.session_token {
                headers.push(("x-amz-security-token".into(), token.clone().into()));
            }
            headers.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
            let names: Vec<&str> = headers.iter().map(|(name, _)| &**name).collect();
            let names = names.join(";");
            let text = canonical(request.method, &path, &query, &headers, &names);
            let authorization = self
                .authorize(&text, &names, endpoint, credentials, now)
                .map_err(unusable)?;
            headers.push(("authorization".into(), authorization.into()));
        }
        let path_and_query = match query.as_str() {
            "" => path,
            query => format!("{path}?{query}"),
        };
        Ok(Signed {
            path_and_query,
            headers,
        })
    }

    fn authorize(
        &self,
        canonical: &str,
        names: &str,
        endpoint: &Arc<Endpoint>,
        credentials: &Arc<Credentials>,
        now: i64,
    ) -> Result<String, s3::error::S3Error> {
        let mut kept = self.kept.borrow_mut();
        let kept = match kept.take() {
            Some(one) if one.serves(endpoint, credentials, now) => kept.insert(one),
            _ => kept.insert(Kept::new(endpoint, credentials, now)?),
        };
        let at = utc(now);
        let text = signing::string_to_sign(&at, &kept.region, canonical)?;
        let mut mac = HmacSha256::new_from_slice(&kept.key)?;
        mac.update(text.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        signing::authorization_header(
            &credentials.access_key,
            &at,
            &kept.region,
            names,
            &signature,
        )
    }
}

impl Kept {
    fn new(
        endpoint: &Arc<Endpoint>,
        credentials: &Arc<Credentials>,
        now: i64,
    ) -> Result<Self, s3::error::S3Error> {
        let region = Region::Custom {
            region: endpoint.region.clone(),
            endpoint: format!("{}://{}", endpoint.scheme(), endpoint.host),
        };
        let key = signing::signing_key(&utc(now), &credentials.secret_key, &region, "s3")?;
        Ok(Self {
            credentials: Arc::clone(credentials),
            endpoint: Arc::clone(endpoint),
            region,
            day: day(now),
            key,
        })
    }

    fn serves(&self, endpoint: &Arc<Endpoint>, credentials: &Arc<Credentials>, now: i64) -> bool {
        Arc::ptr_eq(&self.endpoint, endpoint)
            && Arc::ptr_eq(&self.credentials, credentials)
            && self.day == day(now)
    }
}

fn day(now: i64) -> i64 {
    now.div_euclid(24 * 60 * 60 * 1000)
}

impl Clone for Signer {
    fn clone(&self) -> Self {
        Self::new(self.sign_payload)
    }
}

/// The canonical request; the payload's hash is among the headers.
fn canonical(method: &str, path: &str, query: &str, headers: &[Header<'_>], names: &str) -> String {
    let mut text = String::with_capacity(512);
    for part in [method, path, query] {
        text.push_str(part);
        text.push('\n');
    }
    let mut payload = UNSIGNED;
    for (name, value) in headers {
        text.push_str(name);
        text.push(':');
        text.push_str(value.trim());
        text.push('\n');
        if name == "x-amz-content-sha256" {
            payload = value;
        }
    }
    text.push('\n');
    text.push_str(names);
    text.push('\n');
    text.push_str(payload);
    text
}

fn query_string(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", signing::uri_encode(value, true)))
        .collect();
    pairs.join("&")
}

fn unusable(source: s3::error::S3Error) -> Error {
    let what = "the credentials cannot be used for signing";
    Error::new(ErrorKind::InvalidOption, what).with_source(source)
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("sign_payload", &self.sign_payload)
            .finish_non_exhaustive()
    }
}

/// The examples of "Authenticating Requests: Using the Authorization Header"
/// in the Amazon S3 API reference, signature for signature.
#[cfg(test)]
mod tests {
    use super::*;

    /// 20130524T000000Z
    const AT: i64 = 1_369_353_600_000;

    fn endpoint(bucket: &str, url: &str) -> Arc<Endpoint> {
        Arc::new(Endpoint::new(bucket, "us-east-1", Some(url), Some(false)).unwrap())
    }

    fn signature(mut request: Unsigned<'_>) -> (String, String) {
        let endpoint = endpoint("examplebucket", "http://s3.amazonaws.com");
        assert_eq!(endpoint.host, "examplebucket.s3.amazonaws.com");
        request
            .headers
            .push(("host".into(), endpoint.host.clone().into()));
        let credentials = Arc::new(Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ));
        let by = Signer::new(true);
        let signed = by.sign(request, &endpoint, Some(&credentials), AT).unwrap();
        let (_, authorization) = signed.headers.last().unwrap();
        let (head, signature) = authorization.split_once("Signature=").unwrap();
        assert!(head.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders="
        ));
        (signed.path_and_query, signature.to_owned())
    }

    fn get<'a>(path: &'a str, query: &'a [(&'static str, &'a str)]) -> Unsigned<'a> {
        Unsigned {
            method: "GET",
            path,
            query,
            headers: vec![],
            body: [b"", b""],
        }
    }

    #[test]
    fn get_object_with_a_range() {
        let mut request = get("/test.txt", &[]);
        request.headers.push(("range".into(), "bytes=0-9".into()));
        let (path, signature) = signature(request);
        assert_eq!(path, "/test.txt");
        assert_eq!(
            signature,
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
    }

    #[test]
    fn put_object() {
        let request = Unsigned {
            method: "PUT",
            path: "/test$file.text",
            query: &[],
            headers: vec![
                ("date".into(), "Fri, 24 May 2013 00:00:00 GMT".into()),
                ("x-amz-storage-class".into(), "REDUCED_REDUNDANCY".into()),
            ],
            body: [b"Welcome to ", b"Amazon S3."],
        };
        let (path, signature) = signature(request);
        assert_eq!(path, "/test%24file.text");
        assert_eq!(
            signature,
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
    }

    #[test]
    fn a_subresource_and_a_listing() {
        assert_eq!(
            signature(get("/", &[("lifecycle", "")])).1,
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            signature(get("/", &[("max-keys", "2"), ("prefix", "J")])).1,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }

    /// One more day, other credentials, another region: another key; and the
    /// first one's again.
    #[test]
    fn the_key_is_kept_for_what_it_is_made_of() {
        let place = endpoint("examplebucket", "http://host");
        let elsewhere = Arc::new(place.in_region("eu-west-1").unwrap());
        let keys = |secret: &str| Arc::new(Credentials::new("a", secret));
        let (one, two) = (keys("the-secret"), keys("another-secret"));
        let by = Signer::new(true);
        let at = |place, credentials, now| {
            let signed = by
                .sign(get("/x", &[]), place, Some(credentials), now)
                .unwrap();
            signed.headers.last().unwrap().1.clone()
        };
        let day = 24 * 60 * 60 * 1000;
        let first = at(&place, &one, AT);
        for other in [
            at(&place, &one, AT + day),
            at(&place, &two, AT),
            at(&elsewhere, &one, AT),
        ] {
            assert_ne!(other, first);
            assert_eq!(at(&place, &one, AT), first);
        }
        assert!(!format!("{by:?}").contains("secret"));
    }

    #[test]
    fn unsigned_without_credentials() {
        let place = endpoint("examplebucket", "http://host");
        let signed = Signer::new(true).sign(get("/x", &[("a", "b c")]), &place, None, AT);
        let signed = signed.unwrap();
        assert_eq!(signed.path_and_query, "/x?a=b%20c");
        assert!(signed.headers.is_empty());
    }
}
