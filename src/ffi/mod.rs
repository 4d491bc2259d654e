//! The C interface. Its manual is `s3cache.h`, beside this file: what a
//! function takes, gives and leaves is told there, and nowhere twice.
//!
//! Every call goes the same way: its out-parameters get what they hold if it
//! fails, its arguments are looked at, the operation of `Cache` is made, and
//! what comes of it, an error or a panic included, becomes a number.
//!
//! The one room with unsafe code. All of it rests on the rules at the top of
//! the header: pointers are NULL or lead where their type says, and what has
//! been freed is not used again. What can be checked is checked.

#![allow(
    unsafe_code,
    reason = "C gives pointers; what may be expected of them is in s3cache.h"
)]

mod bucket;
mod call;
mod failure;
mod fill;
mod handle;
mod input;
mod many;
mod memory;
mod number;
mod options;
mod output;
mod read;
mod result;
mod stats;
mod token;
mod version;
mod walk;
mod write;
