//! Any text as one of Amazon's shared files. See `fuzz/README.md`.
#![no_main]

mod bound;

use std::collections::HashSet;
use std::fmt::Write as _;

use bound::within;
use libfuzzer_sys::fuzz_target;
use s3cache::fuzzing::profile_sections;

fuzz_target!(|text: &str| {
    // A section is 48 bytes, its shortest text 4, a property 48 of 2; and the
    // vectors double.
    let sections = within(80 * text.len() + 1024, || profile_sections(text));
    let names: HashSet<_> = sections.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), sections.len(), "each section once");
    let mut written = String::new();
    for (name, properties) in &sections {
        assert!(!name.is_empty() && name.trim() == name && !name.contains(['\n', ']']));
        let _ = writeln!(written, "[{name}]");
        let keys: HashSet<_> = properties.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), properties.len(), "each property once");
        for (key, value) in properties {
            for part in [key, value] {
                assert!(part.trim() == part && !part.contains('\n'));
            }
            assert!(!key.contains('=') && *key == key.to_ascii_lowercase());
            assert!(text.contains(value.as_str()), "not in the text: {value}");
            let _ = writeln!(written, "{key}={value}");
        }
    }
    // What was understood is understood again.
    assert_eq!(profile_sections(&written), sections);
    if !text.contains('\r') {
        let windows = text.replace('\n', "\r\n");
        assert_eq!(profile_sections(&windows), sections);
    }
    // What is no section before it may not take anything from one that follows.
    let followed = format!("{text}\n[last of all]\nkey = value\n");
    let followed = profile_sections(&followed);
    let last = followed.iter().find(|(name, _)| name == "last of all");
    let key = |(key, value): &(String, String)| (&**key, &**value) == ("key", "value");
    assert!(last.is_some_and(|(_, properties)| properties.iter().any(key)));
});
