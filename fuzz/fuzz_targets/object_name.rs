//! Any key at any location: its object's name lies there and nowhere else, and
//! no name but such a one is ever taken for ours. See `fuzz/README.md`.
//!
//! The input: the version (8 bytes), where to spoil the name (1) and by what
//! (1); then, each with its length in 1 byte before it, the location, the key
//! prefix and a listed name; the key.
#![no_main]

mod tape;

use libfuzzer_sys::fuzz_target;
use s3cache::fuzzing::{object, owns, prefix};
use s3cache::{Cache, Key, Options};
use tape::Tape;

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape(bytes);
    let version = i64::from_le_bytes(tape.bytes());
    let (place, change) = (usize::from(tape.byte()), tape.byte());
    let [location, key_prefix, listed] =
        std::array::from_fn(|_| String::from_utf8_lossy(tape.part()).into_owned());
    let key = Key::new(tape.rest());

    let options = Options::new("bucket")
        .location(&location)
        .key_prefix(&key_prefix)
        .endpoint("http://127.0.0.1:9000")
        .region("us-east-1")
        .anonymous(true)
        .environment(|_| None);
    let Ok(cache) = Cache::open(options) else {
        return;
    };
    let folder = prefix(&cache);
    assert_eq!(folder.trim_matches('/'), location.trim_matches('/'));
    let (name, digest) = object(&cache, &Key::from(&key).version(version));
    let own = |name: &str| is_ours(name, folder);
    assert!(own(&name) && owns(&cache, &name), "{name}");

    // Another version, another object, and for certain another entry.
    let other = Key::from(&key).version(version.wrapping_add(1));
    let (other, other_digest) = object(&cache, &other);
    assert!(other != name && other_digest != digest);
    assert_eq!(
        object(&cache, &key),
        object(&cache, &Key::from(&key).version(1))
    );

    let mut spoiled = name.clone().into_bytes();
    let at = place % spoiled.len();
    spoiled[at] ^= change;
    let digits = &name[folder.len()..];
    let mut names = vec![
        listed.clone(),
        format!("{folder}{listed}"),
        format!("{listed}{digits}"),
        format!("{folder}{listed}{digits}"),
        format!("{name}{listed}"),
        digits.to_owned(),
        name.to_uppercase(),
    ];
    names.extend(String::from_utf8(spoiled));
    for name in names {
        assert_eq!(owns(&cache, &name), own(&name), "{name:?} of {folder:?}");
    }
});

fn is_ours(name: &str, folder: &str) -> bool {
    let digits: Vec<char> = name.chars().skip(folder.chars().count()).collect();
    name.starts_with(folder)
        && digits.len() == 40
        && digits
            .iter()
            .all(|digit| "0123456789abcdef".contains(*digit))
}
