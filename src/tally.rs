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

use std::collections::HashMap;

use crate::choice::Aged;
use crate::key::Id;

const BITS: u32 = 14;
pub(crate) const BUCKETS: usize = 1 << BITS;
const UNKNOWN: u32 = u32::MAX;

/// The entries written last are remembered with their sizes, so that writing
/// them again counts for nothing: some megabytes.
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
    recent: HashMap<Id, u64>,
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
            recent: HashMap::new(),
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

    /// Takes in a page of a listing: the entries in it, the bucket where it
    /// began, and the first that it does not cover to the end.
    pub(crate) fn saw(&mut self, page: &[Aged], from: usize, end: usize) {
        // If not even one: more than a page in it, and no less than was seen.
        let end = end.max(from + 1);
        let mut found = vec![(0_u32, 0_u64); end - from];
        for entry in page {
            let at = bucket(&entry.id).checked_sub(from);
            if let Some((entries, bytes)) = at.and_then(|at| found.get_mut(at)) {
                *entries += 1;
                *bytes = bytes.saturating_add(entry.size);
            }
        }
        for (at, (entries, bytes)) in found.into_iter().enumerate() {
            self.put(from + at, entries, bytes);
        }
        self.next = end % BUCKETS;
    }

    /// Whether a write of this would add an entry, as far as is known.
    pub(crate) fn is_new(&self, id: &Id) -> bool {
        !self.recent.contains_key(id)
    }

    /// `new`: it may be, for all the writer knows.
    pub(crate) fn wrote(&mut self, id: Id, size: u64, new: bool) {
        if self.recent.len() >= REMEMBERED {
            self.recent.clear();
        }
        let before = self.recent.insert(id, size);
        let at = bucket(&id);
        let Bucket { entries, bytes } = self.buckets[at];
        match before {
            _ if entries == UNKNOWN => {}
            Some(old) => self.put(at, entries, bytes.saturating_sub(old).saturating_add(size)),
            None if new => self.put(at, entries.saturating_add(1), bytes.saturating_add(size)),
            None => {}
        }
    }

    /// `there`: it is known to have been, and of what size.
    pub(crate) fn deleted(&mut self, id: &Id, there: Option<u64>) {
        let at = bucket(id);
        let Bucket { entries, bytes } = self.buckets[at];
        let size = self.recent.remove(id).or(there);
        if let (Some(size), true) = (size, entries != UNKNOWN && entries > 0) {
            self.put(at, entries - 1, bytes.saturating_sub(size));
        }
    }

    /// Deleted because it was there, and not at random.
    pub(crate) fn culled(&mut self, id: &Id, size: u64) {
        if self.buckets[bucket(id)].entries != UNKNOWN {
            self.culled.entries += 1;
            self.culled.bytes = self.culled.bytes.saturating_add(size);
        }
        self.deleted(id, Some(size));
    }

    fn put(&mut self, at: usize, entries: u32, bytes: u64) {
        let before = self.buckets[at];
        if before.entries == UNKNOWN {
            self.known += 1;
        } else {
            self.entries -= u64::from(before.entries);
            self.bytes = self.bytes.saturating_sub(before.bytes);
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

/// The first bucket that a listing has not covered to its end when it has come
/// to this name, an entry's or not; without the location before it.
pub(crate) fn reached(name: &str) -> usize {
    let mut place = 0;
    let mut digits = name.bytes();
    for power in [4096, 256, 16, 1] {
        let (digit, exact) = match digits.next() {
            Some(d @ b'0'..=b'9') => (d - b'0', true),
            Some(d @ b'a'..=b'f') => (d - b'a' + 10, true),
            // Between the digits and the letters, or beside them.
            Some(b':'..=b'`') => (10, false),
            Some(b'g'..) => (16, false),
            _ => (0, false),
        };
        place += usize::from(digit) * power;
        if !exact {
            break;
        }
    }
    (place >> (16 - BITS)).min(BUCKETS)
}

fn bucket(id: &Id) -> usize {
    usize::from(u16::from_be_bytes([id[0], id[1]])) >> (16 - BITS)
}

#[cfg(test)]
mod tests;
