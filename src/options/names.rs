//! Names of options: which row a name stands for, and which name was meant.

use super::row::{IgnoredOption, OptionRow};
use super::table::{IGNORED, table};

/// What a name stands for.
pub(super) enum Named {
    /// A row, and which of its names it is: 0 is the newest.
    Row(&'static OptionRow, usize),
    Ignored(&'static IgnoredOption),
}

/// Whatever its letters' case, and with `-` for `_`.
pub(super) fn find(name: &str) -> Option<Named> {
    let name = normal(name);
    for row in table() {
        if let Some(rank) = row.names().position(|known| known == name) {
            return Some(Named::Row(row, rank));
        }
    }
    let ignored = IGNORED.iter().find(|row| row.name == name)?;
    Some(Named::Ignored(ignored))
}

/// The known name nearest to an unknown one, if any is near.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = normal(name);
    // Not what can be near to nothing, and its time is its length squared.
    if !(3..=40).contains(&name.len()) {
        return None;
    }
    let ignored = IGNORED.iter().map(|row| row.name);
    let known = table().iter().flat_map(OptionRow::names).chain(ignored);
    let (distance, nearest) = known
        .map(|known| (distance(known, &name), known))
        .min_by_key(|(distance, _)| *distance)?;
    // Within a third of its letters.
    (distance * 3 <= name.len().max(nearest.len())).then_some(nearest)
}

fn normal(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}

/// How many letters must be put in, left out, replaced or swapped with their
/// neighbour to turn one word into the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    // The last two rows of the usual matrix.
    let mut above = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for i in 0..one.len() {
        let mut next = vec![i + 1];
        for j in 0..other.len() {
            let replaced = row[j] + usize::from(one[i] != other[j]);
            let mut least = replaced.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && one[i] == other[j - 1] && one[i - 1] == other[j] {
                least = least.min(above[j - 1] + 1);
            }
            next.push(least);
        }
        above = std::mem::replace(&mut row, next);
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("abc", "acb", 1),
            ("abc", "ab", 1),
            ("abc", "xabc", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn every_name_is_there_once() {
        let ignored = IGNORED.iter().map(|row| row.name);
        let names: Vec<_> = table()
            .iter()
            .flat_map(OptionRow::names)
            .chain(ignored)
            .collect();
        for name in &names {
            assert_eq!(*name, normal(name));
            let same = names.iter().filter(|other| *other == name).count();
            assert_eq!(same, 1, "{name}");
            assert!(find(&name.to_ascii_uppercase()).is_some());
        }
    }
}
