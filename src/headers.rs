//! What goes with each object, as headers: ACL, storage class, encryption,
//! content type, cache control, and any the user adds. Checked when the cache
//! is opened. Nothing optional is there unless asked for.

mod content_type;
mod encryption;

use std::sync::Arc;

use self::content_type::is_content_type;
pub(crate) use self::content_type::{essence, is_type};
use self::encryption::Encryption;
use crate::endpoint::Endpoint;
use crate::error::{Result, invalid};
use crate::options::Objects;

/// The headers of every PUT of an object, and those of every GET.
#[derive(Clone)]
pub(crate) struct ObjectHeaders {
    pub(crate) put: Arc<[Header]>,
    pub(crate) get: Arc<[Header]>,
}

/// A name in lower case, and its value.
pub(crate) type Header = (String, String);

/// The canned ACLs of objects, but `private`:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>.
const ACLS: [&str; 6] = [
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
];

/// Those of buckets, from the same page: S3 ignores the owner's there.
const BUCKET_ACLS: [&str; 5] = [
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "log-delivery-write",
];

/// What a request's own making depends on, or what would change the bytes on
/// their way.
const OURS: [&str; 22] = [
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
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
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
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-trailer",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
];

/// Of one body each, not of all; and a key that reads would have to bring, too.
const OURS_BY_START: [&str; 2] = ["x-amz-checksum-", "x-amz-server-side-encryption-customer-"];

impl ObjectHeaders {
    pub(crate) fn check(given: &Objects, endpoint: &Endpoint) -> Result<Self> {
        let mut put = Vec::new();
        // Never without one: SeaweedFS looks for it in the body then, and takes
        // a writer that dies before its first byte for one that writes nothing.
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
        if let Some(acl) = canned_acl("acl", &ACLS, given.acl.as_deref())? {
            put.push(("x-amz-acl".into(), acl));
        }
        if let Some(class) = storage_class(given)? {
            put.push(("x-amz-storage-class".into(), class));
        }
        let encryption = Encryption::check(given, endpoint)?;
        put.extend(encryption.put);
        // An option of its own goes first, and of two the later.
        let mut by_option: Vec<String> = put.iter().map(|(name, _)| name.clone()).collect();
        if kind.is_none() {
            by_option.retain(|name| name != "content-type");
        }
        for (name, value) in &given.headers {
            let (name, value) = header("headers", name, value)?;
            if name == "x-amz-storage-class" {
                refuse_archives("headers", &value.to_ascii_uppercase())?;
            }
            if !by_option.contains(&name) {
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
        essence(own) == essence(kind)
    }
}

/// The ACL of a bucket that is made: its own, or else that of objects, if
/// buckets know it.
pub(crate) fn bucket_acl(own: Option<&str>, of_objects: Option<&str>) -> Result<Option<String>> {
    match own.filter(|acl| !acl.is_empty()) {
        Some(own) => canned_acl("bucket_acl", &BUCKET_ACLS, Some(own)),
        None => {
            Ok(canned_acl("acl", &ACLS, of_objects)?.filter(|acl| BUCKET_ACLS.contains(&&**acl)))
        }
    }
}

/// The ACL to send: none for `private`, which is what comes without one and
/// what buckets without ACLs, as they are made today, refuse.
fn canned_acl(
    option: &'static str,
    known: &'static [&'static str],
    acl: Option<&str>,
) -> Result<Option<String>> {
    let acl = acl.unwrap_or_default().to_ascii_lowercase();
    match &*acl {
        "" | "private" => Ok(None),
        name if known.contains(&name) => Ok(Some(acl)),
        _ => {
            let known = known.join(", ");
            let why = format!("of S3's canned ACLs it may be private, {known}");
            Err(invalid(option, why))
        }
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
    refuse_archives("storage_class", &class)?;
    Ok(Some(class))
}

fn refuse_archives(option: &'static str, class: &str) -> Result<()> {
    if matches!(class, "GLACIER" | "DEEP_ARCHIVE") {
        return Err(invalid(
            option,
            "what lies in GLACIER or DEEP_ARCHIVE must be restored, in hours, before it can be read: GLACIER_IR can be read at once",
        ));
    }
    Ok(())
}

/// A header as it may be sent and signed.
fn header(option: &'static str, name: &str, value: &str) -> Result<Header> {
    // Spaces at the ends are none of it; anything else there is not let pass.
    let (name, value) = (name.trim_matches(' '), value.trim_matches(' '));
    let name = name.to_ascii_lowercase();
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || name.len() > 256 || !name.bytes().all(token) {
        return Err(
            invalid(option, "a header's name has letters, digits and - only")
                .with_remedy(format!("look at {name:?}")),
        );
    }
    if is_ours(&name) {
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
    if name == "content-type" && !is_content_type(value) {
        return Err(invalid(
            option,
            "a content type is type/subtype, and parameters if need be, as in text/html; charset=utf-8",
        ));
    }
    Ok((name, value.to_owned()))
}

fn is_ours(name: &str) -> bool {
    let by_start = OURS_BY_START.iter().any(|start| name.starts_with(start));
    OURS.contains(&name) || OURS_OF_S3.contains(&name) || by_start
}

#[cfg(test)]
mod tests;
