//! Get or set, in two calls and without a callback.

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use crate::key::Key;
use crate::refresh::{Begun, Fill};

use super::failure::Failure;
use super::handle::{Handle, Inner, on};
use super::input::{Bytes, timeout as to_timeout};
use super::memory::{drop_box, give};
use super::output::Out;
use super::read::ValueOut;
use super::result::{HIT, MISS, OK};

/// What the header calls `s3cache_fill`.
pub(super) struct Task {
    fill: Fill,
    family: Arc<Duration>,
}

impl Task {
    /// Takes it from the caller, unless it is another cache's.
    unsafe fn take(task: *mut Self, inner: &Inner) -> Result<Fill, Failure> {
        let Some(family) = unsafe { task.as_ref() }.map(|task| &task.family) else {
            return Err(Failure::null("fill"));
        };
        if !Arc::ptr_eq(family, &inner.family) {
            let why = "it came from another cache than this handle's";
            return Err(Failure::argument("fill", why));
        }
        Ok(unsafe { Box::from_raw(task) }.fill)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_get_or_set_begin(
    cache: *mut Handle,
    key: *const c_void,
    key_len: usize,
    value: *mut *mut c_void,
    len: *mut usize,
    fill: *mut *mut Task,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let out = ValueOut::new(value, len);
        let task = Out::new("fill", fill, ptr::null_mut());
        on(cache, error, |inner| {
            let key = Bytes::new(key, key_len).get("key")?;
            out.needed()?;
            task.needed()?;
            let object = inner.cache.naming.object(&Key::new(key));
            match inner.cache.begin_fill(object)? {
                Begun::Value(value) => {
                    out.set(&value)?;
                    Ok(HIT)
                }
                Begun::Fill(fill) => {
                    let family = Arc::clone(&inner.family);
                    task.set(give(Task { fill, family }));
                    Ok(MISS)
                }
            }
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_get_or_set_finish(
    cache: *mut Handle,
    fill: *mut Task,
    value: *const c_void,
    len: usize,
    timeout: f64,
    stored: *mut *mut c_void,
    stored_len: *mut usize,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let out = ValueOut::new(stored, stored_len);
        on(cache, error, |inner| {
            let fill = Task::take(fill, inner)?;
            let arguments = Bytes::new(value, len)
                .get("value")
                .and_then(|value| Ok((value, to_timeout(timeout)?)));
            let (value, timeout) = arguments.inspect_err(|_| inner.cache.abandon_fill(&fill))?;
            match inner.cache.finish_fill(&fill, value, timeout)? {
                None => Ok(OK),
                Some(first) => {
                    out.set(&first)?;
                    Ok(HIT)
                }
            }
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_get_or_set_abandon(
    cache: *mut Handle,
    fill: *mut Task,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let fill = Task::take(fill, inner)?;
            inner.cache.abandon_fill(&fill);
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_fill_free(fill: *mut Task) {
    unsafe { drop_box(fill) }
}
