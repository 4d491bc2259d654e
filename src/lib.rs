// The README is the manual, and its Rust is compiled with the documentation.
#![doc = include_str!("../README.md")]

mod allowance;
mod atomic;
mod cache;
mod census;
mod change;
mod check;
mod choice;
mod client;
mod clock;
mod compress;
mod conditions;
mod contest;
mod credentials;
mod cull;
mod digest;
mod endpoint;
mod entry;
mod error;
#[cfg(feature = "ffi")]
mod ffi;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod headers;
mod journal;
mod key;
mod lifecycle;
mod lookup;
mod modes;
mod options;
mod profile;
mod random;
mod refresh;
mod settings;
mod stats;
mod store;
mod sweep;
mod tally;
mod time;
mod upkeep;
mod writer;

pub use atomic::Token;
pub use cache::Cache;
pub use check::{Finding, Report, Verdict};
pub use choice::CullOrder;
pub use compress::Compression;
pub use conditions::{ConditionalWrites, Conditions};
pub use credentials::Credentials;
pub use error::{Error, ErrorKind, Result};
pub use key::Key;
pub use options::{IgnoredOption, OnError, OptionRow, Options};
pub use stats::Stats;
pub use sweep::{NotDeleted, Progress, Removed};
pub use tally::Estimate;
pub use time::{Timeout, Ttl};
