//! How many entries a location of more than one page holds, learned a page at
//! a time. Pure.
//!
//! Object names are SHA-1, so the entries lie evenly over the space of names.
//! That is cut into buckets by the first 14 bits; a page of a listing that
//! begins at a bucket's edge tells how many entries the next few hold, and the
//! rest are taken to be like those. What this handle writes and deletes is
//! counted on, bucket by bucket, and a later page through the same buckets sets
//! them right. So the holes that culled pages leave are known as holes, and
//! mislead no estimate.

use std::collections::HashSet;

use crate::choice::Aged;
use crate::key::Id;

const BITS: u32 = 14;
pub(crate) const BUCKETS: usize = 1 << BITS;
const UNKNOWN: u32 = u32::MAX;

/// The ids written last are remembered, so that writing them again counts for
/// nothing: a little over a megabyte.
const REMEMBERED: usize = 1 << 16;

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// `UNKNOWN`: not looked at yet.
    entries: u32,
    bytes: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Load {
    entries: u64,
    bytes: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Tally {
    buckets: Vec<Bucket>,
    known: usize,
    entries: u64,
    bytes: u64,
    /// What was culled from known buckets. The unknown ones have not been
    /// culled: they are like the known ones were before.
    culled: Load,
    /// The bucket where the next page should begin.
    next: usize,
    recent: HashSet<Id>,
}

/// A number of entries, and how far it may be off.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Estimate {
    /// So many entries.
    pub count: u64,
    /// The standard error: in two of three cases the true number is no further
    /// off than this, in 95 of 100 no further than twice this. 0: exact.
    pub error: u64,
}

impl Tally {
    /// Nothing known; the first page should begin at this bucket.
    pub(crate) fn new(first: usize) -> Self {
        let unknown = Bucket {
            entries: UNKNOWN,
            bytes: 0,
        };
        Self {
            buckets: vec![unknown; BUCKETS],
            known: 0,
            entries: 0,
            bytes: 0,
            culled: Load::default(),
            next: first % BUCKETS,
            recent: HashSet::new(),
        }
    }

    pub(crate) fn next(&self) -> usize {
        self.next
    }

    /// Where the next page should begin.
    pub(crate) fn go_to(&mut self, bucket: usize) {
        self.next = bucket;
    }

    pub(crate) fn estimate(&self) -> Estimate {
        if self.known == 0 {
            return Estimate {
                count: 0,
                error: u64::MAX,
            };
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (entries, seen, share) = (
            self.entries as f64,
            (self.entries + self.culled.entries) as f64,
            self.known as f64 / BUCKETS as f64,
        );
        // Independent entries: a part that holds n of them holds n ± √n.
        let error = (seen.max(1.0) * (1.0 - share)).sqrt() / share;
        let all = entries + seen / share * (1.0 - share);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "neither negative nor beyond what fits: entries and share are not"
        )]
        Estimate {
            count: all.round() as u64,
            error: error.ceil() as u64,
        }
    }

    /// All bytes, estimated likewise.
    pub(crate) fn bytes(&self) -> u64 {
        let unknown = (BUCKETS - self.known) as u128;
        let seen = u128::from(self.bytes) + u128::from(self.culled.bytes);
        let rest = seen * unknown / self.known.max(1) as u128;
        let rest = u64::try_from(rest).unwrap_or(u64::MAX);
        self.bytes.saturating_add(rest)
    }

    /// Takes in a page that began at this bucket: the entries in it, by name,
    /// and whether it ends with the last there is.
    pub(crate) fn saw(&mut self, from: usize, page: &[Aged], to_the_end: bool) {
        let end = match page.last() {
            _ if to_the_end => BUCKETS,
            // The last bucket of a page may go on beyond it.
            Some(last) => bucket(&last.id),
            None => from,
        };
        let mut found = vec![(0, 0); end.saturating_sub(from)];
        for entry in page {
            let at = bucket(&entry.id).checked_sub(from);
            if let Some((entries, bytes)) = at.and_then(|at| found.get_mut(at)) {
                *entries += 1;
                *bytes += entry.size;
            }
        }
        for (at, (entries, bytes)) in found.into_iter().enumerate() {
            self.put(from + at, entries, bytes);
        }
        if let (true, Some(last)) = (end == from, page.last()) {
            // More than a page in one bucket: as much as this page spans of it.
            let bytes = page.iter().map(|entry| entry.size).sum::<u64>();
            let entries = scaled_up(page.len(), &last.id);
            let bytes = bytes / page.len() as u64 * u64::from(entries);
            self.put(from, entries, bytes);
            self.next = (from + 1) % BUCKETS;
        } else {
            self.next = end % BUCKETS;
        }
    }

    /// Whether a write of this would add an entry, as far as is known.
    pub(crate) fn is_new(&self, id: &Id) -> bool {
        !self.recent.contains(id)
    }

    pub(crate) fn wrote(&mut self, id: Id, size: u64) {
        if self.remember(id) {
            let at = bucket(&id);
            let Bucket { entries, bytes } = self.buckets[at];
            if entries != UNKNOWN {
                self.put(at, entries.saturating_add(1), bytes.saturating_add(size));
            }
        }
    }

    /// Whether this was not known.
    pub(crate) fn remember(&mut self, id: Id) -> bool {
        if self.recent.len() >= REMEMBERED {
            self.recent.clear();
        }
        self.recent.insert(id)
    }

    /// Of a size that may not be known: then it is taken for an average one.
    pub(crate) fn deleted(&mut self, id: &Id, size: Option<u64>) {
        self.recent.remove(id);
        let at = bucket(id);
        let Bucket { entries, bytes } = self.buckets[at];
        if entries != UNKNOWN && entries > 0 {
            let size = size.unwrap_or(bytes / u64::from(entries));
            self.put(at, entries - 1, bytes.saturating_sub(size));
        }
    }

    /// Deleted because it was there, and not at random.
    pub(crate) fn culled(&mut self, id: &Id, size: u64) {
        if self.buckets[bucket(id)].entries != UNKNOWN {
            self.culled.entries += 1;
            self.culled.bytes += size;
        }
        self.deleted(id, Some(size));
    }

    fn put(&mut self, at: usize, entries: u32, bytes: u64) {
        let before = self.buckets[at];
        if before.entries == UNKNOWN {
            self.known += 1;
        } else {
            self.entries -= u64::from(before.entries);
            self.bytes -= before.bytes;
        }
        self.entries += u64::from(entries);
        self.bytes = self.bytes.saturating_add(bytes);
        self.buckets[at] = Bucket { entries, bytes };
    }
}

