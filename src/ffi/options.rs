//! `s3cache_options`: the option table, by name and as text.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use crate::Options;
use crate::error::Result as Made;

use super::call::call;
use super::failure::{Failure, c_text};
use super::input::text;
use super::memory::{copy_text, drop_box, give};
use super::output::Out;
use super::result::{HIT, MISS, OK};

/// What the header calls `s3cache_options`.
pub(super) struct Given {
    pub(super) options: Options,
    /// As C reads them.
    ignored: Vec<CString>,
}

impl Given {
    fn new(options: Options) -> Self {
        Self {
            ignored: options
                .ignored()
                .iter()
                .map(|n| c_text(n.as_str()))
                .collect(),
            options,
        }
    }
}

unsafe fn make(
    options: *mut *mut Given,
    error: *mut *mut Failure,
    make: impl FnOnce() -> Result<Made<Options>, Failure>,
) -> i32 {
    unsafe {
        let options = Out::new("options", options, ptr::null_mut());
        call(error, || {
            options.needed()?;
            options.set(give(Given::new(make()??)));
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_options_new(
    options: *mut *mut Given,
    error: *mut *mut Failure,
) -> i32 {
    unsafe { make(options, error, || Ok(Ok(Options::new("")))) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_options_from_url(
    url: *const c_char,
    options: *mut *mut Given,
    error: *mut *mut Failure,
) -> i32 {
    unsafe { make(options, error, || Ok(Options::from_url(text("url", url)?))) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_options_from_env(
    options: *mut *mut Given,
    error: *mut *mut Failure,
) -> i32 {
    unsafe { make(options, error, || Ok(Options::from_env())) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_options_set(
    options: *mut Given,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        call(error, || {
            let given = options.as_mut().ok_or_else(|| Failure::null("options"))?;
            let name = text("name", name)?;
            let value = if value.is_null() { c"".as_ptr() } else { value };
            let set = given.options.clone().set(name, text("value", value)?)?;
            *given = Given::new(set);
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_options_get(
    options: *const Given,
    name: *const c_char,
    value: *mut *mut c_char,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let value = Out::new("value", value, ptr::null_mut());
        call(error, || {
            let given = options.as_ref().ok_or_else(|| Failure::null("options"))?;
            let name = text("name", name)?;
            value.needed()?;
            let Some(said) = given.options.get(name) else {
                return Ok(MISS);
            };
            value.set(copy_text(said)?);
            Ok(HIT)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_options_ignored(options: *const Given, index: usize) -> *const c_char {
    let given = unsafe { options.as_ref() };
    let name = given.and_then(|given| given.ignored.get(index));
    name.map_or(ptr::null(), |name: &CString| CStr::as_ptr(name))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_options_free(options: *mut Given) {
    unsafe { drop_box(options) }
}
