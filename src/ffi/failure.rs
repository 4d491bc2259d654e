//! `s3cache_error`: why a call failed, as C reads it.

use std::any::Any;
use std::ffi::{CStr, CString, c_char};
use std::ptr;

use crate::error::Error;

use super::result;

/// What the header calls `s3cache_error`.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) kind: i32,
    message: CString,
    of_s3: Option<OfS3>,
}

#[derive(Debug)]
struct OfS3 {
    remedy: Option<CString>,
    code: Option<CString>,
    request_id: Option<CString>,
    object: Option<CString>,
    status: i32,
    retry_after: f64,
}

impl Failure {
    pub(super) fn new(kind: i32, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: c_text(message),
            of_s3: None,
        }
    }

    pub(super) fn null(what: &str) -> Self {
        Self::new(result::NULL, format!("{what} must not be NULL"))
    }

    pub(super) fn argument(what: &str, why: &str) -> Self {
        Self::new(result::ARGUMENT, format!("{what}: {why}"))
    }

    pub(super) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let said = panic
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let said = said.unwrap_or("no message");
        Self::new(
            result::PANIC,
            format!("a bug in s3cache, please report it: {said}"),
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let owned = |text: Option<&str>| text.map(c_text);
        Self {
            kind: result::of_kind(error.kind()),
            message: c_text(format!("{error:#}")),
            of_s3: Some(OfS3 {
                remedy: owned(error.remedy()),
                code: owned(error.code()),
                request_id: owned(error.request_id()),
                object: owned(error.object()),
                status: error.status().map_or(0, i32::from),
                retry_after: error
                    .retry_after()
                    .map_or(-1.0, |after| after.as_secs_f64()),
            }),
        }
    }
}

/// A NUL within is made visible: what follows would be lost.
pub(super) fn c_text(text: impl Into<String>) -> CString {
    let text = text.into();
    CString::new(text).unwrap_or_else(|error| {
        let bytes = error.into_vec();
        let seen = String::from_utf8_lossy(&bytes).replace('\0', "\\0");
        CString::new(seen).unwrap_or_default()
    })
}

unsafe fn of_s3<T>(error: *const Failure, none: T, get: impl FnOnce(&'static OfS3) -> T) -> T {
    // As `error` lives as long as C makes use of what is returned.
    let error: Option<&'static Failure> = unsafe { error.as_ref() };
    error
        .and_then(|error| error.of_s3.as_ref())
        .map_or(none, get)
}

fn pointer(text: Option<&'static CString>) -> *const c_char {
    text.map_or(ptr::null(), |text| text.as_ptr())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_error_kind(error: *const Failure) -> i32 {
    unsafe { error.as_ref() }.map_or(result::OK, |error| error.kind)
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn s3cache_error_message(error: *const Failure) -> *const c_char {
    const NONE: &CStr = c"no error";
    unsafe { error.as_ref() }.map_or(NONE.as_ptr(), |error| error.message.as_ptr())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_error_remedy(error: *const Failure) -> *const c_char {
    unsafe { of_s3(error, ptr::null(), |of| pointer(of.remedy.as_ref())) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_error_s3_code(error: *const Failure) -> *const c_char {
    unsafe { of_s3(error, ptr::null(), |of| pointer(of.code.as_ref())) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_error_request_id(error: *const Failure) -> *const c_char {
    unsafe { of_s3(error, ptr::null(), |of| pointer(of.request_id.as_ref())) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_error_object(error: *const Failure) -> *const c_char {
    unsafe { of_s3(error, ptr::null(), |of| pointer(of.object.as_ref())) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_error_http_status(error: *const Failure) -> i32 {
    unsafe { of_s3(error, 0, |of| of.status) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_error_retry_after(error: *const Failure) -> f64 {
    unsafe { of_s3(error, -1.0, |of| of.retry_after) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_error_free(error: *mut Failure) {
    unsafe { super::memory::drop_box(error) }
}
