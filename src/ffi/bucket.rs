//! The bucket: what it must have, can do, and is told.

use std::ffi::c_char;
use std::ptr;

use crate::conditions::Conditions;

use super::failure::Failure;
use super::handle::{Handle, on};
use super::memory::copy_text;
use super::output::Out;
use super::result::{HIT, MISS, OK, yes};

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_create_bucket(cache: *mut Handle, error: *mut *mut Failure) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            inner.cache.create_bucket()?;
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_set_lifecycle(
    cache: *mut Handle,
    days: u32,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            inner.cache.set_lifecycle(days)?;
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_lifecycle(
    cache: *mut Handle,
    days: *mut u32,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let days = Out::new("days", days, 0);
        on(cache, error, |inner| {
            days.needed()?;
            let Some(set) = inner.cache.lifecycle()? else {
                return Ok(MISS);
            };
            days.set(set);
            Ok(HIT)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_remove_lifecycle(cache: *mut Handle, error: *mut *mut Failure) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            Ok(yes(inner.cache.remove_lifecycle()?))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_lifecycle_rule_text(
    cache: *mut Handle,
    days: u32,
    text: *mut *mut c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let text = Out::new("text", text, ptr::null_mut());
        on(cache, error, |inner| {
            text.needed()?;
            text.set(copy_text(inner.cache.lifecycle_rule_text(days)?)?);
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_check(
    cache: *mut Handle,
    report: *mut *mut c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let text = Out::new("report", report, ptr::null_mut());
        on(cache, error, |inner| {
            let report = inner.cache.check();
            if text.is_wanted() {
                text.set(copy_text(report.to_string())?);
            }
            Ok(yes(report.is_good()))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_conditional_writes(
    cache: *mut Handle,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let found = inner.cache.conditional_writes()?;
            Ok(yes(found == Conditions::Enforced))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_region(
    cache: *mut Handle,
    region: *mut *mut c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let region = Out::new("region", region, ptr::null_mut());
        on(cache, error, |inner| {
            region.needed()?.set(copy_text(inner.cache.region())?);
            Ok(OK)
        })
    }
}
