//! What goes with each object, as headers: ACL, storage class, encryption,
//! content type, cache control, and any the user adds. Checked when the cache
//! is opened. Nothing optional is there unless asked for.

use std::sync::Arc;

use crate::digest::{from_base64, md5_base64};
use crate::endpoint::{Endpoint, invalid};
use crate::error::Result;
use crate::options::Objects;

/// The headers of every PUT of an object, and those of every GET.
#[derive(Clone)]
pub(crate) struct ObjectHeaders {
    pub(crate) put: Arc<[Header]>,
    pub(crate) get: Arc<[Header]>,
}

/// A name in lower case, and its value.
pub(crate) type Header = (String, String);

/// The canned ACLs of objects and of buckets, but `private`:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>.
const ACLS: [&str; 7] = [
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
];

/// What a request's own making depends on, or what would change the bytes on
/// their way.
const OURS: [&str; 19] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// The same among S3's own, and what would make another request of it.
const OURS_OF_S3: [&str; 9] = [
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-write-offset-bytes",
    "x-amz-website-redirect-location",
];

impl ObjectHeaders {
    pub(crate) fn check(given: &Objects, endpoint: &Endpoint) -> Result<Self> {
        let mut put = Vec::new();
        let kind = given
            .content_type
            .as_deref()
            .filter(|kind| !kind.is_empty());
        put.push(header(
            "content_type",
            "content-type",
            kind.unwrap_or("application/octet-stream"),
        )?);
        if let Some(value) = given.cache_control.as_deref().filter(|v| !v.is_empty()) {
            put.push(header("cache_control", "cache-control", value)?);
        }
        if let Some(acl) = canned_acl("acl", given.acl.as_deref())? {
            put.push(("x-amz-acl".into(), acl));
        }
        if let Some(class) = storage_class(given)? {
            put.push(("x-amz-storage-class".into(), class));
        }
        let encryption = Encryption::check(given, endpoint)?;
        put.extend(encryption.put);
        for (name, value) in &given.headers {
            let (name, value) = header("headers", name, value)?;
            // An option of its own goes first, and of two the later.
            let by_option = put.iter().any(|(n, _)| *n == name);
            let is_default = name == "content-type" && kind.is_none();
            if is_default || !by_option {
                put.retain(|(n, _)| *n != name);
                put.push((name, value));
            }
        }
        Ok(Self {
            put: put.into(),
            get: encryption.get.into(),
        })
    }

    /// Whether objects are of this content type, whatever its parameters.
    pub(crate) fn is_content_type(&self, kind: &str) -> bool {
        let own = self.put.iter().find(|(name, _)| name == "content-type");
        let own = own.map_or("", |(_, value)| value);
        let essence = |kind: &str| {
            let kind = kind.split(';').next().unwrap_or_default();
            kind.trim().to_ascii_lowercase()
        };
        essence(own) == essence(kind)
    }
}

