//! An S3 server for the tests and the example, on a loopback port.
//!
//! A `Site` is a bucket that answers at `http://127.0.0.1:<port>`. Requests go
//! to a front, which counts what the library sends and can be told to
//! misbehave, and from there to an engine: a file system behind s3s inside
//! this process, or, where the environment names one, a server of yours:
//!
//! ```text
//! S3CACHE_TEST_ENDPOINT=http://127.0.0.1:8333   S3CACHE_TEST_BUCKET=cache
//! S3CACHE_TEST_ACCESS_KEY=...  S3CACHE_TEST_SECRET_KEY=...
//! S3CACHE_TEST_REGION=us-east-1                 (the default)
//! ```
//!
//! What the embedded engine cannot do, and no test should ask of it: object
//! names of more than 160 bytes, `a` and `a/b` as names together, conditional
//! GET and DELETE, the `ETag` in listings, request ids, `Quiet`.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test takes the part it needs, and none is a library to others"
)]

mod connection;
mod engine;
mod front;
mod judge;
mod requests;
pub mod rules;
mod script;
mod site;
mod switches;
mod tls;
mod upstream;

pub use requests::{Kind, Requests, Seen};
pub use script::{ALWAYS, Act, Bucket, Fault, Heard, Line, Script, answer, refusal, reply};
pub use site::Site;
pub use switches::{Conditions, Switches};
pub use tls::{Authority, Tls, file_of, pem};

use s3cache::{Cache, Options};

/// Options for a cache at `location` of the site, all else left at its default.
pub fn options(site: &Site, location: &str) -> Options {
    Options::new(site.bucket())
        .endpoint(site.endpoint())
        .region(site.region())
        .credentials(site.access_key(), site.secret_key())
        .location(site.location(location))
}

/// A cache with those options.
pub fn open(site: &Site, location: &str) -> Cache {
    Cache::open(options(site, location)).unwrap()
}
