//! The numbers that calls answer. Fixed: see the rule in `s3cache.h`.

use std::ffi::{CStr, c_char};

use crate::error::ErrorKind as K;

pub(super) const OK: i32 = 0;
pub(super) const HIT: i32 = 1;
pub(super) const MISS: i32 = 2;
pub(super) const FALSE: i32 = 3;

pub(super) const NULL: i32 = -1;
pub(super) const ARGUMENT: i32 = -2;
pub(super) const BUSY: i32 = -3;
pub(super) const FORKED: i32 = -4;
pub(super) const PANIC: i32 = -5;
pub(super) const BUFFER_TOO_SMALL: i32 = -6;
pub(super) const NO_MEMORY: i32 = -7;

pub(super) fn yes(yes: bool) -> i32 {
    if yes { OK } else { FALSE }
}

pub(super) fn of_kind(kind: K) -> i32 {
    match kind {
        K::InvalidOption => -20,
        K::ValueTooLarge => -21,
        K::NotFound => -22,
        K::NotAnInteger => -23,
        K::Overflow => -24,
        K::ReadOnly => -25,
        K::AccessDenied => -40,
        K::BadCredentials => -41,
        K::ClockSkew => -42,
        K::NoSuchBucket => -43,
        K::WrongRegion => -44,
        K::Refused => -45,
        K::Unsupported => -46,
        K::Unreachable => -60,
        K::Unavailable => -61,
        K::TimedOut => -62,
        K::Tls => -63,
        K::ConnectionLost => -64,
        K::NotS3 => -65,
        K::Throttled => -66,
        K::ServerError => -67,
        K::OutcomeUnknown => -68,
        K::Contended => -69,
        K::NoEntropy => -70,
    }
}

fn name(result: i32) -> &'static CStr {
    match result {
        HIT => c"S3CACHE_HIT",
        MISS => c"S3CACHE_MISS",
        FALSE => c"S3CACHE_FALSE",
        0.. => c"S3CACHE_OK",
        NULL => c"S3CACHE_ERROR_NULL",
        ARGUMENT => c"S3CACHE_ERROR_ARGUMENT",
        BUSY => c"S3CACHE_ERROR_BUSY",
        FORKED => c"S3CACHE_ERROR_FORKED",
        PANIC => c"S3CACHE_ERROR_PANIC",
        BUFFER_TOO_SMALL => c"S3CACHE_ERROR_BUFFER_TOO_SMALL",
        NO_MEMORY => c"S3CACHE_ERROR_NO_MEMORY",
        -20 => c"S3CACHE_ERROR_INVALID_OPTION",
        -21 => c"S3CACHE_ERROR_VALUE_TOO_LARGE",
        -22 => c"S3CACHE_ERROR_NOT_FOUND",
        -23 => c"S3CACHE_ERROR_NOT_AN_INTEGER",
        -24 => c"S3CACHE_ERROR_OVERFLOW",
        -25 => c"S3CACHE_ERROR_READ_ONLY",
        -40 => c"S3CACHE_ERROR_ACCESS_DENIED",
        -41 => c"S3CACHE_ERROR_BAD_CREDENTIALS",
        -42 => c"S3CACHE_ERROR_CLOCK_SKEW",
        -43 => c"S3CACHE_ERROR_NO_SUCH_BUCKET",
        -44 => c"S3CACHE_ERROR_WRONG_REGION",
        -45 => c"S3CACHE_ERROR_REFUSED",
        -46 => c"S3CACHE_ERROR_UNSUPPORTED",
        -60 => c"S3CACHE_ERROR_UNREACHABLE",
        -61 => c"S3CACHE_ERROR_UNAVAILABLE",
        -62 => c"S3CACHE_ERROR_TIMED_OUT",
        -63 => c"S3CACHE_ERROR_TLS",
        -64 => c"S3CACHE_ERROR_CONNECTION_LOST",
        -65 => c"S3CACHE_ERROR_NOT_S3",
        -66 => c"S3CACHE_ERROR_THROTTLED",
        -67 => c"S3CACHE_ERROR_SERVER",
        -68 => c"S3CACHE_ERROR_OUTCOME_UNKNOWN",
        -69 => c"S3CACHE_ERROR_CONTENDED",
        -70 => c"S3CACHE_ERROR_NO_ENTROPY",
        _ => c"S3CACHE_ERROR_UNKNOWN",
    }
}

#[unsafe(no_mangle)]
extern "C" fn s3cache_result_name(result: i32) -> *const c_char {
    name(result).as_ptr()
}
