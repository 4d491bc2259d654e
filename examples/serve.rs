//! An S3 server on a loopback port, for trying out programs in other languages,
//! and for their tests. It serves from a temporary folder, and needs nothing else.
//!
//! `cargo run --example serve` prints how to reach it, four lines for a shell:
//!
//! ```text
//! export S3CACHE_URL='s3://cache/app?endpoint=http://127.0.0.1:41795'
//! export AWS_ACCESS_KEY_ID='test-access-key'
//! export AWS_SECRET_ACCESS_KEY='test-secret-key'
//! export AWS_REGION='us-east-1'
//! ```
//!
//! and serves until its standard input ends. For each line `requests` on that it
//! prints, on one line, how many requests it has had so far, by kind.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io;

use support::{Kind, Site};

fn main() -> io::Result<()> {
    let site = Site::embedded();
    let (bucket, endpoint) = (site.bucket(), site.endpoint());
    let url = format!("s3://{bucket}/app?endpoint={endpoint}");
    for (name, value) in [
        ("S3CACHE_URL", url.as_str()),
        ("AWS_ACCESS_KEY_ID", site.access_key()),
        ("AWS_SECRET_ACCESS_KEY", site.secret_key()),
        ("AWS_REGION", site.region()),
    ] {
        println!("export {name}='{value}'");
    }
    for line in io::stdin().lines() {
        if line?.trim() == "requests" {
            println!("{}", counts(&site));
        }
    }
    Ok(())
}

fn counts(site: &Site) -> String {
    let mut requests = site.requests();
    let kinds = Kind::ALL.map(|kind| format!("{kind:?}={}", requests.of_kind(kind)));
    kinds.join(" ")
}
