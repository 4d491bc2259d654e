//! Making room before a write: list -> choose -> delete, a page at the most.

use std::collections::HashSet;

use crate::census::{Census, Write};
use crate::client::{Client, PAGE};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Id, Naming};
use crate::random;
use crate::settings::Policy;
use crate::sweep::page_from;

/// At most one LIST and one `DeleteObjects`.
pub(crate) fn make_room(
    client: &Client,
    naming: &Naming,
    policy: &Policy,
    census: &mut Census,
    write: Write<'_>,
) -> Result<()> {
    let Some(from) = census.must_look(write, policy) else {
        return Ok(());
    };
    let mut look = page_from(client, naming, from).map_err(may_not_list)?;
    census.saw(&look, policy, random::bits()?);
    let page = &mut look.page;
    let n = census.choose(page, write, policy).min(PAGE);
    let names: Vec<String> = page[..n]
        .iter()
        .map(|entry| naming.name(&entry.id))
        .collect();
    // What fails for a moment is for the next cull.
    let failed = client.delete_once(&names)?;
    if let (true, Some(failure)) = (failed.len() >= n, failed.first()) {
        return Err(client.not_deleted(failure));
    }
    let failed: HashSet<Id> = failed.iter().filter_map(|f| naming.own(&f.name)).collect();
    for entry in page[..n].iter().filter(|entry| !failed.contains(&entry.id)) {
        census.culled(entry);
    }
    Ok(())
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
