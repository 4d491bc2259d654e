//! How many entries there are, as far as one handle knows, and which of them a
//! cull takes. Pure: pages of a listing in, decisions out.
//!
//! Django's rules: a write that would exceed `max_entries` culls first; one
//! entry in `cull_frequency` goes, or all of them where that is 0.
//! <https://docs.djangoproject.com/en/5.2/topics/cache/#cache-arguments>

use std::collections::HashSet;

use crate::client::PAGE;
use crate::key::Id;
use crate::settings::Policy;

/// A handle's own count. It lists only when this may have been outgrown.
#[derive(Clone, Debug, Default)]
pub(crate) enum Census {
    /// Nothing listed yet.
    #[default]
    Unlisted,
    /// All entries, as of the last listing and with this handle's writes since.
    Complete(HashSet<Id>),
    /// More than one page: so many writes until the next look.
    Partial(u32),
}

/// While a location holds more than a page, one write in so many lists it and
/// takes a share of the page: more than the writes between have added.
const LOOK_EVERY: u32 = 50;

/// A listed entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Aged {
    /// Unix milliseconds; an entry without a date counts as the oldest.
    pub(crate) modified: Option<i64>,
    pub(crate) id: Id,
}

impl Census {
    /// Whether a write of this object has to look first.
    pub(crate) fn must_look(&mut self, id: &Id, policy: &Policy) -> bool {
        let Ok(max) = usize::try_from(policy.max_entries) else {
            return true;
        };
        match self {
            _ if max == 0 || max > PAGE => false,
            Self::Unlisted => true,
            Self::Complete(ids) => ids.len() >= max && !ids.contains(id),
            Self::Partial(left) => {
                *left = left.saturating_sub(1);
                *left == 0
            }
        }
    }

    /// A page begun at the location's first name, less what was culled from it.
    pub(crate) fn listed(&mut self, left: impl Iterator<Item = Id>, truncated: bool) {
        *self = if truncated {
            Self::Partial(LOOK_EVERY)
        } else {
            Self::Complete(left.collect())
        };
    }

    pub(crate) fn wrote(&mut self, id: Id) {
        if let Self::Complete(ids) = self {
            ids.insert(id);
        }
    }

    pub(crate) fn deleted(&mut self, id: &Id) {
        if let Self::Complete(ids) = self {
            ids.remove(id);
        }
    }

    /// Every entry is gone, or as good as unknown.
    pub(crate) fn forget(&mut self) {
        *self = Self::Unlisted;
    }
}

/// How many of `count` entries go before another may be written: as many as
/// leave what Django's share leaves of a cache at its bound.
pub(crate) fn surplus(count: usize, policy: &Policy) -> usize {
    let share = |of: usize| match policy.cull_frequency {
        0 => of,
        one_in => of / one_in as usize,
    };
    match usize::try_from(policy.max_entries) {
        Ok(0) => 0,
        Ok(max) if count < max => 0,
        Ok(max) => count - max + share(max).max(1),
        // Negative: at every write.
        Err(_) => share(count),
    }
}

/// Puts the `n` oldest first.
pub(crate) fn oldest(entries: &mut [Aged], n: usize) -> &[Aged] {
    if n > 0 && n < entries.len() {
        entries.select_nth_unstable(n);
    }
    &entries[..n.min(entries.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::Compression;
    use crate::conditions::ConditionalWrites;
    use crate::settings::Refresh;
    use crate::time::Timeout;
    use std::time::Duration;

    fn policy(max_entries: i64, cull_frequency: u32) -> Policy {
        Policy {
            default_timeout: Timeout::Default,
            max_entries,
            cull_frequency,
            compression: Compression::Off,
            max_value_size: 0,
            conditional_writes: ConditionalWrites::Probe,
            add_reads_first: false,
            refresh: Refresh {
                stale_for: Duration::ZERO,
                early: 0.0,
                lease: Duration::ZERO,
            },
        }
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
            (1_000_000, 0, 3, 0),
            (9, -1, 3, 3),
            (0, -1, 3, 0),
            (0, 1, 0, 0),
        ] {
            assert_eq!(
                surplus(count, &policy(max, frequency)),
                gone,
                "{count} {max}"
            );
        }
    }

    #[test]
    fn the_oldest_go_and_the_undated_first() {
        let aged = |modified, byte| Aged {
            modified,
            id: [byte; 20],
        };
        let mut entries = [
            aged(Some(5), 1),
            aged(None, 2),
            aged(Some(-3), 3),
            aged(Some(5), 0),
        ];
        let mut gone = oldest(&mut entries, 3).to_vec();
        gone.sort();
        assert_eq!(gone, [aged(None, 2), aged(Some(-3), 3), aged(Some(5), 0)]);
        assert_eq!(oldest(&mut entries, 0), []);
        assert_eq!(oldest(&mut entries, 9).len(), 4);
    }

    #[test]
    fn looks_only_when_outgrown() {
        let two = policy(2, 3);
        let mut census = Census::default();
        assert!(census.must_look(&[0; 20], &two));
        assert!(!census.must_look(&[0; 20], &policy(0, 3)));
        assert!(!census.must_look(&[0; 20], &policy(1001, 3)));
        census.listed([[0; 20]].into_iter(), false);
        assert!(!census.must_look(&[1; 20], &two));
        census.wrote([1; 20]);
        assert!(!census.must_look(&[1; 20], &two), "an overwrite");
        assert!(census.must_look(&[2; 20], &two));
        assert!(census.must_look(&[1; 20], &policy(-1, 3)));
        census.deleted(&[0; 20]);
        assert!(!census.must_look(&[2; 20], &two));
        census.listed(std::iter::empty(), true);
        let looks = (0..200).filter(|_| {
            let look = census.must_look(&[9; 20], &two);
            if look {
                census.listed(std::iter::empty(), true);
            }
            look
        });
        assert_eq!(looks.count(), 4);
    }
}
