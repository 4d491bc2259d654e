//! What one handle knows of how many entries there are: when a write has to
//! look, and how many of what it then sees must go. Pure: pages of a listing
//! in, decisions out.
//!
//! Under a bound of one page all entries are known, and the cull is Django's.
//! Under a larger one each cull takes its share of one page, and the next
//! write culls again if that was not enough.

use std::collections::HashMap;

use crate::choice::{Aged, Bounds, choose, holding, in_order, share, to_usize};
use crate::client::PAGE;
use crate::key::Id;
use crate::settings::Policy;
use crate::sweep::Look;
use crate::tally::{BUCKETS, Estimate, Tally, to_bucket};

/// A handle's own count. It lists only when this may have been outgrown.
#[derive(Clone, Debug, Default)]
pub(crate) enum Census {
    /// Nothing listed yet.
    #[default]
    Unlisted,
    /// All entries and their sizes, as of the last listing and with this
    /// handle's writes since.
    Complete(HashMap<Id, u64>),
    /// More than a page, or a bound that allows for it.
    Sampled(Tally),
}

/// A write to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write<'a> {
    pub(crate) id: &'a Id,
    pub(crate) size: u64,
}

impl Census {
    /// From which bucket on a write has to look first, if it has to.
    pub(crate) fn must_look(&self, write: Write<'_>, policy: &Policy) -> Option<usize> {
        let (max_entries, max_bytes) = match Bounds::of(policy) {
            Bounds::None => return None,
            Bounds::Always => return Some(0),
            Bounds::Of { entries, bytes } => (entries, bytes),
        };
        match self {
            Self::Unlisted => Some(0),
            Self::Complete(known) => {
                let bytes = || {
                    known
                        .values()
                        .copied()
                        .fold(write.size, u64::saturating_add)
                };
                let full = known.len() as u64 >= max_entries
                    || (max_bytes < u64::MAX && bytes() > max_bytes);
                (full && !known.contains_key(write.id)).then_some(0)
            }
            Self::Sampled(tally) if !tally.is_new(write.id) => None,
            Self::Sampled(tally) => {
                let level = Level::of(tally, write.size);
                let look =
                    level.reached(max_entries, max_bytes) || level.in_doubt(max_entries, max_bytes);
                look.then(|| tally.next())
            }
        }
    }

    /// Takes in a page. `chance`, a random number, says where the next one
    /// begins after a first that was not all.
    pub(crate) fn saw(&mut self, look: &Look, policy: &Policy, chance: u64) {
        let small = match Bounds::of(policy) {
            Bounds::Of { entries, .. } => entries <= PAGE as u64,
            _ => true,
        };
        let page = &look.page;
        if small && look.from == 0 && look.end == BUCKETS && page.len() <= PAGE {
            *self = Self::Complete(page.iter().map(|entry| (entry.id, entry.size)).collect());
            return;
        }
        let first = !matches!(self, Self::Sampled(_));
        if first {
            *self = Self::Sampled(Tally::new(look.from));
        }
        if let Self::Sampled(tally) = self {
            tally.saw(page, look.from, look.end);
            if first && look.end < BUCKETS {
                // Not where every other handle goes on, too.
                tally.go_to(to_bucket(chance));
            }
        }
    }

    /// How many of this page's entries go before the write; puts them first.
    pub(crate) fn choose(&mut self, page: &mut [Aged], write: Write<'_>, policy: &Policy) -> usize {
        let overwrite = page.iter().any(|entry| entry.id == *write.id);
        let (Self::Sampled(tally), Bounds::Of { entries, bytes }) = (self, Bounds::of(policy))
        else {
            let always = Bounds::of(policy) == Bounds::Always;
            let n = choose(page, write.size, policy);
            return if overwrite && !always { 0 } else { n };
        };
        if overwrite {
            tally.wrote(*write.id, write.size, false);
            return 0;
        }
        let level = Level::of(tally, write.size);
        if !level.reached(entries, bytes) {
            return 0;
        }
        in_order(page, policy);
        let sizes = page.iter().map(|entry| entry.size);
        let listed = sizes.fold(0, u64::saturating_add);
        // A whole page only where the excess is beyond all doubt.
        let excess = level.certain_excess(entries, bytes);
        let by_count = excess.0.map(|excess| {
            let share = share(entries.min(PAGE as u64), policy).max(1);
            to_usize(excess.saturating_add(share))
        });
        let by_bytes = excess.1.map(|excess| {
            let share = share(listed, policy).max(1);
            holding(page, excess.saturating_add(share))
        });
        by_count.max(by_bytes).unwrap_or(0).min(page.len())
    }

