//! What happens around every call: a panic stops here, an error becomes an
//! object, and both become a number.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::failure::Failure;
use super::memory::give;
use super::output::Out;

/// A call without a handle. What it was working on is not looked at again
/// after a panic, but for options, which it replaces as a whole.
pub(super) unsafe fn call(
    error: *mut *mut Failure,
    run: impl FnOnce() -> Result<i32, Failure>,
) -> i32 {
    let error = unsafe { Out::new("error", error, ptr::null_mut()) };
    let ran = catch_unwind(AssertUnwindSafe(run));
    let failure = match ran {
        Ok(Ok(result)) => return result,
        Ok(Err(failure)) => failure,
        Err(panic) => {
            let failure = Failure::of_panic(&*panic);
            // Dropping what was thrown may throw again.
            std::mem::forget(panic);
            failure
        }
    };
    let kind = failure.kind;
    if error.is_wanted() {
        error.set(give(failure));
    }
    kind
}
