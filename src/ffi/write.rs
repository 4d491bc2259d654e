//! Writing and deleting one entry.

use std::ffi::c_void;

use super::failure::Failure;
use super::handle::{Handle, on};
use super::input::{Bytes, timeout as to_timeout};
use super::result::{OK, yes};

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_set(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    value: *const c_void,
    len: usize,
    timeout: f64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            let value = Bytes::new(value, len).get("value")?;
            inner.cache.set(key, value, to_timeout(timeout)?)?;
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_add(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    value: *const c_void,
    len: usize,
    timeout: f64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            let value = Bytes::new(value, len).get("value")?;
            let added = inner.cache.add(key, value, to_timeout(timeout)?)?;
            Ok(yes(added))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_touch(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    timeout: f64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            Ok(yes(inner.cache.touch(key, to_timeout(timeout)?)?))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_delete(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            inner.cache.delete(key)?;
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_remove(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            Ok(yes(inner.cache.remove(key)?))
        })
    }
}