    /// `new`: for all the writer knows there was no such object before.
    pub(crate) fn wrote(&mut self, id: Id, size: u64, new: bool) {
        match self {
            Self::Unlisted => {}
            Self::Complete(known) => drop(known.insert(id, size)),
            Self::Sampled(tally) => tally.wrote(id, size, new),
        }
    }

    pub(crate) fn culled(&mut self, entry: &Aged) {
        match self {
            Self::Sampled(tally) => tally.culled(&entry.id, entry.size),
            _ => self.deleted(&entry.id, Some(entry.size)),
        }
    }

    /// `there`: it is known to have been, and of what size.
    pub(crate) fn deleted(&mut self, id: &Id, there: Option<u64>) {
        match self {
            Self::Unlisted => {}
            Self::Complete(known) => drop(known.remove(id)),
            Self::Sampled(tally) => tally.deleted(id, there),
        }
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::Unlisted;
    }
}

/// How full a location is, with a write to come.
struct Level {
    estimate: Estimate,
    bytes: u64,
}

impl Level {
    fn of(tally: &Tally, adding: u64) -> Self {
        Self {
            estimate: tally.estimate(),
            bytes: tally.bytes().saturating_add(adding),
        }
    }

    /// Where the count is rough, only if it is beyond doubt.
    fn reached(&self, max_entries: u64, max_bytes: u64) -> bool {
        let doubt = if self.is_narrow() {
            0
        } else {
            self.estimate.error.saturating_mul(2)
        };
        let entries = self.estimate.count.saturating_sub(doubt);
        entries >= max_entries || self.bytes.saturating_sub(self.in_bytes(doubt)) > max_bytes
    }

    /// How much too much there is, in entries and bytes, of what is too much.
    /// 0 where that may be a mistake: then a share will do for this write.
    fn certain_excess(&self, max_entries: u64, max_bytes: u64) -> (Option<u64>, Option<u64>) {
        let excess = |there: u64, doubt: u64, max: u64, too_many: bool| {
            let certain = doubt == 0 || there.saturating_sub(doubt) / 2 >= max;
            too_many.then(|| if certain { there - max } else { 0 })
        };
        let doubt = self.estimate.error.saturating_mul(3);
        let (count, bytes) = (self.estimate.count, self.bytes);
        (
            excess(count, doubt, max_entries, count >= max_entries),
            excess(bytes, self.in_bytes(doubt), max_bytes, bytes > max_bytes),
        )
    }

    /// Whether a bound lies within what the count may be off, and another page
    /// would narrow that.
    fn in_doubt(&self, max_entries: u64, max_bytes: u64) -> bool {
        let doubt = self.estimate.error.saturating_mul(3);
        let near = self.estimate.count.saturating_add(doubt) >= max_entries
            || self.bytes.saturating_add(self.in_bytes(doubt)) > max_bytes;
        near && !self.is_narrow()
    }

    /// Within 0.7 %: about twenty pages of a large cache.
    fn is_narrow(&self) -> bool {
        self.estimate.error <= self.estimate.count / 143
    }

