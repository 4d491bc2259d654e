//! Compare and set.

use std::ffi::c_void;
use std::ptr;

use crate::atomic::Token;

use super::failure::Failure;
use super::handle::{Handle, on};
use super::input::{Bytes, timeout as to_timeout};
use super::memory::{drop_box, give};
use super::output::Out;
use super::read::ValueOut;
use super::result::{HIT, MISS, yes};

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_get_with_token(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    value: *mut *mut c_void,
    len: *mut usize,
    token: *mut *mut Token,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let out = ValueOut::new(value, len);
        let token = Out::new("token", token, ptr::null_mut());
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            out.needed()?;
            token.needed()?;
            let Some((value, read)) = inner.cache.get_with_token(key)? else {
                return Ok(MISS);
            };
            out.set(&value)?;
            token.set(give(read));
            Ok(HIT)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_compare_and_set(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    token: *const Token,
    value: *const c_void,
    len: usize,
    timeout: f64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            let token = token.as_ref().ok_or_else(|| Failure::null("token"))?;
            let value = Bytes::new(value, len).get("value")?;
            let timeout = to_timeout(timeout)?;
            let stored = inner.cache.compare_and_set(key, token, value, timeout)?;
            Ok(yes(stored))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_token_free(token: *mut Token) {
    unsafe { drop_box(token) }
}
