//! What the targets in `fuzz/` judge by, and nobody else can see.

use crate::Cache;

/// What the names of a cache's objects begin with.
#[must_use]
pub fn prefix(cache: &Cache) -> &str {
    &cache.naming.prefix
}
