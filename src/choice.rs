//! Which entries a cull takes, and how many. Pure.
//!
//! Django's rules: a write that would exceed `max_entries` culls first; one
//! entry in `cull_frequency` goes, or all of them where that is 0.
//! <https://docs.djangoproject.com/en/5.2/topics/cache/#cache-arguments>

use crate::key::Id;
use crate::settings::Policy;

/// Which entries a cull takes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CullOrder {
    /// The oldest, by the listing's `LastModified`.
    #[default]
    Oldest,
    /// One in every `cull_frequency`, in the order of their names, which is no
    /// order at all: what django-s3-cache did.
    EveryNth,
}

/// A listed entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Aged {
    /// Unix milliseconds; an entry without a date counts as the oldest.
    pub(crate) modified: Option<i64>,
    pub(crate) id: Id,
    pub(crate) size: u64,
}

/// The bounds that a location is kept to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bounds {
    None,
    /// A cull at every write.
    Always,
    Of {
        entries: u64,
        bytes: u64,
    },
}

impl Bounds {
    pub(crate) fn of(policy: &Policy) -> Self {
        let unless_0 = |n| if n == 0 { u64::MAX } else { n };
        match (u64::try_from(policy.max_entries), policy.max_bytes) {
            (Err(_), _) => Self::Always,
            (Ok(0), 0) => Self::None,
            (Ok(entries), bytes) => Self::Of {
                entries: unless_0(entries),
                bytes: unless_0(bytes),
            },
        }
    }
}

/// A cull's share of so many.
pub(crate) fn share(of: u64, policy: &Policy) -> u64 {
    match (u64::from(policy.cull_frequency), policy.cull_order) {
        (0, _) => of,
        (one_in, CullOrder::Oldest) => of / one_in,
        (one_in, CullOrder::EveryNth) => of.div_ceil(one_in),
    }
}

/// How many of all entries there are go before another of `adding` bytes may
/// be written: as many as leave what Django's share leaves of a cache at its
/// bound. Puts them first.
pub(crate) fn choose(entries: &mut [Aged], adding: u64, policy: &Policy) -> usize {
    in_order(entries, policy);
    let count = entries.len() as u64;
    let (max_entries, max_bytes) = match Bounds::of(policy) {
        Bounds::None => return 0,
        Bounds::Always => return to_usize(share(count, policy)),
        Bounds::Of { entries, bytes } => (entries, bytes),
    };
    let by_count = match count.checked_sub(max_entries) {
        Some(excess) => excess.saturating_add(share(max_entries, policy).max(1)),
        None => 0,
    };
    let sizes = entries.iter().map(|entry| entry.size);
    let bytes = sizes.fold(0, u64::saturating_add);
    let by_bytes = match bytes.saturating_add(adding).checked_sub(max_bytes) {
        None | Some(0) => 0,
        Some(excess) => holding(entries, excess.saturating_add(share(max_bytes, policy))),
    };
    to_usize(by_count).max(by_bytes).min(entries.len())
}

/// How many of the first entries hold so many bytes.
pub(crate) fn holding(entries: &[Aged], bytes: u64) -> usize {
    let mut left = bytes;
    let more = |entry: &&Aged| {
        let wanted = left > 0;
        left = left.saturating_sub(entry.size);
        wanted
    };
    entries.iter().take_while(more).count()
}

/// Puts those first that a cull takes first.
pub(crate) fn in_order(entries: &mut [Aged], policy: &Policy) {
    match policy.cull_order {
        CullOrder::Oldest => entries.sort_unstable(),
        CullOrder::EveryNth => {
            entries.sort_unstable_by_key(|entry| entry.id);
            let every = policy.cull_frequency.max(1) as usize;
            let mut nth = Vec::with_capacity(entries.len());
            for from in 0..every.min(entries.len()) {
                nth.extend(entries.iter().skip(from).step_by(every));
            }
            entries.copy_from_slice(&nth);
        }
    }
}

pub(crate) fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn policy(max_entries: i64, max_bytes: u64, cull_frequency: u32) -> Policy {
        let options = crate::Options::new("bucket")
            .endpoint("http://host")
            .credentials("key", "secret")
            .max_entries(max_entries)
            .max_bytes(max_bytes)
            .cull_frequency(cull_frequency);
        options.check().unwrap().policy
    }

    fn aged(modified: Option<i64>, byte: u8, size: u64) -> Aged {
        let id = [byte; 20];
        Aged { modified, id, size }
    }

    fn some(count: u8, size: u64) -> Vec<Aged> {
        (0..count).map(|i| aged(Some(i.into()), i, size)).collect()
    }

    #[test]
    fn djangos_shares() {
        for (count, max, frequency, gone) in [
            (29, 30, 3, 0),
            (30, 30, 3, 10),
            (30, 30, 0, 30),
            (30, 30, 1, 30),
            // The bound holds where Django's share would not be enough.
            (30, 30, 100, 1),
            (90, 30, 3, 70),
            (200, 0, 3, 0),
            (9, -1, 3, 3),
            (0, -1, 3, 0),
            (0, 1, 0, 0),
        ] {
            let n = choose(&mut some(count, 1), 1, &policy(max, 0, frequency));
            assert_eq!(n, gone, "{count} {max} {frequency}");
        }
    }

    #[test]
    fn bytes_are_a_bound_too() {
        // Ten of 100 bytes, and one more of 100 to come.
        for (max_entries, max_bytes, frequency, gone) in [
            (0, 1100, 2, 0),
            // 1 too many, and half of the bound.
            (0, 1099, 2, 6),
            (0, 1099, 0, 10),
            (0, 500, 5, 7),
            // Whichever bound asks for more.
            (10, 1100, 3, 3),
            (10, 1000, 3, 5),
        ] {
            let policy = policy(max_entries, max_bytes, frequency);
            let n = choose(&mut some(10, 100), 100, &policy);
            assert_eq!(n, gone, "{max_entries} {max_bytes} {frequency}");
        }
        assert_eq!(holding(&some(3, 10), 0), 0);
        assert_eq!(holding(&some(3, 10), 11), 2);
        assert_eq!(holding(&some(3, 10), 99), 3);
    }

    #[test]
    fn the_oldest_go_and_the_undated_first() {
        let mut entries = [
            aged(Some(5), 1, 0),
            aged(None, 2, 0),
            aged(Some(-3), 3, 0),
            aged(Some(5), 0, 0),
        ];
        in_order(&mut entries, &policy(3, 0, 3));
        assert_eq!(entries.map(|entry| entry.id[0]), [2, 3, 0, 1]);
    }

    /// The seed took the entries at 0, 3, 6 and so on of its listing.
    #[test]
    fn every_nth_of_the_names() {
        let mut policy = policy(8, 0, 3);
        policy.cull_order = CullOrder::EveryNth;
        let mut entries = some(8, 1);
        entries.reverse();
        assert_eq!(choose(&mut entries, 1, &policy), 3);
        let order: Vec<u8> = entries.iter().map(|entry| entry.id[0]).collect();
        assert_eq!(order, [0, 3, 6, 1, 4, 7, 2, 5]);
        in_order(&mut [], &policy);
    }
}
