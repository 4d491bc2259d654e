//! What goes with each object, and how a bucket is made.

use super::{NEITHER, Sample, YES, row, text_only};

const ACLS: &[(&str, Option<&str>)] = &[
    ("public-read", Some("public-read")),
    ("authenticated-read", Some("authenticated-read")),
    ("PRIVATE", None),
];

/// 32 bytes in base64.
const CUSTOMER_KEY: &str = "aHVzaC1odXNoLWh1c2gtaHVzaC1odXNoLWh1c2gtMTI=";

pub(super) const SAMPLES: [Sample; 11] = [
    row(
        "acl",
        ACLS,
        &["public", "private, public-read", "log-delivery-write"],
        |o| o.acl("public-read"),
    ),
    row(
        "storage_class",
        &[
            ("STANDARD_IA", Some("STANDARD_IA")),
            ("glacier_ir", Some("GLACIER_IR")),
        ],
        &["GLACIER", "deep_archive", "a b"],
        |o| o.storage_class("STANDARD_IA"),
    ),
    text_only("reduced_redundancy", YES, NEITHER),
    row(
        "encryption",
        &[
            ("AES256", Some("AES256")),
            ("aes256", Some("AES256")),
            ("True", Some("AES256")),
            ("AWS:KMS", Some("aws:kms")),
            ("aws:kms:dsse", Some("aws:kms:dsse")),
            ("customer", Some("customer")),
            ("False", Some("no")),
        ],
        &["AES", "kms", "maybe"],
        |o| o.encryption("AES256"),
    ),
    row(
        "encryption_key_id",
        &[("alias/cache", Some("alias/cache"))],
        &["a\nb", "\u{fc}"],
        |o| o.encryption_key_id("alias/cache"),
    ),
    row(
        "encryption_customer_key",
        &[(CUSTOMER_KEY, None)],
        &["hush", "aHVzaA=="],
        |o| o.encryption_customer_key(CUSTOMER_KEY),
    ),
    row(
        "content_type",
        &[
            (
                "text/plain; charset=utf-8",
                Some("text/plain; charset=utf-8"),
            ),
            ("application/octet-stream", Some("application/octet-stream")),
        ],
        &["text/\u{fc}", "a\r\nb", "hello", "text/html; charset"],
        |o| o.content_type("text/plain; charset=utf-8"),
    ),
    row(
        "cache_control",
        &[("max-age=60", Some("max-age=60"))],
        &["max-age=\u{661}", "a\nb"],
        |o| o.cache_control("max-age=60"),
    ),
    row(
        "headers",
        &[
            (
                "x-amz-meta-owner: web\nx-amz-meta-note:  a: b & c ",
                Some("x-amz-meta-owner: web\nx-amz-meta-note: a: b & c"),
            ),
            ("\r\n X-Amz-Meta-A:b\r\n", Some("X-Amz-Meta-A: b")),
        ],
        &[],
        |o| {
            o.header("x-amz-meta-owner", "web")
                .header("x-amz-meta-note", "a: b & c")
        },
    ),
    row("auto_create_bucket", YES, NEITHER, |o| {
        o.auto_create_bucket(true)
    }),
    row(
        "bucket_acl",
        &[
            ("public-read", Some("public-read")),
            ("log-delivery-write", Some("log-delivery-write")),
            ("PRIVATE", Some("private")),
        ],
        &["public", "bucket-owner-read"],
        |o| o.bucket_acl("public-read"),
    ),
];
