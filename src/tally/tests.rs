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
    let end = match entries.last() {
        Some(last) if !to_the_end => bucket(&last.id),
        _ => BUCKETS,
    };
    tally.saw(&entries, from, end);
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
}

/// What `len_estimate` does: the first page, and one from anywhere.
#[test]
fn two_pages_tell_within_a_tenth() {
    let all = ids(0..50_000);
    let near = (0..100).filter(|trial| {
        let mut tally = Tally::new(0);
        look(&mut tally, &all);
        tally.go_to(to_bucket(trial * 0x9e37_79b9_7f4a));
        look(&mut tally, &all);
        tally.estimate().count.abs_diff(50_000) <= 5_000
    });
    assert!(near.count() >= 95);
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
        tally.wrote(id, 10, true);
        tally.wrote(id, 10, true);
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
        tally.wrote(id, 10, true);
    }
    // What is known to be there already, or not to be there, is no news.
    for id in ids(1_000..2_000) {
        tally.wrote(id, 10, false);
        tally.deleted(&crate::digest::sha1(&id), None);
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

/// A thousand names of others in a row: each look still gets on.
#[test]
fn a_page_without_an_entry_is_not_looked_at_for_ever() {
    let mut tally = Tally::new(7);
    tally.saw(&[], 7, 7);
    assert_eq!(tally.next(), 8);
    tally.saw(&[], BUCKETS - 1, BUCKETS - 1);
    assert_eq!(tally.next(), 0);
    assert_eq!(tally.estimate().count, 0);
    // Sizes that cannot be: nothing overflows.
    let huge = Aged {
        size: u64::MAX,
        ..aged(&[0; 20])
    };
    tally.saw(&[huge; 3], 0, 0);
    tally.saw(&[huge; 3], 0, BUCKETS);
    tally.culled(&huge.id, huge.size);
    assert_eq!(tally.estimate().count, 2);
    let _ = tally.bytes();
}

#[test]
fn how_far_a_name_is() {
    for (name, end) in [
        ("", 0),
        ("!note", 0),
        ("0004", 1),
        ("0003-note", 0),
        ("00", 0),
        ("1-note", 0x1000 >> 2),
        ("IMG_1.jpg", 0xa000 >> 2),
        ("9/", 0x9000 >> 2),
        ("fffd", BUCKETS - 1),
        ("g", BUCKETS),
        ("\u{e9}", BUCKETS),
    ] {
        assert_eq!(reached(name), end, "{name}");
    }
}

#[test]
fn an_overwrite_changes_the_bytes() {
    let mut tally = Tally::new(0);
    tally.saw(&[], 0, BUCKETS);
    tally.wrote([1; 20], 10, true);
    tally.wrote([1; 20], 500, true);
    assert_eq!((tally.estimate().count, tally.bytes()), (1, 500));
    tally.deleted(&[1; 20], None);
    assert_eq!((tally.estimate().count, tally.bytes()), (0, 0));
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
