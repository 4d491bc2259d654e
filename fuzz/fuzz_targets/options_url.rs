//! Any text as a URL of options, with `s3://` before it where it has none. See
//! `fuzz/README.md`.
#![no_main]

mod judge;

use libfuzzer_sys::fuzz_target;
use s3cache::Options;

fuzz_target!(|text: &str| {
    if let Ok(options) = Options::from_url(text) {
        judge::judge(options);
    }
    if let Ok(options) = Options::from_url(format!("s3://{text}")) {
        judge::judge(options);
    }
});
