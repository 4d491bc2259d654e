//! `s3cache`: a handle, and the rule that one thread of one process at a time
//! has it.

use std::cell::UnsafeCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::cache::Cache;

use super::call::call;
use super::failure::Failure;
use super::memory::{drop_box, give};
use super::options::Given;
use super::output::Out;
use super::result::{BUSY, FORKED, OK, PANIC};

/// What the header calls `s3cache`.
pub(super) struct Handle {
    /// Who holds it, if anyone.
    state: AtomicU8,
    process: u32,
    inner: UnsafeCell<Inner>,
}

pub(super) struct Inner {
    pub(super) cache: Cache,
    /// The same of a handle and its clones, and of no other.
    pub(super) family: Arc<Duration>,
    /// For values on their way, so that most reads allocate once.
    pub(super) scratch: Vec<u8>,
}

const FREE: u8 = 0;
const IN_USE: u8 = 1;
/// It was left in the middle of something.
const BROKEN: u8 = 2;

/// A scratch of more than this is given back after the call.
const KEPT: usize = 1 << 20;

impl Inner {
    /// What the option `deadline` says.
    pub(super) fn deadline(&self) -> Duration {
        *self.family
    }

    pub(super) fn tidy(&mut self) {
        if self.scratch.capacity() > KEPT {
            self.scratch = Vec::new();
        }
    }
}

impl Handle {
    fn new(cache: Cache, family: Arc<Duration>) -> Self {
        Self {
            state: AtomicU8::new(FREE),
            process: process::id(),
            inner: UnsafeCell::new(Inner {
                cache,
                family,
                scratch: Vec::new(),
            }),
        }
    }

    /// Runs a call, unless somebody else is at it.
    fn hold<T>(&self, run: impl FnOnce(&mut Inner) -> Result<T, Failure>) -> Result<T, Failure> {
        if process::id() != self.process {
            let why =
                "this handle was opened before the process forked; open one of the child's own";
            return Err(Failure::new(FORKED, why));
        }
        let (acquire, relaxed) = (Ordering::Acquire, Ordering::Relaxed);
        match self.state.compare_exchange(FREE, IN_USE, acquire, relaxed) {
            Ok(_) => {}
            Err(BROKEN) => {
                let why = "a call of this handle ended in a panic; it can only be closed";
                return Err(Failure::new(PANIC, why));
            }
            Err(_) => {
                let why = "another thread is using this handle; s3cache_clone makes one for it";
                return Err(Failure::new(BUSY, why));
            }
        }
        // Nobody else has it, until `state` says so.
        let inner = unsafe { &mut *self.inner.get() };
        let ran = catch_unwind(AssertUnwindSafe(|| run(inner)));
        let next = if ran.is_ok() { FREE } else { BROKEN };
        self.state.store(next, Ordering::Release);
        ran.unwrap_or_else(|panic| resume_unwind(panic))
    }
}

/// A call of a handle.
pub(super) unsafe fn on(
    handle: *mut Handle,
    error: *mut *mut Failure,
    run: impl FnOnce(&mut Inner) -> Result<i32, Failure>,
) -> i32 {
    let run = || {
        // Shared: another thread may be looking at `state`.
        let handle = unsafe { handle.as_ref() }.ok_or_else(|| Failure::null("cache"))?;
        handle.hold(run)
    };
    unsafe { call(error, run) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_open(
    options: *const Given,
    cache: *mut *mut Handle,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let cache = Out::new("cache", cache, ptr::null_mut());
        call(error, || {
            let options = options.as_ref().ok_or_else(|| Failure::null("options"))?;
            cache.needed()?;
            let opened = Cache::open(options.options.clone())?;
            let family = Arc::new(options.options.persistence.deadline);
            cache.set(give(Handle::new(opened, family)));
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_clone(
    cache: *mut Handle,
    clone: *mut *mut Handle,
    error: *mut *mut Failure,
) -> i32 {
    unsafe {
        let clone = Out::new("clone", clone, ptr::null_mut());
        on(cache, error, |inner| {
            let family = Arc::clone(&inner.family);
            let made = Handle::new(inner.cache.clone(), family);
            clone.needed()?.set(give(made));
            Ok(OK)
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn s3cache_close(cache: *mut Handle) {
    let close = || unsafe { drop_box(cache) };
    // There is nobody to tell.
    let _ = catch_unwind(AssertUnwindSafe(close));
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;
    use crate::Options;
    use crate::ffi::failure;

    #[test]
    fn a_panic_comes_back_as_a_number_and_ends_the_handle() {
        let options = Options::new("bucket").region("us-east-1").anonymous(true);
        let cache = Cache::open(options.endpoint("http://127.0.0.1:9")).unwrap();
        let handle = give(Handle::new(cache, Arc::default()));
        let mut error = ptr::null_mut();
        unsafe {
            let panicked = on(handle, &raw mut error, |_| panic!("on purpose"));
            assert_eq!(panicked, PANIC);
            let message = CStr::from_ptr(failure::s3cache_error_message(error));
            assert!(message.to_str().unwrap().ends_with("on purpose"));
            drop_box(error);
            let again = on(handle, &raw mut error, |_| unreachable!("it is broken"));
            assert_eq!(again, PANIC);
            let message = CStr::from_ptr(failure::s3cache_error_message(error));
            assert!(message.to_str().unwrap().contains("closed"));
            drop_box(error);
            s3cache_close(handle);
        }
    }
}
