//! Signature Version 4, by rust-s3: credentials, region and bucket are its
//! types, and its `signing` module makes key, string to sign and header. The
//! only room that names rust-s3.
//!
//! The canonical request is written here: our names need almost no escaping,
//! and rust-s3's own hashes a body three times (see `AttoRequest::headers`).
//! What is signed is what is sent: path and query come back in their final form.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use std::cell::RefCell;
use std::fmt;

use hmac::Mac as _;
use s3::creds::Credentials;
use s3::signing::{self, HmacSha256};
use s3::{Bucket, Region};

use crate::digest::{hex, sha256};
use crate::error::{Error, ErrorKind, Result};
use crate::settings::Settings;
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
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: [&'a [u8]; 2],
}

/// What to send: path and query escaped, headers with the signature among them.
#[derive(Debug)]
pub(super) struct Signed {
    pub(super) path_and_query: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// Signs for one bucket.
pub(super) struct Signer {
    bucket: Box<Bucket>,
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    sign_payload: bool,
    /// The key derived for one UTC day, counted from 1970.
    day_key: RefCell<Option<(i64, Vec<u8>)>>,
}

impl Signer {
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let given = &settings.credentials;
        let endpoint = &settings.endpoint;
        // Always custom: rust-s3's table of regions lacks some and gives others hosts of old.
        let region = Region::Custom {
            region: endpoint.region.clone(),
            endpoint: format!("{}://{}", endpoint.scheme(), endpoint.host),
        };
        let mut credentials = Credentials::anonymous().map_err(|e| unusable("credentials", e))?;
        credentials.access_key = Some(given.access_key.clone());
        credentials.secret_key = Some(given.secret_key.clone());
        credentials.security_token.clone_from(&given.session_token);
        let bucket = Bucket::new(&endpoint.bucket, region, credentials)
            .map_err(|e| unusable("bucket", e))?;
        Ok(Self {
            bucket,
            access_key: given.access_key.clone(),
            secret_key: given.secret_key.clone(),
            session_token: given.session_token.clone(),
            sign_payload: settings.sign_payload,
            day_key: RefCell::new(None),
        })
    }

    /// Signs for the moment `now`.
    pub(super) fn sign(&self, request: Unsigned<'_>, now: i64) -> Result<Signed> {
        let payload = if self.sign_payload || request.body.iter().all(|part| part.is_empty()) {
            hex(&sha256(&request.body))
        } else {
            UNSIGNED.to_owned()
        };
        let mut headers = request.headers;
        headers.push(("x-amz-content-sha256", payload));
        headers.push(("x-amz-date", amz_date(utc(now))));
        if let Some(token) = &self.session_token {
            headers.push(("x-amz-security-token", token.clone()));
        }
        headers.sort_unstable_by_key(|(name, _)| *name);

        let path = signing::uri_encode(request.path, false);
        let query = query_string(request.query);
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let authorization = self
            .authorize(
                &canonical(request.method, &path, &query, &headers, &names),
                &names,
                now,
            )
            .map_err(|e| unusable("credentials", e))?;
        headers.push(("authorization", authorization));
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
        now: i64,
    ) -> Result<String, s3::error::S3Error> {
        let (at, region) = (utc(now), &self.bucket.region);
        let text = signing::string_to_sign(&at, region, canonical)?;
        let day = now.div_euclid(24 * 60 * 60 * 1000);
        let mut kept = self.day_key.borrow_mut();
        let key = match kept.take() {
            Some((of, key)) if of == day => key,
            _ => signing::signing_key(&at, &self.secret_key, region, "s3")?,
        };
        let mut mac = HmacSha256::new_from_slice(&key)?;
        *kept = Some((day, key));
        mac.update(text.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        signing::authorization_header(&self.access_key, &at, region, names, &signature)
    }
}

impl Clone for Signer {
    fn clone(&self) -> Self {
        Self {
            bucket: self.bucket.clone(),
            access_key: self.access_key.clone(),
            secret_key: self.secret_key.clone(),
            session_token: self.session_token.clone(),
            sign_payload: self.sign_payload,
            day_key: RefCell::new(None),
        }
    }
}

/// The canonical request; the payload's hash is among the headers.
fn canonical(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&str, String)],
    names: &str,
) -> String {
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
        if *name == "x-amz-content-sha256" {
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

fn unusable(option: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(
        ErrorKind::InvalidOption,
        format!("the option {option} cannot be used for signing"),
    )
    .with_source(source)
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("bucket", &self.bucket.name)
            .field("region", &self.bucket.region.to_string())
            .finish_non_exhaustive()
    }
}

/// The examples of "Authenticating Requests: Using the Authorization Header"
/// in the Amazon S3 API reference, signature for signature.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    /// 20130524T000000Z
    const AT: i64 = 1_369_353_600_000;

    fn signature(request: Unsigned<'_>) -> (String, String) {
        let settings = Options::new("examplebucket")
            .endpoint("http://s3.amazonaws.com")
            .region("us-east-1")
            .path_style(false)
            .credentials(
                "AKIAIOSFODNN7EXAMPLE",
                "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            )
            .check()
            .unwrap();
        assert_eq!(settings.endpoint.host, "examplebucket.s3.amazonaws.com");
        let by = Signer::new(&settings).unwrap();
        let mut request = request;
        request.headers.push(("host", settings.endpoint.host));
        let signed = by.sign(request, AT).unwrap();
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
        request.headers.push(("range", "bytes=0-9".into()));
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
                ("date", "Fri, 24 May 2013 00:00:00 GMT".into()),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY".into()),
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

    /// One more day, one more key; and the first one's again.
    #[test]
    fn the_key_is_kept_for_its_day_only() {
        let settings = Options::new("examplebucket")
            .endpoint("http://host")
            .credentials("a", "the-secret")
            .check()
            .unwrap();
        let by = Signer::new(&settings).unwrap();
        let at = |now| {
            let signed = by.sign(get("/x", &[]), now).unwrap();
            signed.headers.last().unwrap().1.clone()
        };
        let day = 24 * 60 * 60 * 1000;
        let (first, next) = (at(AT), at(AT + day));
        assert_ne!(first, next);
        assert_eq!(at(AT), first);
        assert_eq!(at(AT + day), next);
        assert!(!format!("{by:?}").contains("the-secret"));
    }
}
