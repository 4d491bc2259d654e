//! Many entries: deleting and counting them.

use crate::cache::Cache;
use crate::error::Result as Made;
use crate::sweep::Removed;

use super::failure::Failure;
use super::handle::{Handle, on};
use super::input::duration;
use super::output::Out;
use super::result::OK;

unsafe fn remove(
    cache: *mut Handle,
    removed: *mut u64,
    not_removed: *mut u64,
    error: *mut *mut Failure,
    walk: impl FnOnce(&Cache) -> Result<Made<Removed>, Failure>,
) -> i32 {
    unsafe {
        let removed = Out::new("removed", removed, 0);
        let not_removed = Out::new("not_removed", not_removed, 0);
        on(cache, error, |inner| {
            let done = walk(&inner.cache)??;
            removed.set(done.count);
            not_removed.set(done.failed.iter().map(|failed| failed.count).sum());
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_clear(
    cache: *mut Handle,
    removed: *mut u64,
    not_removed: *mut u64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        remove(
            cache,
            removed,
            not_removed,
            error,
            |cache| Ok(cache.clear()),
        )
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_cull(
    cache: *mut Handle,
    removed: *mut u64,
    not_removed: *mut u64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe { remove(cache, removed, not_removed, error, |cache| Ok(cache.cull())) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_remove_expired(
    cache: *mut Handle,
    removed: *mut u64,
    not_removed: *mut u64,
    error: *mut *mut Failure,
) -> i32 {
    let walk = |cache: &Cache| Ok(cache.remove_expired());
    unsafe { remove(cache, removed, not_removed, error, walk) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_remove_older_than(
    cache: *mut Handle,
    seconds: f64,
    removed: *mut u64,
    not_removed: *mut u64,
    error: *mut *mut Failure,
) -> i32 {
    let walk = |cache: &Cache| {
        if seconds == f64::INFINITY {
            return Err(Failure::argument("seconds", "it must be finite"));
        }
        Ok(cache.remove_older_than(duration("seconds", seconds)?))
    };
    unsafe { remove(cache, removed, not_removed, error, walk) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_len(
    cache: *mut Handle,
    count: *mut u64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let count = Out::new("count", count, 0);
        on(cache, error, |inner| {
            count.needed()?.set(inner.cache.len()?);
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_len_estimate(
    cache: *mut Handle,
    count: *mut u64,
    standard_error: *mut u64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let count = Out::new("count", count, 0);
        let standard_error = Out::new("standard_error", standard_error, 0);
        on(cache, error, |inner| {
            count.needed()?;
            let estimate = inner.cache.len_estimate()?;
            count.set(estimate.count);
            standard_error.set(estimate.error);
            Ok(OK)
        })
    }
}
