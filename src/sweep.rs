//! Walks over all pages of a location: counting, clearing, culling. Nothing is
//! ever deleted whose name is not exactly the location and 40 hexadecimal
//! digits. Holds a page at a time, whatever there is; only `cull` holds more.

use std::ops::ControlFlow;

use crate::choice::{Aged, Bounds, choose};
use crate::client::{Client, Listed, PAGE, Page, Span, Undeleted};
use crate::entry::{HEADER, Header};
use crate::error::{Error, Result};
use crate::key::{Id, Naming};
use crate::random;
use crate::settings::Policy;
use crate::tally::{BUCKETS, Estimate, Tally, edge, reached, to_bucket};

/// What a walk did. Where not a single deletion succeeded, the call fails
/// instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// So many entries are gone.
    pub count: u64,
    /// Those that S3 did not delete, by its codes.
    pub failed: Vec<NotDeleted>,
}

/// Entries that S3 did not delete, all for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotDeleted {
    /// S3's code, such as `AccessDenied`.
    pub code: String,
    /// So many entries.
    pub count: u64,
    /// The name of one of them.
    pub object: String,
    /// What S3 said of that one.
    pub message: String,
}

/// How far a walk has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// So many entries have been looked at.
    pub seen: u64,
    /// So many of them are gone.
    pub removed: u64,
    /// So many would have to go, and S3 did not delete them.
    pub failed: u64,
}

/// So many pages in a row may hold no object of the location, only folders: a
/// hundred million of these.
const MAX_EMPTY: u32 = 100_000;

/// One walk, and what has come of it.
pub(crate) struct Sweep<'a, F> {
    client: &'a Client,
    naming: &'a Naming,
    /// Hears of each page, and may stop the walk.
    progress: F,
    seen: u64,
    removed: Removed,
    first_failure: Option<Undeleted>,
}

impl<'a, F: FnMut(Progress) -> ControlFlow<()>> Sweep<'a, F> {
    pub(crate) fn new(client: &'a Client, naming: &'a Naming, progress: F) -> Self {
        Self {
            client,
            naming,
            progress,
            seen: 0,
            removed: Removed::default(),
            first_failure: None,
        }
    }

    /// Deletes the entries of which this holds.
    pub(crate) fn remove(mut self, which: impl Fn(&Aged) -> bool) -> Result<Removed> {
        self.pages(|sweep, mut page| {
            page.retain(&which);
            sweep.delete(&page)
        })?;
        self.finish()
    }

    /// Deletes what its own header says has expired, and nothing that is
    /// written meanwhile on engines that compare.
    pub(crate) fn remove_expired(mut self, now: i64) -> Result<Removed> {
        self.pages(|sweep, page| {
            for entry in &page {
                let _limit = sweep.client.limit();
                let name = sweep.naming.name(&entry.id);
                let Some(mut body) = sweep.client.get(&name, Span::Head(HEADER))? else {
                    continue;
                };
                let etag = body.etag().to_owned();
                let mut first = [0; HEADER];
                let length = body.read_head(&mut first)?;
                body.finish();
                let expired = Header::decode_any(&first[..length]).is_ok_and(|h| h.is_expired(now));
                if !expired {
                    continue;
                }
                match sweep.client.delete_unchanged(&name, &etag) {
                    Ok(deleted) => sweep.removed.count += u64::from(deleted),
                    // S3's own refusal of this one; whatever else is of all.
                    Err(error) => sweep.fail(refused(name, error)?),
                }
            }
            Ok(())
        })?;
        self.finish()
    }

    /// What exceeds the bounds, and one in `cull_frequency` of the rest.
    pub(crate) fn cull(mut self, policy: &Policy) -> Result<Removed> {
        if Bounds::of(policy) == Bounds::None {
            return Ok(Removed::default());
        }
        let mut entries = Vec::new();
        let all = self.pages(|_, page| {
            entries.extend(page);
            Ok(())
        })?;
        let n = if all {
            choose(&mut entries, 0, policy)
        } else {
            0
        };
        for page in entries[..n].chunks(PAGE) {
            self.delete(page)?;
            if self.tell().is_break() {
                break;
            }
        }
        self.finish()
    }

    pub(crate) fn count(mut self) -> Result<u64> {
        self.pages(|_, _| Ok(()))?;
        Ok(self.seen)
    }

