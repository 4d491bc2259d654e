//! What goes with each object, and how a bucket is made. None of it is sent
//! unless it is asked for.

use super::Options;

impl Options {
    /// A canned ACL for each object: `public-read`, `public-read-write`,
    /// `authenticated-read`, `aws-exec-read`, `bucket-owner-read` or
    /// `bucket-owner-full-control`. `private` is what objects are without one,
    /// and sends none, as buckets of today refuse any. Default: none.
    pub fn acl(mut self, acl: impl Into<String>) -> Self {
        self.objects.acl = Some(acl.into());
        self
    }

    /// The storage class of each object, such as `STANDARD_IA`. Classes that
    /// must be thawed before a read are refused. Default: the bucket's.
    pub fn storage_class(mut self, class: impl Into<String>) -> Self {
        self.objects.storage_class = Some(class.into());
        self
    }

    /// Encryption by the server: `AES256`, `aws:kms`, `aws:kms:dsse`, or
    /// `customer` with [`encryption_customer_key`](Self::encryption_customer_key),
    /// which need not be said; `no` goes with no key. Default: the bucket's own
    /// (on AWS always AES256 at least).
    pub fn encryption(mut self, how: impl Into<String>) -> Self {
        self.objects.encryption = Some(how.into());
        self
    }

    /// The key in AWS KMS, for `encryption("aws:kms")`. Default: the account's own.
    pub fn encryption_key_id(mut self, id: impl Into<String>) -> Self {
        self.objects.encryption_key_id = Some(id.into());
        self
    }

    /// A key that the server encrypts with, and forgets: 32 bytes in base64,
    /// sent with every read and write, so over https or loopback only. Whoever
    /// shares the cache needs the same. Default: none.
    pub fn encryption_customer_key(mut self, base64: impl Into<String>) -> Self {
        self.objects.encryption_customer_key = Some(base64.into());
        self
    }

    /// The `Content-Type` of each object. Default: `application/octet-stream`.
    pub fn content_type(mut self, kind: impl Into<String>) -> Self {
        self.objects.content_type = Some(kind.into());
        self
    }

    /// The `Cache-Control` of each object. Default: none.
    pub fn cache_control(mut self, value: impl Into<String>) -> Self {
        self.objects.cache_control = Some(value.into());
        self
    }

    /// One more header for each written object, such as
    /// `("x-amz-meta-owner", "web")`; again for more of them. An option of its
    /// own goes before it. Default: none.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.objects.headers.push((name.into(), value.into()));
        self
    }

    /// Make the bucket where a call finds that it is not there, and call again.
    /// See [`Cache::create_bucket`](crate::Cache::create_bucket). Default: no.
    pub fn auto_create_bucket(mut self, yes: bool) -> Self {
        self.creation.auto_create_bucket = yes;
        self
    }

    /// A canned ACL for a bucket that is made; `private` sends none. Default:
    /// that of [`acl`](Self::acl), but for the bucket owner's two.
    pub fn bucket_acl(mut self, acl: impl Into<String>) -> Self {
        self.creation.bucket_acl = Some(acl.into());
        self
    }
}
