//! What goes with each object, and how a bucket is made.

use crate::options::checked::{
    ACL, BUCKET_ACL, CACHE_CONTROL, CONTENT_TYPE, CUSTOMER_KEY, ENCRYPTION, HEADERS, KMS_KEY,
    STORAGE_CLASS,
};
use crate::options::row::{OptionRow, field};
use crate::options::text::YES_OR_NO;

pub(super) const ROWS: [OptionRow; 11] = [
    OptionRow {
        name: "acl",
        aliases: &["default_acl"],
        allowed: "private, public-read, public-read-write, authenticated-read, aws-exec-read, bucket-owner-read or bucket-owner-full-control",
        default: "private",
        doc: "A canned ACL for each object. `private` is what objects are without one, and sends none.",
        field: field!(objects.acl, ACL),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "storage_class",
        allowed: "a class that can be read at once, such as STANDARD_IA",
        default: "the bucket's",
        doc: "The storage class of each object. Goes before `reduced_redundancy`.",
        field: field!(objects.storage_class, STORAGE_CLASS),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "reduced_redundancy",
        allowed: "yes or no",
        default: "no",
        doc: "The storage class REDUCED_REDUNDANCY, which few servers still know.",
        field: field!(objects.reduced_redundancy, YES_OR_NO),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "encryption",
        allowed: "AES256 or yes, no, aws:kms, aws:kms:dsse or customer",
        default: "no, or customer where its key is given",
        doc: "Encryption by the server. `no` leaves it to the bucket, and AWS encrypts all the same.",
        field: field!(objects.encryption, ENCRYPTION),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "encryption_key_id",
        allowed: "the id or ARN of a key in AWS KMS",
        default: "the account's own",
        doc: "The key for `encryption = aws:kms`.",
        field: field!(objects.encryption_key_id, KMS_KEY),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "encryption_customer_key",
        allowed: "32 bytes in base64, as `openssl rand -base64 32` prints them",
        default: "none",
        doc: "A key that the server encrypts with, and forgets: sent with each request, over https or loopback only.",
        secret: true,
        field: field!(objects.encryption_customer_key, CUSTOMER_KEY),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "content_type",
        allowed: "a content type, such as `text/html; charset=utf-8`",
        default: "application/octet-stream, or what `headers` say",
        doc: "The `Content-Type` of each object.",
        field: field!(objects.content_type, CONTENT_TYPE),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "cache_control",
        allowed: "the value of a header, in ASCII",
        default: "none",
        doc: "The `Cache-Control` of each object.",
        field: field!(objects.cache_control, CACHE_CONTROL),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "headers",
        allowed: "lines of `Name: value` in ASCII, none of them a header that each request makes itself",
        default: "none",
        doc: "More headers for each written object, such as `x-amz-meta-owner: web`.",
        field: field!(objects.headers, HEADERS),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "auto_create_bucket",
        allowed: "yes or no",
        default: "no",
        doc: "Make the bucket where a call finds that it is not there, and call again.",
        field: field!(creation.auto_create_bucket, YES_OR_NO),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "bucket_acl",
        allowed: "private, public-read, public-read-write, authenticated-read, aws-exec-read or log-delivery-write",
        default: "that of `acl` if it is among these, else private",
        doc: "A canned ACL for a bucket that is made. `private` sends none.",
        field: field!(creation.bucket_acl, BUCKET_ACL),
        ..OptionRow::PLAIN
    },
];
