//! What must hold of any options that text was accepted for.

use s3cache::{Cache, Options};

/// The file that `ca_file` names is not read: it might be one without an end.
pub fn judge(options: Options) {
    let options = options.set("ca_file", "").unwrap();
    let url = options.to_url();
    let again = Options::from_url(&url).unwrap_or_else(|error| panic!("{url}: {error}"));
    assert_eq!(again.to_url(), url);
    // One that wants https does not open here.
    for options in [options.clone(), options.endpoint("http://127.0.0.1:9000")] {
        open(options);
    }
    open(again);
}

/// A cache that opens stays in its folder.
fn open(options: Options) {
    let Ok(cache) = Cache::open(options.environment(|_| None)) else {
        return;
    };
    let prefix = s3cache::fuzzing::prefix(&cache);
    let Some(folder) = prefix.strip_suffix('/') else {
        assert_eq!(prefix, "");
        return;
    };
    for segment in folder.split('/') {
        assert!(!matches!(segment, "" | "." | ".."), "{prefix:?}");
        let safe = |b: u8| b.is_ascii_alphanumeric() || b"._-~=@!()*".contains(&b);
        assert!(segment.bytes().all(safe), "{prefix:?}");
    }
    // S3's limit for a whole name, 40 digits of it ours.
    assert!(prefix.len() + 40 <= 1024);
}
