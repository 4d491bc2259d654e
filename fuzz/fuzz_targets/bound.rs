//! How much memory a call may hold at once. The allocator counts for the whole
//! process, which has one thread.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What `call` gives, which must not hold more than so many bytes at once.
pub fn within<T>(limit: usize, call: impl FnOnce() -> T) -> T {
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let result = call();
    let held = ALLOCATOR.peak_usage().saturating_sub(before);
    assert!(held <= limit, "{held} bytes held, of {limit}");
    result
}
