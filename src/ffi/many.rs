//! Several keys at once.

use std::ffi::c_void;
use std::ptr;

use super::failure::Failure;
use super::handle::{Handle, on};
use super::input::{Bytes, array, check_length, keys as to_keys, timeout as to_timeout};
use super::memory::{copy, s3cache_free};
use super::output::Out;
use super::result::OK;

/// What the header calls `s3cache_value`.
#[repr(C)]
pub(super) struct Value {
    data: *mut c_void,
    len: usize,
}

/// An array of the caller's, all misses until the call has succeeded.
struct Values {
    at: *mut Value,
    count: usize,
}

impl Values {
    unsafe fn new(at: *mut Value, count: usize) -> Self {
        let fits = check_length::<Value>("count", count).is_ok();
        let count = if at.is_null() || !fits { 0 } else { count };
        let values = Self { at, count };
        values.clear();
        values
    }

    fn clear(&self) {
        for index in 0..self.count {
            self.set(index, ptr::null_mut(), 0);
        }
    }

    fn set(&self, index: usize, data: *mut c_void, len: usize) {
        // Below `count`, which is what the caller says there is room for.
        unsafe { self.at.add(index).write(Value { data, len }) };
    }

    fn fill(&self, values: &[Option<Vec<u8>>]) -> Result<(), Failure> {
        for (index, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            match copy(value) {
                Ok(data) => self.set(index, data, value.len()),
                Err(failure) => {
                    for given in 0..index {
                        unsafe { s3cache_free((*self.at.add(given)).data) };
                    }
                    self.clear();
                    return Err(failure);
                }
            }
        }
        Ok(())
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_get_many(
    cache: *mut Handle,
    keys: *const Bytes,
    count: usize,
    values: *mut Value,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let out = Values::new(values, count);
        on(cache, error, |inner| {
            let keys = to_keys(keys, count)?;
            if values.is_null() && count > 0 {
                return Err(Failure::null("values"));
            }
            out.fill(&inner.cache.get_many(keys)?)?;
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_set_many(
    cache: *mut Handle,
    keys: *const Bytes,
    values: *const Bytes,
    count: usize,
    timeout: f64,
    stored: *mut usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let stored = Out::new("stored", stored, 0);
        on(cache, error, |inner| {
            let keys = to_keys(keys, count)?;
            let values = array("values", values, count)?;
            let values = values.iter().map(|value| value.get("a value"));
            let values = values.collect::<Result<Vec<_>, _>>()?;
            let timeout = to_timeout(timeout)?;
            // As the library's own, which does not tell how far it came.
            for (done, (key, value)) in keys.into_iter().zip(values).enumerate() {
                inner.cache.set(key, value, timeout)?;
                stored.set(done + 1);
            }
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_delete_many(
    cache: *mut Handle,
    keys: *const Bytes,
    count: usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            inner.cache.delete_many(to_keys(keys, count)?)?;
            Ok(OK)
        })
    }
}
