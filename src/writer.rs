//! Write ids: who wrote, and which of his writes it was; and the ids that an
//! entry carries of the writes it builds on.
//!
//! One id for each writer is enough to tell whether his last write was made,
//! however many others have written since; so a history of 24 ids settles a
//! lost reply among up to 23 writers at once.

use std::cell::Cell;

use crate::entry::HISTORY;
use crate::error::Result;
use crate::random;

/// The bits of an id that count; the other 40 are the writer's, at random.
const COUNT: u64 = (1 << 24) - 1;

/// One handle, in one process. A copy would use the same ids, so there is no
/// `Clone`, and a forked process begins anew.
#[derive(Debug, Default)]
pub(crate) struct Writer(Cell<Option<(u32, u64)>>);

impl Writer {
    /// An id that no write has had.
    pub(crate) fn next(&self) -> Result<u64> {
        let process = std::process::id();
        let id = match self.0.get() {
            Some((of, last)) if of == process && last & COUNT < COUNT => last + 1,
            // The first, or the counter is used up: another writer from here on.
            _ => random::bits()? & !COUNT,
        };
        self.0.set(Some((process, id)));
        Ok(id)
    }
}

fn same_writer(a: u64, b: u64) -> bool {
    a & !COUNT == b & !COUNT
}

/// What the entry of the write `id` carries, if it builds on an entry with
/// this chain (its own id, and those that it carries): newest first, one id for
/// each writer, and last the root, the plain write that all of them build on.
pub(crate) fn history(chain: &[u64], id: u64) -> Vec<u64> {
    let Some((root, others)) = chain.split_last() else {
        return Vec::new();
    };
    let others = others.iter().filter(|other| !same_writer(**other, id));
    let mut history: Vec<u64> = others.take(HISTORY - 1).copied().collect();
    history.push(*root);
    history
}

/// Whether a write on the base of `earlier` would be in `there`, an entry's
/// chain of now, if it had been made. Not so where the two have not the same
/// root, or where `there` may have dropped what is as old as the base.
pub(crate) fn would_show(earlier: &[u64], there: &[u64]) -> bool {
    let (Some((root, older)), Some(there_root)) = (earlier.split_last(), there.last()) else {
        return false;
    };
    let nothing_dropped = there.len() <= HISTORY;
    root == there_root && (nothing_dropped || older.iter().any(|id| there.contains(id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_a_writers_own_and_never_come_back() {
        let (one, two) = (Writer::default(), Writer::default());
        let first = one.next().unwrap();
        let second = one.next().unwrap();
        assert_eq!(second, first + 1);
        assert!(same_writer(first, second));
        assert!(!same_writer(first, two.next().unwrap()));
        one.0.set(Some((std::process::id(), first | COUNT)));
        assert!(!same_writer(one.next().unwrap(), first));
        // As after a fork.
        two.0.set(Some((std::process::id().wrapping_add(1), first)));
        assert!(!same_writer(two.next().unwrap(), first));
    }

    #[test]
    fn a_history_keeps_one_id_a_writer_and_the_root() {
        let id = |writer: u64, count| writer << 24 | count;
        assert!(history(&[], id(1, 0)).is_empty());
        // The root stays, also where it is the writer's own.
        assert_eq!(history(&[id(1, 0)], id(1, 1)), [id(1, 0)]);
        let chain = [id(1, 1), id(2, 5), id(1, 0)];
        assert_eq!(history(&chain, id(2, 6)), [id(1, 1), id(1, 0)]);
        assert_eq!(history(&chain, id(3, 0)), chain);
        let mut chain = vec![id(0, 0)];
        for writer in 1..60 {
            chain = [vec![id(writer, 1)], history(&chain, id(writer, 1))].concat();
            let len = usize::try_from(writer + 1).unwrap();
            assert_eq!(chain.len(), len.min(HISTORY + 1));
            assert_eq!(chain.last(), Some(&id(0, 0)));
        }
        assert_eq!(chain[1], id(58, 1));
    }

    #[test]
    fn what_would_show() {
        let id = |writer: u64, count| writer << 24 | count;
        let base = [id(7, 3), id(0, 0)];
        let many: Vec<u64> = (100..100 + HISTORY as u64).map(|w| id(w, 0)).collect();
        let over = |ids: &[u64], root| [ids, &[root]].concat();
        assert!(would_show(&base, &base));
        assert!(would_show(&base, &over(&many[..5], id(0, 0))));
        assert!(would_show(&base, &over(&many[1..], id(0, 0))));
        // Full: unless something as old as the base is there still.
        assert!(!would_show(&base, &over(&many, id(0, 0))));
        assert!(would_show(
            &base,
            &over(&[&many[1..], &base[..1]].concat(), id(0, 0))
        ));
        // Another root: a plain write came between.
        assert!(!would_show(&base, &over(&many[..5], id(9, 0))));
        assert!(!would_show(&[], &base));
        assert!(!would_show(&base, &[]));
    }
}
