//! Memory that changes hands: objects, and bytes and texts that C frees with
//! one function, whatever they are.

use std::ffi::{CString, c_char, c_void};
use std::ptr;

use super::failure::{Failure, c_text};
use super::result::NO_MEMORY;

// Of the C library, which Rust's own links: the only allocator that frees
// without being told the length.
unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
}

/// A copy for C. Not NULL, even of nothing.
pub(super) fn copy(bytes: &[u8]) -> Result<*mut c_void, Failure> {
    let memory = unsafe { malloc(bytes.len().max(1)) };
    if memory.is_null() {
        let what = format!("no memory for {} bytes", bytes.len());
        return Err(Failure::new(NO_MEMORY, what));
    }
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), memory.cast(), bytes.len()) };
    Ok(memory)
}

pub(super) fn copy_text(text: impl Into<String>) -> Result<*mut c_char, Failure> {
    let text: CString = c_text(text);
    Ok(copy(text.as_bytes_with_nul())?.cast())
}

pub(super) fn give<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// Takes back what `give` gave; NULL is nothing.
pub(super) unsafe fn drop_box<T>(object: *mut T) {
    if !object.is_null() {
        drop(unsafe { Box::from_raw(object) });
    }
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn s3cache_free(memory: *mut c_void) {
    unsafe { free(memory) }
}
