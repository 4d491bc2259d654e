//! The handle itself: its counters, and what can be changed while it lives.

use std::ptr;
use std::time::Duration;

use crate::stats::Stats;

use super::failure::Failure;
use super::handle::{Handle, on};
use super::input::duration;
use super::memory::give;
use super::output::Out;
use super::result::{HIT, MISS, OK};

/// The counters in the header's order. New ones come at the end.
fn counters(stats: &Stats) -> [u64; 16] {
    [
        stats.hits,
        stats.stale,
        stats.misses,
        stats.expired,
        stats.corrupt,
        stats.hidden_errors,
        stats.gets,
        stats.puts,
        stats.deletes,
        stats.multi_deletes,
        stats.lists,
        stats.retries,
        stats.connections,
        stats.bytes_out,
        stats.bytes_in,
        stats.breaker_openings,
    ]
}

/// What the header calls `s3cache_stats` begins with its size, and the counters
/// follow, as far as that says.
#[repr(C)]
struct Shortest {
    size: usize,
    first: u64,
}

/// `stats` with the number of counters that it has room for.
unsafe fn room(stats: *mut Shortest) -> Result<(*mut u64, usize), Failure> {
    if stats.is_null() {
        return Err(Failure::null("stats"));
    }
    let size = unsafe { (*stats).size };
    if size < size_of::<Shortest>() || isize::try_from(size).is_err() {
        let why = "set it to sizeof(s3cache_stats)";
        return Err(Failure::argument("the size in stats", why));
    }
    let before = std::mem::offset_of!(Shortest, first);
    let first = unsafe { stats.byte_add(before) }.cast();
    Ok((first, (size - before) / size_of::<u64>()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_get_stats(
    cache: *mut Handle,
    stats: *mut Shortest,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let room = room(stats);
        if let Ok((first, count)) = room {
            ptr::write_bytes(first, 0, count);
        }
        on(cache, error, |inner| {
            let (first, count) = room?;
            let known = counters(&inner.cache.stats());
            let count = count.min(known.len());
            ptr::copy_nonoverlapping(known.as_ptr(), first, count);
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_reset_stats(cache: *mut Handle, error: *mut *mut Failure) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            inner.cache.reset_stats();
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_last_error(
    cache: *mut Handle,
    last: *mut *mut Failure,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let last = Out::new("last", last, ptr::null_mut());
        on(cache, error, |inner| {
            last.needed()?;
            let Some(hidden) = inner.cache.last_error() else {
                return Ok(MISS);
            };
            last.set(give(Failure::from(hidden)));
            Ok(HIT)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_set_max_entries(
    cache: *mut Handle,
    max_entries: i64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            inner.cache.set_max_entries(max_entries);
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_set_cull_frequency(
    cache: *mut Handle,
    cull_frequency: u32,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            inner.cache.set_cull_frequency(cull_frequency);
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_set_deadline(
    cache: *mut Handle,
    seconds: f64,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        on(cache, error, |inner| {
            let limit = if seconds == f64::NEG_INFINITY {
                inner.deadline()
            } else {
                duration("seconds", seconds)?
            };
            if limit < Duration::from_millis(1) {
                let why = "it must be at least a millisecond";
                return Err(Failure::argument("seconds", why));
            }
            inner.cache.set_deadline(limit);
            Ok(OK)
        })
    }
}
