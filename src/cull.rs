//! Making room and clearing out: list -> choose -> delete. Nothing is ever
//! deleted whose name is not exactly the location and 40 hexadecimal digits.

use std::collections::HashSet;

use crate::census::{Aged, Census, oldest, surplus};
use crate::client::{Client, Listed, NotDeleted, PAGE, Page};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Id, Naming};
use crate::settings::Policy;

/// What a `clear` or a `cull` did. Where not a single deletion succeeded, the
/// call fails instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// So many entries are gone.
    pub count: u64,
    /// Those that S3 did not delete, and why.
    pub failed: Vec<NotDeleted>,
}

impl Removed {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.failed.extend(other.failed);
    }

    fn or_error(self, client: &Client) -> Result<Self> {
        match self.failed.first() {
            Some(failure) if self.count == 0 => Err(client.not_deleted(failure)),
            _ => Ok(self),
        }
    }
}

/// Before a write of `id`: at most one LIST and one `DeleteObjects`.
pub(crate) fn make_room(
    client: &Client,
    naming: &Naming,
    policy: &Policy,
    census: &mut Census,
    id: &Id,
) -> Result<()> {
    if !census.must_look(id, policy) {
        return Ok(());
    }
    let page = client.list(&naming.prefix, None).map_err(may_not_list)?;
    let mut entries = own(naming, &page);
    let overwrite = policy.max_entries > 0 && entries.iter().any(|entry| entry.id == *id);
    let n = if overwrite && !page.truncated {
        0
    } else {
        surplus(entries.len(), policy).min(PAGE)
    };
    let removed = delete(client, naming, oldest(&mut entries, n))?.or_error(client)?;
    let failed = removed.failed.iter().filter_map(|f| naming.own(&f.object));
    let left = entries[n..].iter().map(|entry| entry.id).chain(failed);
    census.listed(left, page.truncated);
    Ok(())
}

/// The explicit cull: over all pages, holding 40 bytes an entry, and the names
/// of those that go.
pub(crate) fn cull(client: &Client, naming: &Naming, policy: &Policy) -> Result<Removed> {
    if policy.max_entries == 0 {
        return Ok(Removed::default());
    }
    let mut entries = Vec::new();
    walk(client, naming, |page| {
        entries.extend(page);
        Ok(())
    })?;
    let n = surplus(entries.len(), policy);
    delete(client, naming, oldest(&mut entries, n))?.or_error(client)
}

/// Every entry, page by page.
pub(crate) fn clear(client: &Client, naming: &Naming) -> Result<Removed> {
    let mut removed = Removed::default();
    walk(client, naming, |page| {
        removed.add(delete(client, naming, &page)?);
        Ok(())
    })?;
    removed.or_error(client)
}

/// Deletes by name, up to 1000 at a time.
pub(crate) fn delete_names(client: &Client, names: &[String]) -> Result<Removed> {
    let mut removed = Removed::default();
    for batch in names.chunks(PAGE) {
        let failed = client.delete_many(batch)?;
        removed.count += (batch.len() - failed.len().min(batch.len())) as u64;
        removed.failed.extend(failed);
    }
    Ok(removed)
}

fn delete(client: &Client, naming: &Naming, entries: &[Aged]) -> Result<Removed> {
    let names: Vec<String> = entries.iter().map(|entry| naming.name(&entry.id)).collect();
    delete_names(client, &names)
}

fn walk(
    client: &Client,
    naming: &Naming,
    mut visit: impl FnMut(Vec<Aged>) -> Result<()>,
) -> Result<()> {
    let mut tokens = HashSet::new();
    let mut token = None;
    loop {
        let page = client.list(&naming.prefix, token.as_deref())?;
        visit(own(naming, &page))?;
        match page.next.filter(|_| page.truncated) {
            None => return Ok(()),
            Some(next) if !tokens.insert(next.clone()) => return Err(client.endless_listing()),
            next => token = next,
        }
    }
}

/// Those of a page's objects that are entries of this location.
fn own(naming: &Naming, page: &Page) -> Vec<Aged> {
    let aged = |listed: &Listed| {
        let id = naming.own(&listed.name)?;
        Some(Aged {
            modified: listed.modified,
            id,
        })
    };
    page.objects.iter().filter_map(aged).collect()
}

/// A writer need not be allowed to list, if it does not cull.
fn may_not_list(error: Error) -> Error {
    if error.kind() == ErrorKind::AccessDenied {
        error.with_remedy(
            "to keep to max_entries the location is listed, which needs s3:ListBucket on the bucket; without that right, set max_entries to 0",
        )
    } else {
        error
    }
}