    fn pages(&mut self, mut visit: impl FnMut(&mut Self, Vec<Aged>) -> Result<()>) -> Result<bool> {
        let mut token = None::<String>;
        let (mut reached, mut empty) = (String::new(), 0);
        loop {
            let prefix = &self.naming.prefix;
            let page = self.client.list(prefix, None, token.as_deref())?;
            // Names ascend; a page may hold folders alone, but not for ever.
            let goes_on = match page.objects.last() {
                Some(last) => last.name > reached,
                None => empty < MAX_EMPTY && (token.is_none() || page.next != token),
            };
            if !goes_on {
                return Err(self.client.endless_listing());
            }
            empty = match page.objects.last() {
                Some(last) => {
                    reached.clone_from(&last.name);
                    0
                }
                None => empty + 1,
            };
            let entries = own(self.naming, &page);
            self.seen += entries.len() as u64;
            visit(self, entries)?;
            // Names that go on with a letter after f come after all entries.
            let passed = page.last.as_str() >= format!("{}g", self.naming.prefix).as_str();
            let stopped = self.tell().is_break();
            if stopped || !page.truncated || passed {
                return Ok(!stopped);
            }
            token = page.next;
        }
    }

    fn tell(&mut self) -> ControlFlow<()> {
        (self.progress)(Progress {
            seen: self.seen,
            removed: self.removed.count,
            failed: self.removed.failed.iter().map(|failed| failed.count).sum(),
        })
    }

    fn delete(&mut self, entries: &[Aged]) -> Result<()> {
        let failed = delete(self.client, self.naming, entries)?;
        self.removed.count += entries.len().saturating_sub(failed.len()) as u64;
        for failure in failed {
            self.fail(failure);
        }
        Ok(())
    }

    fn fail(&mut self, failure: Undeleted) {
        let mut known = self.removed.failed.iter_mut();
        match known.find(|known| known.code == failure.code) {
            Some(known) => known.count += 1,
            None => self.removed.failed.push(NotDeleted {
                code: failure.code.clone(),
                count: 1,
                object: failure.name.clone(),
                message: failure.message.clone(),
            }),
        }
        self.first_failure.get_or_insert(failure);
    }

    fn finish(self) -> Result<Removed> {
        match self.first_failure {
            Some(failure) if self.removed.count == 0 => Err(self.client.not_deleted(&failure)),
            _ => Ok(self.removed),
        }
    }
}

/// A deletion that S3 refused with a code of its own.
fn refused(name: String, error: Error) -> Result<Undeleted> {
    match error.code() {
        Some(code) => Ok(Undeleted {
            name,
            code: code.to_owned(),
            message: error.to_string(),
        }),
        None => Err(error),
    }
}

/// How many entries there are, from two pages at the most.
pub(crate) fn estimate(client: &Client, naming: &Naming) -> Result<Estimate> {
    let mut tally = Tally::new(0);
    for from in [0, to_bucket(random::bits()?)] {
        let look = page_from(client, naming, from)?;
        tally.saw(&look.page, look.from, look.end);
        if look.from == 0 && look.end == BUCKETS {
            break;
        }
    }
    Ok(tally.estimate())
}

/// A page of a listing, and which buckets it covers.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) page: Vec<Aged>,
    pub(crate) from: usize,
    /// The first that it does not cover to its end.
    pub(crate) end: usize,
}

/// The page that begins at this bucket.
pub(crate) fn page_from(client: &Client, naming: &Naming, bucket: usize) -> Result<Look> {
    let after = format!("{}{}", naming.prefix, edge(bucket));
    let page = client.list(&naming.prefix, Some(&after), None)?;
    // An engine that does not know start-after begins at the beginning.
    let ignored = page
        .objects
        .first()
        .is_some_and(|first| first.name <= after);
    let last = page.last.strip_prefix(naming.prefix.as_str());
    Ok(Look {
        from: if ignored { 0 } else { bucket },
        end: match last {
            Some(last) if page.truncated => reached(last),
            _ => BUCKETS,
        },
        page: own(naming, &page),
    })
}

/// Returns those that S3 did not delete.
pub(crate) fn delete(client: &Client, naming: &Naming, entries: &[Aged]) -> Result<Vec<Undeleted>> {
    let names: Vec<String> = entries.iter().map(|entry| naming.name(&entry.id)).collect();
    delete_names(client, &names)
}

/// Deletes by name, up to 1000 at a time.
pub(crate) fn delete_names(client: &Client, names: &[String]) -> Result<Vec<Undeleted>> {
    let mut failed = Vec::new();
    for batch in names.chunks(PAGE) {
        failed.extend(client.delete_many(batch)?);
    }
    Ok(failed)
}

/// Those of a page's objects that are entries of this location.
fn own(naming: &Naming, page: &Page) -> Vec<Aged> {
    let aged = |listed: &Listed| {
        let id: Id = naming.own(&listed.name)?;
        Some(Aged {
            modified: listed.modified,
            id,
            size: listed.size,
        })
    };
    page.objects.iter().filter_map(aged).collect()
}
