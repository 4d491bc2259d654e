//! Any bytes as the body of a refusal, S3's or its token service's; and any
//! words in one. See `fuzz/README.md`.
#![no_main]

mod bound;
mod document;

use document::{element, judge, writable};
use libfuzzer_sys::fuzz_target;
use s3cache::fuzzing::{read_assumed, read_delete_result, read_error, read_page, read_sts_code};

fuzz_target!(|bytes: &[u8]| {
    if let Some([code, ..]) = judge(bytes, "Error", 8, read_error) {
        assert_eq!((read_page(bytes), read_delete_result(bytes)), (None, None));
        assert_eq!(
            (read_sts_code(bytes), read_assumed(bytes)),
            (Some(code), None)
        );
    } else {
        // Either service's refusal may be read as one.
        judge(bytes, "ErrorResponse", 8, read_sts_code);
        judge(bytes, "AssumeRoleWithWebIdentityResponse", 8, read_assumed);
    }
    if let Ok(text) = str::from_utf8(bytes) {
        write(&writable(text));
    }
});

/// The first lines are what is told; the space around them is not.
fn write(text: &str) {
    let mut lines = text.split('\n').map(str::trim);
    let told: [&str; 5] = std::array::from_fn(|_| lines.next().unwrap_or_default());
    let names = ["Code", "Message", "RequestId", "Region", "Endpoint"];
    let way = told[0].len();
    let mut parts: [String; 5] =
        std::array::from_fn(|at| element(names[at], told[at], way + at) + "\n <HostId/>");
    parts.rotate_left(way % 5);
    let xml = format!("<Error>{}<Key><Code>x</Code></Key></Error>", parts.concat());
    let told = told.map(str::to_owned);
    assert_eq!(read_error(xml.as_bytes()), Some(told), "{xml}");
}
