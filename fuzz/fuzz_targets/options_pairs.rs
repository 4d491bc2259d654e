//! Any names and values, one `name=value` after another with an empty line
//! between them, as pairs and as variables. See `fuzz/README.md`.
#![no_main]

mod judge;

use libfuzzer_sys::fuzz_target;
use s3cache::Options;

fuzz_target!(|text: &str| {
    let pairs: Vec<_> = text
        .split("\n\n")
        .filter_map(|pair| pair.split_once('='))
        .collect();
    // What is refused is left out, so that the rest is still of use.
    let mut options = Options::new("");
    for (name, value) in &pairs {
        options = options.clone().set(name, value).unwrap_or(options);
    }
    let _ = options.ignored();
    judge::judge(options);
    if let Ok(options) = Options::from_pairs(pairs.iter().copied()) {
        judge::judge(options);
    }
    let variables = pairs
        .iter()
        .map(|(name, value)| (format!("S3CACHE_{name}"), *value));
    if let Ok(options) = Options::from_vars(variables) {
        judge::judge(options);
    }
});
