//! Any bytes as a page of a listing; and any names in one, written in every
//! way. See `fuzz/README.md`.
#![no_main]

mod bound;
mod document;

use document::{element, judge, writable};
use libfuzzer_sys::fuzz_target;
use s3cache::fuzzing::{Listing, read_delete_result, read_error, read_page};

fuzz_target!(|bytes: &[u8]| {
    // An object is 48 bytes, its shortest text 11, and the vector doubles.
    if let Some(page) = judge(bytes, "ListBucketResult", 16, read_page) {
        let name = page.objects.last().map_or("", |(name, ..)| name);
        assert!(name <= page.last.as_str());
        assert_eq!((read_delete_result(bytes), read_error(bytes)), (None, None));
    }
    if let Ok(text) = str::from_utf8(bytes) {
        write(&writable(text));
    }
});

/// Each line is the name of an object, or, if it ends in a slash, of a folder.
fn write(text: &str) {
    let mut page = Listing {
        truncated: text.len() % 2 == 1,
        next: text.lines().next().map(str::to_owned),
        ..Listing::default()
    };
    let mut xml = String::from("<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"urn:s3\">");
    if let Some(next) = &page.next {
        xml += &element("NextContinuationToken", next, next.len());
    }
    for (at, name) in text.lines().enumerate() {
        let way = at + name.len();
        if name.ends_with('/') {
            if page.last.as_str() < name {
                name.clone_into(&mut page.last);
            }
            let prefix = element("Prefix", name, way);
            xml += &format!("<CommonPrefixes>{prefix}</CommonPrefixes>\n");
            continue;
        }
        let mut parts = [
            element("Key", name, way),
            element("Size", &at.to_string(), way),
            element("LastModified", "2013-05-24T00:00:00.5Z", way),
            "<Owner><Key>of another</Key></Owner>".to_owned(),
            "\n<New/>".to_owned(),
        ];
        parts.rotate_left(way % 5);
        xml += &format!("<Contents>{}</Contents>", parts.concat());
        page.objects
            .push((name.to_owned(), Some(1_369_353_600_500), at as u64));
    }
    if let Some((name, ..)) = page.objects.last()
        && *name > page.last
    {
        name.clone_into(&mut page.last);
    }
    xml += &element("IsTruncated", &page.truncated.to_string(), text.len());
    xml += "</ListBucketResult>";
    assert_eq!(read_page(xml.as_bytes()), Some(page), "{xml}");
}
