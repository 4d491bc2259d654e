//! Counting.

use std::ffi::c_void;

use crate::cache::Cache;
use crate::error::Result as Made;

use super::failure::Failure;
use super::handle::{Handle, on};
use super::input::Bytes;
use super::output::Out;
use super::result::OK;

unsafe fn count(
    cache: *mut Handle,
    key: Bytes,
    sum: *mut i64,
    error: *mut *mut Failure,
    count: impl FnOnce(&Cache, &[u8]) -> Made<i64>,
) -> i32 {
    unsafe {
        let sum = Out::new("sum", sum, 0);
        on(cache, error, |inner| {
            let key = key.get("key")?;
            sum.set(count(&inner.cache, key)?);
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_incr(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    delta: i64,
    sum: *mut i64,
    error: *mut *mut Failure,
) -> i32 {
    let key = Bytes::new(key, key_len);
    unsafe { count(cache, key, sum, error, |cache, key| cache.incr(key, delta)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_decr(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    delta: i64,
    sum: *mut i64,
    error: *mut *mut Failure,
) -> i32 {
    let key = Bytes::new(key, key_len);
    unsafe { count(cache, key, sum, error, |cache, key| cache.decr(key, delta)) }
}