/// The ACL to send: none for `private`, which is what comes without one and
/// what buckets without ACLs, as they are made today, refuse.
pub(crate) fn canned_acl(option: &'static str, acl: Option<&str>) -> Result<Option<String>> {
    let acl = acl.unwrap_or_default().to_ascii_lowercase();
    match &*acl {
        "" | "private" => Ok(None),
        known if ACLS.contains(&known) => Ok(Some(acl)),
        _ => Err(invalid(
            option,
            "it is one of S3's canned ACLs: private, public-read, public-read-write, authenticated-read, aws-exec-read, bucket-owner-read, bucket-owner-full-control, log-delivery-write",
        )
        .with_remedy(format!("{acl:?} is none of them"))),
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html>;
/// other engines have classes of their own.
fn storage_class(given: &Objects) -> Result<Option<String>> {
    let class = given.storage_class.as_deref().unwrap_or_default();
    let class = match (class, given.reduced_redundancy) {
        ("", false) => return Ok(None),
        ("", true) => "REDUCED_REDUNDANCY".to_owned(),
        (class, _) => class.to_ascii_uppercase(),
    };
    let word = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    if class.len() > 64 || !class.bytes().all(word) {
        return Err(invalid(
            "storage_class",
            "it is a name like STANDARD_IA: letters, digits and _ only",
        ));
    }
    if matches!(&*class, "GLACIER" | "DEEP_ARCHIVE") {
        return Err(invalid(
            "storage_class",
            "what lies in GLACIER or DEEP_ARCHIVE must be restored, in hours, before it can be read: GLACIER_IR can be read at once",
        ));
    }
    Ok(Some(class))
}

#[derive(Default)]
struct Encryption {
    put: Vec<Header>,
    get: Vec<Header>,
}

impl Encryption {
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>
    fn check(given: &Objects, endpoint: &Endpoint) -> Result<Self> {
        let how = given.encryption.as_deref().unwrap_or_default();
        let how = how.to_ascii_lowercase();
        let key_id = given
            .encryption_key_id
            .as_deref()
            .filter(|id| !id.is_empty());
        let customer = given.encryption_customer_key.as_deref();
        let customer = customer.filter(|key| !key.is_empty());
        let kms = matches!(&*how, "aws:kms" | "aws:kms:dsse");
        if key_id.is_some() && !kms {
            return Err(invalid(
                "encryption_key_id",
                "it is for encryption = aws:kms alone",
            ));
        }
        if customer.is_some() && !matches!(&*how, "customer" | "") {
            return Err(invalid(
                "encryption_customer_key",
                "it is for encryption = customer alone",
            ));
        }
        let name = "x-amz-server-side-encryption";
        match &*how {
            "customer" => Self::customer(customer, endpoint),
            "" if customer.is_some() => Self::customer(customer, endpoint),
            "" => Ok(Self::default()),
            "aes256" => Ok(Self {
                put: vec![(name.into(), "AES256".into())],
                get: Vec::new(),
            }),
            _ if kms => {
                let mut put = vec![(name.to_owned(), how)];
                if let Some(id) = key_id {
                    let (name, value) = header(
                        "encryption_key_id",
                        "x-amz-server-side-encryption-aws-kms-key-id",
                        id,
                    )?;
                    put.push((name, value));
                }
                Ok(Self {
                    put,
                    get: Vec::new(),
                })
            }
            _ => Err(invalid(
                "encryption",
                "it is AES256, aws:kms, aws:kms:dsse or customer",
            )),
        }
    }

    fn customer(key: Option<&str>, endpoint: &Endpoint) -> Result<Self> {
        let option = "encryption_customer_key";
        let Some(bytes) = key.and_then(from_base64).filter(|key| key.len() == 32) else {
            return Err(invalid(
                option,
                "it is 32 bytes in base64, 44 characters, as `openssl rand -base64 32` prints them",
            ));
        };
        if endpoint.is_in_the_clear() {
            return Err(invalid(
                option,
                "it goes with every request, and so over https only",
            ));
        }
        let name = |end: &str| format!("x-amz-server-side-encryption-customer-{end}");
        let headers = vec![
            (name("algorithm"), "AES256".to_owned()),
            (name("key"), key.unwrap_or_default().to_owned()),
            (name("key-md5"), md5_base64(&bytes)),
        ];
        Ok(Self {
            put: headers.clone(),
            get: headers,
        })
    }
}

/// A header as it may be sent and signed.
fn header(option: &'static str, name: &str, value: &str) -> Result<Header> {
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(
            invalid(option, "a header's name has letters, digits and - only")
                .with_remedy(format!("look at {name:?}")),
        );
    }
    if OURS.contains(&&*name) || OURS_OF_S3.contains(&&*name) {
        return Err(
            invalid(option, "this header is not to be set: each request makes its own, or it would change what is stored")
                .with_remedy(format!("leave out {name}")),
        );
    }
    // Spaces in a row are signed as one, and sent as they are.
    let clean = |b: u8| (0x20..0x7f).contains(&b);
    if value.is_empty() || value.len() > 2048 || !value.bytes().all(clean) || value.contains("  ") {
        return Err(invalid(
            option,
            "a header's value has 1 to 2048 visible ASCII characters and single spaces",
        )
        .with_remedy(format!("look at {name}")));
    }
    Ok((name, value.to_owned()))
}
