//! Which library this is.

use std::ffi::{CStr, c_char};

/// From the package's own version, so that there is one place to change.
const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a version has no NUL in it"),
    };

#[unsafe(no_mangle)]
extern "C" fn s3cache_version() -> *const c_char {
    VERSION.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn s3cache_version_number() -> u32 {
    const {
        10_000 * part(env!("CARGO_PKG_VERSION_MAJOR"))
            + 100 * part(env!("CARGO_PKG_VERSION_MINOR"))
            + part(env!("CARGO_PKG_VERSION_PATCH"))
    }
}

const fn part(digits: &str) -> u32 {
    match u32::from_str_radix(digits, 10) {
        Ok(number) => number,
        Err(_) => panic!("a part of a version is a number"),
    }
}