    fn in_bytes(&self, entries: u64) -> u64 {
        let average = self.bytes / self.estimate.count.max(1);
        average.saturating_mul(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::tests::policy;

    fn aged(id: Id) -> Aged {
        Aged {
            modified: None,
            id,
            size: 10,
        }
    }

    fn look(from: usize, page: Vec<Aged>, to_the_end: bool) -> Look {
        let end = match page.last() {
            Some(last) if !to_the_end => {
                usize::from(u16::from_be_bytes([last.id[0], last.id[1]])) >> 2
            }
            _ => BUCKETS,
        };
        Look { page, from, end }
    }

    fn write(id: &Id) -> Write<'_> {
        Write { id, size: 10 }
    }

    #[test]
    fn looks_only_when_outgrown() {
        let two = policy(2, 0, 3);
        let mut census = Census::default();
        let looks = |census: &Census, byte: u8, policy: &Policy| {
            census.must_look(write(&[byte; 20]), policy).is_some()
        };
        assert!(!looks(&census, 0, &policy(0, 0, 3)));
        assert!(looks(&census, 0, &two));
        census.saw(&look(0, vec![aged([0; 20])], true), &two, 0);
        assert!(!looks(&census, 1, &two));
        census.wrote([1; 20], 10, true);
        assert!(!looks(&census, 1, &two), "an overwrite");
        assert!(looks(&census, 2, &two));
        assert!(looks(&census, 1, &policy(-1, 0, 3)));
        assert!(!looks(&census, 2, &policy(3, 30, 3)));
        assert!(looks(&census, 2, &policy(3, 29, 3)), "by bytes");
        census.deleted(&[0; 20], None);
        assert!(!looks(&census, 2, &two));
    }

    /// A million entries at the bound: some pages to be sure, then a page for
    /// each share that is culled; and far below it, one page and no more.
    #[test]
    fn a_large_bound_is_looked_at_until_the_count_is_narrow() {
        let page = |from: usize| -> Vec<Aged> {
            let id = |n: usize| {
                let place = u16::try_from((from + n / 60) % BUCKETS * 4).unwrap();
                let mut id = [0; 20];
                id[..2].copy_from_slice(&place.to_be_bytes());
                id[2..10].copy_from_slice(&n.to_be_bytes());
                aged(id)
            };
            (0..PAGE).map(id).collect()
        };
        for (bound, bytes, looks) in [
            (1_000_000, 0, 15..30),
            (2_000_000, 0, 1..2),
            (0, 10_000_000, 15..30),
            (0, 20_000_000, 1..2),
        ] {
            let policy = policy(bound, bytes, 3);
            let mut census = Census::default();
            let mut seen = 0;
            for n in 0..100_u64 {
                let id = crate::digest::sha1(&n.to_le_bytes());
                if let Some(from) = census.must_look(write(&id), &policy) {
                    census.saw(&look(from, page(from), false), &policy, n * 991);
                    seen += 1;
                    let n = census.choose(&mut page(from), write(&id), &policy);
                    assert!(n == 0 || seen > 14, "{n} of a page, after {seen} looks");
                }
                census.wrote(id, 10, true);
            }
            assert!(looks.contains(&seen), "{bound}, {bytes}: {seen} looks");
        }
    }

    /// A location, and handles that write to it, each with a census of its own.
    fn simulate(before: u32, policy: &Policy, handles: usize, sets: u32) -> (usize, usize) {
        use crate::digest::sha1;
        let mut store: std::collections::BTreeMap<Id, u32> =
            (0..before).map(|i| (sha1(&i.to_le_bytes()), 0)).collect();
        let mut census = vec![Census::default(); handles];
        let mut requests = 0;
        for n in 0..sets {
            let census = &mut census[n as usize % handles];
            let id = sha1(format!("new {n}").as_bytes());
            if let Some(from) = census.must_look(write(&id), policy) {
                let mut first = [0; 20];
                let place = u16::try_from(from * 4).unwrap();
                first[..2].copy_from_slice(&place.to_be_bytes());
                let rest = store.range(first..);
                let page: Vec<Aged> = rest
                    .take(PAGE)
                    .map(|(id, age)| Aged {
                        modified: Some(i64::from(*age)),
                        ..aged(*id)
                    })
                    .collect();
                let to_the_end = store.range(first..).nth(PAGE).is_none();
                let mut look = look(from, page, to_the_end);
                census.saw(&look, policy, u64::from(n) * 7919);
                let gone = census.choose(&mut look.page, write(&id), policy).min(PAGE);
                for entry in &look.page[..gone] {
                    store.remove(&entry.id);
                    census.culled(entry);
                }
                requests += 1 + usize::from(gone > 0);
            }
            store.insert(id, n);
            census.wrote(id, 10, true);
        }
        (store.len(), requests)
    }

    #[test]
    fn a_large_cache_keeps_to_its_bound() {
        let (left, requests) = simulate(50_000, &policy(50_000, 0, 3), 1, 5_000);
        assert!(left.abs_diff(50_000) < 1_000, "{left} are left");
        assert!(requests < 100, "{requests}");
        let (left, _) = simulate(6_000, &policy(6_000, 0, 3), 2, 3_000);
        assert!(left.abs_diff(6_000) < 700, "{left} are left");
    }
}
