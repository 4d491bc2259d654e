//! Any bytes as the reply to `DeleteObjects`; and any failures in one. See
//! `fuzz/README.md`.
#![no_main]

mod bound;
mod document;

use document::{element, judge, writable};
use libfuzzer_sys::fuzz_target;
use s3cache::fuzzing::{read_delete_result, read_error, read_page};

fuzz_target!(|bytes: &[u8]| {
    // A failure is 72 bytes, its shortest text 8, and the vector doubles.
    if judge(bytes, "DeleteResult", 32, read_delete_result).is_some() {
        assert_eq!((read_page(bytes), read_error(bytes)), (None, None));
    }
    if let Ok(text) = str::from_utf8(bytes) {
        write(&writable(text));
    }
});

/// Each three lines are a failure, each line left over an object that is gone.
fn write(text: &str) {
    let mut xml = String::from("<DeleteResult xmlns=\"urn:s3\">");
    let mut failures = Vec::new();
    let lines: Vec<&str> = text.split('\n').collect();
    for (at, lines) in lines.chunks(3).enumerate() {
        let way = at + lines[0].len();
        let [name, code, message] = lines else {
            for line in lines {
                let key = element("Key", line, way);
                xml += &format!("<Deleted>{key}<Code>none</Code></Deleted>");
            }
            continue;
        };
        let mut parts = [
            element("Key", name, way),
            element("Code", code, way + 1),
            element("Message", message, way + 2),
            "<VersionId/>".to_owned(),
        ];
        parts.rotate_left(way % 4);
        xml += &format!("\n<Error>{}</Error>", parts.concat());
        failures.push([name, code, message].map(|part| (*part).to_owned()));
    }
    xml += "</DeleteResult>";
    assert_eq!(read_delete_result(xml.as_bytes()), Some(failures), "{xml}");
}
