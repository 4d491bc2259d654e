//! Arguments, as far as they can be checked.

use std::ffi::{CStr, c_char, c_void};
use std::slice;
use std::time::Duration;

use crate::time::Timeout;

use super::failure::Failure;

/// What the header calls `s3cache_bytes`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Bytes {
    data: *const c_void,
    len: usize,
}

impl Bytes {
    pub(super) fn new(data: *const c_void, len: usize) -> Self {
        Self { data, len }
    }

    /// They are read while the call is made, as the header promises.
    pub(super) unsafe fn get<'a>(self, name: &str) -> Result<&'a [u8], Failure> {
        unsafe { array(name, self.data.cast(), self.len) }
    }
}

pub(super) unsafe fn array<'a, T>(
    name: &str,
    data: *const T,
    count: usize,
) -> Result<&'a [T], Failure> {
    if count == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Failure::null(name));
    }
    check_length::<T>(name, count)?;
    Ok(unsafe { slice::from_raw_parts(data, count) })
}

pub(super) fn check_length<T>(name: &str, count: usize) -> Result<(), Failure> {
    let bytes = count.checked_mul(size_of::<T>());
    if bytes.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(Failure::argument(name, "longer than any memory"));
    }
    Ok(())
}

pub(super) unsafe fn keys<'a>(keys: *const Bytes, count: usize) -> Result<Vec<&'a [u8]>, Failure> {
    let keys = unsafe { array("keys", keys, count) }?;
    keys.iter().map(|key| unsafe { key.get("a key") }).collect()
}

pub(super) unsafe fn text<'a>(name: &str, text: *const c_char) -> Result<&'a str, Failure> {
    if text.is_null() {
        return Err(Failure::null(name));
    }
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str()
        .map_err(|_| Failure::argument(name, "it is not UTF-8"))
}

/// Infinite is never, infinitely negative the default.
pub(super) fn timeout(seconds: f64) -> Result<Timeout, Failure> {
    if seconds.is_nan() {
        return Err(Failure::argument("timeout", "it is not a number"));
    }
    Ok(if seconds.is_finite() {
        Timeout::seconds(seconds)
    } else if seconds > 0.0 {
        Timeout::Never
    } else {
        Timeout::Default
    })
}

/// A duration of so many seconds, `Duration::MAX` for more than that can hold.
pub(super) fn duration(name: &str, seconds: f64) -> Result<Duration, Failure> {
    if seconds.is_nan() || seconds < 0.0 {
        return Err(Failure::argument(name, "it must be a number from 0 on"));
    }
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}
