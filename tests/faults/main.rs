//! One test for each way a server can fail a request: what the call answers,
//! how many requests that takes, and how long at the most, by the options; and
//! that the next call on the same handle is well.
//!
//! Times are bounds for a busy machine, counts are exact.

#[path = "../support/mod.rs"]
mod support;

mod broken;
mod lying;
mod refused;
mod slow;
mod strangers;
mod try_out;
