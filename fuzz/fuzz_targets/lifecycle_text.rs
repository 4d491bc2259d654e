//! Any text as a bucket's lifecycle configuration, and our rule put into it
//! and taken out: not one byte of what is not ours may change. A reader that
//! has nothing to do with the library's is asked as well. See `fuzz/README.md`.
#![no_main]

use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use roxmltree::{Document, Node};
use s3cache::fuzzing::{
    Without, lifecycle_days, lifecycle_rule, lifecycle_with, lifecycle_without,
};

const PIECES: [&str; 4] = [" ", "\t\n", "<!-- </Rule> -->", "<Rule/>"];

fuzz_target!(|text: &[u8]| {
    for prefix in ["app/", ""] {
        if lifecycle_days(text, prefix).is_ok() {
            let ours = exchange(text, prefix).unwrap_or_default();
            // The same with something of others right before it and after.
            for piece in PIECES.iter().filter(|_| !ours.is_empty()) {
                let (before, after) = (&text[..ours.start], &text[ours.end..]);
                let piece = piece.as_bytes();
                let text = [before, piece, &text[ours.clone()], piece, after].concat();
                if lifecycle_days(&text, prefix).is_ok() {
                    exchange(&text, prefix);
                }
            }
        } else {
            assert!(lifecycle_with(text, prefix, 1).is_err());
            assert!(lifecycle_without(text, prefix).is_err());
        }
    }
});

/// Where our rule was; nothing where it was not, or was left as it was.
fn exchange(text: &[u8], prefix: &str) -> Option<Range<usize>> {
    let without = lifecycle_without(text, prefix).unwrap();
    // A rule that is not there yet, so that it is seen where it was put.
    let is_there = |days: &u32| {
        let (forms, _) = lifecycle_rule(text, prefix, *days).unwrap();
        forms.iter().any(|form| !places(text, form).is_empty())
    };
    let days = (1..).find(|days| !is_there(days)).unwrap();
    let (forms, document) = lifecycle_rule(text, prefix, days).unwrap();
    let new = match lifecycle_with(text, prefix, days) {
        Ok(new) => new,
        // What would come out is not certain: nothing was changed.
        Err(why) => {
            assert_ne!(why, "twice");
            return None;
        }
    };
    assert_eq!(lifecycle_days(&new, prefix), Ok(Some(days)));
    assert_eq!(lifecycle_with(&new, prefix, days).as_ref(), Ok(&new));

    let place = forms
        .iter()
        .flat_map(|form| places(&new, form).into_iter().map(|at| (at, form.len())))
        .collect::<Vec<_>>();
    let fits = |&(at, len): &(usize, usize)| {
        text.starts_with(&new[..at]) && text.ends_with(&new[at + len..])
    };
    let (at, len) = match place[..] {
        [place] if fits(&place) => place,
        _ => {
            // A single tag, nobody's rules, becomes two.
            assert_eq!(text_of(&new), document);
            assert_eq!(without, Without::Same);
            single_tag(text);
            return None;
        }
    };
    let (before, after) = (&new[..at], &new[at + len..]);
    let old = &text[before.len()..text.len() - after.len()];
    if old.is_empty() {
        assert_eq!(without, Without::Same);
        assert!(after.starts_with(b"</"), "{}", text_of(&new));
    } else {
        assert!(old.starts_with(b"<") && old.ends_with(b">"));
    }
    let rest = [before, after].concat();
    match (lifecycle_without(&new, prefix).unwrap(), without) {
        (now, Without::Same) if old.is_empty() => {
            assert!(now == Without::NoRules || now == Without::Text(text.to_vec()));
        }
        (Without::NoRules, Without::NoRules) => {}
        (Without::Text(now), Without::Text(then)) => {
            assert_eq!(
                (text_of(&now), text_of(&then)),
                (text_of(&rest), text_of(&rest))
            );
        }
        (now, then) => panic!("{now:?}, and before {then:?}"),
    }
    second_opinion(text, &new, at, old.len(), len);
    Some(at..at + old.len())
}

fn places(text: &[u8], part: &str) -> Vec<usize> {
    let windows = text.windows(part.len()).enumerate();
    let there = windows.filter(|(_, window)| *window == part.as_bytes());
    there.map(|(at, _)| at).collect()
}

fn text_of(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

fn single_tag(text: &[u8]) {
    if let Ok(document) = Document::parse(text_of(text)) {
        let root = document.root_element();
        assert!(!root.has_children() && document.input_text()[root.range()].ends_with("/>"));
    }
}

/// Where it finds the text well-formed, it finds the new one so as well, with
/// the same elements in it but for one, which is a rule.
fn second_opinion(text: &[u8], new: &[u8], at: usize, old_len: usize, new_len: usize) {
    let Ok(before) = Document::parse(text_of(text)) else {
        return;
    };
    let after = Document::parse(text_of(new)).unwrap_or_else(|why| panic!("{why}"));
    let others = |document: &Document<'_>, len: usize| {
        let root = document.root_element();
        let ours = |node: &Node<'_, '_>| len > 0 && node.range() == (at..at + len);
        let children = root.children().filter(Node::is_element);
        let (ours, others): (Vec<_>, Vec<_>) = children.partition(ours);
        assert_eq!(ours.len(), usize::from(len > 0), "no element of the root");
        for rule in ours {
            assert_eq!(rule.tag_name().name(), "Rule");
            assert_eq!(rule.tag_name().namespace(), root.tag_name().namespace());
        }
        let text = |node: Node<'_, '_>| document.input_text()[node.range()].to_owned();
        others.into_iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(others(&before, old_len), others(&after, new_len));
}
