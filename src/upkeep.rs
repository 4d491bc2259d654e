//! What keeps a whole location in order: counting, clearing, culling.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::cache::Cache;
use crate::error::Result;
use crate::sweep::{self, Progress, Removed, Sweep};
use crate::tally::Estimate;
use crate::time::millis;

impl Cache {
    /// Deletes every entry of the location, of all prefixes and versions, and
    /// nothing else. 1 LIST and 1 `DeleteObjects` per 1000 entries; on engines
    /// without `DeleteObjects` 1 DELETE each.
    ///
    /// # Errors
    ///
    /// Where a request fails; some entries may be gone by then.
    pub fn clear(&self) -> Result<Removed> {
        self.clear_with(|_| ControlFlow::Continue(()))
    }

    /// Like [`clear`](Self::clear); tells after each page how far it has come,
    /// and stops where the answer is to break.
    ///
    /// # Errors
    ///
    /// As `clear`.
    pub fn clear_with(&self, progress: impl FnMut(Progress) -> ControlFlow<()>) -> Result<Removed> {
        self.sweep("clear", progress)?.remove(|_| true)
    }

    /// Deletes the entries that were last written longer ago than this, by the
    /// listing's `LastModified`, whatever their timeouts say. 1 LIST per 1000
    /// entries, and at most as many `DeleteObjects`.
    ///
    /// # Errors
    ///
    /// As [`clear`](Self::clear).
    pub fn remove_older_than(&self, age: Duration) -> Result<Removed> {
        self.remove_older_than_with(age, |_| ControlFlow::Continue(()))
    }

    /// Like [`remove_older_than`](Self::remove_older_than), with the progress
    /// told and the walk stopped as in [`clear_with`](Self::clear_with).
    ///
    /// # Errors
    ///
    /// As [`clear`](Self::clear).
    pub fn remove_older_than_with(
        &self,
        age: Duration,
        progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Removed> {
        let limit = self.client.now().saturating_sub(millis(age));
        self.sweep("remove_older_than", progress)?
            .remove(|entry| entry.modified.is_some_and(|modified| modified < limit))
    }

    /// Deletes the entries that have expired, and whose `stale_for` is over.
    /// Reads the header of each entry:
    /// 1 LIST per 1000, 1 GET of 64 bytes each, and 1 DELETE for each that
    /// goes. What is written anew meanwhile stays, on engines that honour
    /// `If-Match` in a DELETE (AWS and SeaweedFS do).
    ///
    /// A rule of the bucket's does the same by age for nothing.
    ///
    /// # Errors
    ///
    /// As [`clear`](Self::clear).
    pub fn remove_expired(&self) -> Result<Removed> {
        self.remove_expired_with(|_| ControlFlow::Continue(()))
    }

    /// Like [`remove_expired`](Self::remove_expired), with the progress told
    /// and the walk stopped as in [`clear_with`](Self::clear_with).
    ///
    /// # Errors
    ///
    /// As [`clear`](Self::clear).
    pub fn remove_expired_with(
        &self,
        progress: impl FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Removed> {
        // What `get_or_set` may still serve stays.
        let stale_for = millis(self.policy.refresh.stale_for);
        self.sweep("remove_expired", progress)?
            .remove_expired(self.client.now().saturating_sub(stale_for))
    }

    /// If the location has reached `max_entries` or `max_bytes`, deletes what
    /// exceeds them, and one in `cull_frequency` of the rest. Looks at all
    /// entries, and holds 48 bytes for each: 1 LIST per 1000, and 1
    /// `DeleteObjects` per 1000 that go. Writes do this by themselves, a page
    /// at a time.
    ///
    /// # Errors
    ///
    /// As [`clear`](Self::clear).
    pub fn cull(&self) -> Result<Removed> {
        self.cull_with(|_| ControlFlow::Continue(()))
    }

    /// Like [`cull`](Self::cull), with the progress told and the walk stopped
    /// as in [`clear_with`](Self::clear_with). What is stopped while it is still
    /// looking deletes nothing.
    ///
    /// # Errors
    ///
    /// As [`clear`](Self::clear).
    pub fn cull_with(&self, progress: impl FnMut(Progress) -> ControlFlow<()>) -> Result<Removed> {
        self.sweep("cull", progress)?.cull(&self.policy)
    }

    /// Makes the bucket, in the option `region` and with the option
    /// `bucket_acl`. One of yours that is there already is as good. 1 PUT, and
    /// 1 LIST on engines that do not tell whose it is: what can be listed there
    /// counts as yours.
    ///
    /// # Errors
    ///
    /// Where the request fails; `Refused` where the name is taken by somebody else.
    pub fn create_bucket(&self) -> Result<()> {
        self.writable("create_bucket")?;
        let _limit = self.client.limit();
        self.client.create_bucket()
    }

    /// How many entries the location holds, counted, expired ones included.
    /// 1 LIST per 1000.
    ///
    /// # Errors
    ///
    /// Where a request fails.
    pub fn len(&self) -> Result<u64> {
        Sweep::new(&self.client, &self.naming, |_| ControlFlow::Continue(())).count()
    }

    /// Whether the location holds no entry, expired ones included. 1 LIST, as a rule.
    ///
    /// # Errors
    ///
    /// Where a request fails.
    pub fn is_empty(&self) -> Result<bool> {
        let first = |seen: Progress| match seen.seen {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let seen = Sweep::new(&self.client, &self.naming, first).count()?;
        Ok(seen == 0)
    }

    /// About how many entries the location holds, expired ones included, and
    /// how far that may be off: exact for up to 1000, some 2 % for more.
    /// 1 LIST, or 2 for more than 1000.
    ///
    /// # Errors
    ///
    /// Where a request fails.
    pub fn len_estimate(&self) -> Result<Estimate> {
        sweep::estimate(&self.client, &self.naming)
    }

    /// The handle's own count is void after this.
    fn sweep<F: FnMut(Progress) -> ControlFlow<()>>(
        &self,
        call: &'static str,
        progress: F,
    ) -> Result<Sweep<'_, F>> {
        self.writable(call)?;
        self.census.borrow_mut().forget();
        Ok(Sweep::new(&self.client, &self.naming, progress))
    }
}
