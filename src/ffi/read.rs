//! Reading one entry.

use std::ffi::c_void;
use std::ptr;

use crate::time::Ttl;

use super::failure::Failure;
use super::handle::{Handle, on};
use super::input::{Bytes, check_length};
use super::memory::copy;
use super::output::Out;
use super::result::{BUFFER_TOO_SMALL, HIT, MISS, yes};

/// A value's two out-parameters.
pub(super) struct ValueOut {
    value: Out<*mut c_void>,
    len: Out<usize>,
}

impl ValueOut {
    pub(super) unsafe fn new(value: *mut *mut c_void, len: *mut usize) -> Self {
        unsafe {
            Self {
                value: Out::new("value", value, ptr::null_mut()),
                len: Out::new("len", len, 0),
            }
        }
    }

    pub(super) fn needed(&self) -> Result<(), Failure> {
        self.value.needed()?;
        self.len.needed().map(drop)
    }

    /// What nobody takes is not given.
    pub(super) fn set(&self, value: &[u8]) -> Result<(), Failure> {
        if self.value.is_wanted() {
            self.value.set(copy(value)?);
        }
        self.len.set(value.len());
        Ok(())
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_get(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    value: *mut *mut c_void,
    len: *mut usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let out = ValueOut::new(value, len);
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            out.needed()?;
            if !inner.cache.get_into(key, &mut inner.scratch)? {
                return Ok(MISS);
            }
            let given = out.set(&inner.scratch);
            inner.tidy();
            given.map(|()| HIT)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_get_into(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    buffer: *mut c_void,
    capacity: usize,
    len: *mut usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let len = Out::new("len", len, 0);
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            len.needed()?;
            if buffer.is_null() && capacity > 0 {
                return Err(Failure::null("buffer"));
            }
            check_length::<u8>("capacity", capacity)?;
            if !inner.cache.get_into(key, &mut inner.scratch)? {
                return Ok(MISS);
            }
            let needs = inner.scratch.len();
            let fits = needs <= capacity;
            if fits && needs > 0 {
                ptr::copy_nonoverlapping(inner.scratch.as_ptr(), buffer.cast(), needs);
            }
            inner.tidy();
            len.set(needs);
            if fits {
                return Ok(HIT);
            }
            let why = format!("the value has {needs} bytes, and the buffer {capacity}");
            Err(Failure::new(BUFFER_TOO_SMALL, why))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_has_key(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            Ok(yes(inner.cache.has_key(key)?))
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_ttl(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    seconds: *mut f64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let seconds = Out::new("seconds", seconds, 0.0);
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            seconds.needed()?;
            Ok(match inner.cache.ttl(key)? {
                None => MISS,
                Some(ttl) => {
                    seconds.set(match ttl {
                        Ttl::Never => f64::INFINITY,
                        Ttl::Left(left) => left.as_secs_f64(),
                    });
                    HIT
                }
            })
        })
    }
}