/// The first digits of a name at a bucket's edge; every name in it, or in a
/// later one, comes after these.
pub(crate) fn edge(bucket: usize) -> String {
    format!("{:04x}", bucket << (16 - BITS))
}

/// One of the buckets, by a random number.
pub(crate) fn to_bucket(chance: u64) -> usize {
    usize::try_from(chance % BUCKETS as u64).unwrap_or(0)
}

fn bucket(id: &Id) -> usize {
    usize::from(u16::from_be_bytes([id[0], id[1]])) >> (16 - BITS)
}

/// So many entries from a bucket's edge to this one: how many in all of it.
fn scaled_up(entries: usize, last: &Id) -> u32 {
    let place = u32::from_be_bytes([last[0], last[1], last[2], last[3]]);
    let within = u64::from(place & (u32::MAX >> BITS)) + 1;
    let all = entries as u64 * (1 << (32 - BITS)) / within;
    u32::try_from(all).map_or(UNKNOWN - 1, |all| all.min(UNKNOWN - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::PAGE;
    use crate::digest::sha1;

    fn ids(range: std::ops::Range<u32>) -> Vec<Id> {
        let mut ids: Vec<Id> = range.map(|i| sha1(&i.to_le_bytes())).collect();
        ids.sort_unstable();
        ids
    }

    fn aged(id: &Id) -> Aged {
        Aged {
            modified: None,
            id: *id,
            size: 10,
        }
    }

    /// What S3 would list from this bucket on.
    fn page(all: &[Id], from: usize) -> (Vec<Aged>, bool) {
        let rest = &all[all.partition_point(|id| bucket(id) < from)..];
        let page = rest.iter().take(PAGE).map(aged).collect();
        (page, rest.len() <= PAGE)
    }

    fn look(tally: &mut Tally, all: &[Id]) -> Vec<Aged> {
        let from = tally.next();
        let (entries, to_the_end) = page(all, from);
        tally.saw(from, &entries, to_the_end);
        entries
    }

    #[test]
    fn one_page_tells_within_some_per_cent() {
        for (n, first) in [(1500, 3), (50_000, 9_000), (300_000, BUCKETS - 2)] {
            let all = ids(0..n);
            let mut tally = Tally::new(first);
            look(&mut tally, &all);
            let Estimate { count, error } = tally.estimate();
            let off = count.abs_diff(n.into());
            assert!(off < 4 * error, "{n}: {count} ± {error}");
        }
        let huge = ids(0..1_000_000);
        let mut tally = Tally::new(0);
        look(&mut tally, &huge);
        assert!(tally.estimate().count.abs_diff(1_000_000) < 130_000);
    }

    #[test]
    fn after_a_round_the_count_is_exact_and_stays_so() {
        let mut all = ids(0..20_000);
        let mut tally = Tally::new(5_000);
        for _ in 0..23 {
            look(&mut tally, &all);
        }
        let exact = |count| Estimate { count, error: 0 };
        assert_eq!(tally.estimate(), exact(20_000));
        for id in ids(20_000..20_500) {
            tally.wrote(id, 10);
            tally.wrote(id, 10);
            assert!(!tally.is_new(&id));
        }
        assert_eq!(tally.estimate(), exact(20_500));
        assert_eq!(tally.bytes(), 205_000);
        all.extend(ids(20_000..20_500));
        all.sort_unstable();
        // A culled page is a known hole.
        for entry in &look(&mut tally, &all)[..500] {
            tally.deleted(&entry.id, Some(entry.size));
        }
        assert_eq!(tally.estimate(), exact(20_000));
        // What this handle wrote over others' entries is set right by looking.
        for id in ids(0..1_000) {
            tally.wrote(id, 10);
        }
        assert_eq!(tally.estimate(), exact(21_000));
        let gone = 500;
        let before = tally.estimate().count;
        for _ in 0..24 {
            look(&mut tally, &all);
        }
        assert!(tally.estimate().count < before);
        assert_eq!(
            tally.estimate(),
            exact(20_000 + gone),
            "the deleted are still in `all`"
        );
    }

    #[test]
    fn a_location_with_nothing_in_it() {
        let mut tally = Tally::new(1);
        look(&mut tally, &[]);
        assert_eq!(tally.estimate().count, 0);
        look(&mut tally, &[]);
        assert_eq!(tally.estimate(), Estimate { count: 0, error: 0 });
    }

    #[test]
    fn buckets_begin_at_their_edges() {
        assert_eq!(edge(0), "0000");
        assert_eq!(edge(1), "0004");
        assert_eq!(edge(BUCKETS - 1), "fffc");
        let mut id = [0; 20];
        id[..2].copy_from_slice(&[0x00, 0x04]);
        assert_eq!(bucket(&id), 1);
        id[..2].copy_from_slice(&[0xff, 0xfb]);
        assert_eq!(bucket(&id), BUCKETS - 2);
    }
}
