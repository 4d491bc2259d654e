//! What must hold of any reader that takes whole documents with one root.

use std::fmt::Debug;

use crate::bound::within;

/// What is read of `xml`. It holds at most `times` as much memory meanwhile.
pub fn judge<T: Debug + PartialEq>(
    xml: &[u8],
    root: &str,
    times: usize,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Option<T> {
    let limit = times * xml.len() + (4 << 10);
    let found = within(limit, || read(xml))?;
    let other = format!("{}_", &root[1..]);
    assert_eq!(read(&replaced(xml, root, &other)), None, "another root");
    for (before, after) in [("<x>", "</x>"), ("<x/>", "")] {
        let inside = [before.as_bytes(), xml, after.as_bytes()].concat();
        assert_eq!(read(&inside), None, "in {before}{after}");
    }
    // Half a document is none: only behind the root's end may it be cut.
    let drawn = xml.iter().fold(7_usize, |sum, b| {
        sum.wrapping_mul(31).wrapping_add(usize::from(*b))
    });
    let spread = (1..5).map(|nth| drawn.wrapping_mul(nth) >> 3);
    let close = (1..=20).map(|back| xml.len().saturating_sub(back));
    for cut in spread.chain(close) {
        let part = read(&xml[..cut % xml.len()]);
        assert!(part.is_none() || part.as_ref() == Some(&found), "{part:?}");
    }
    Some(found)
}

fn replaced(xml: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut new = Vec::new();
    let mut rest = xml;
    while !rest.is_empty() {
        match rest.strip_prefix(from.as_bytes()) {
            Some(after) => {
                new.extend_from_slice(to.as_bytes());
                rest = after;
            }
            None => {
                new.push(rest[0]);
                rest = &rest[1..];
            }
        }
    }
    new
}

/// What of a text XML can hold at all.
pub fn writable(text: &str) -> String {
    let never = |char: char| char < ' ' || matches!(char, '\u{fffe}' | '\u{ffff}');
    let holds = |char: &char| matches!(char, '\t' | '\n' | '\r') || !never(*char);
    text.chars().filter(holds).collect()
}

/// An element of this text, in one of the ways there are to write it.
pub fn element(name: &str, text: &str, way: usize) -> String {
    let number = |char: char| format!("&#{};", u32::from(char));
    let hexadecimal = |char: char| format!("&#x{:X};", u32::from(char));
    let escaped = |char: char| match char {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&apos;".to_owned(),
        // Alone it would be read as the end of a line.
        '\r' => number(char),
        char => char.to_string(),
    };
    let written: String = match way % 6 {
        0 => text.chars().map(number).collect(),
        1 => text.chars().map(hexadecimal).collect(),
        2 if !text.contains("]]>") && !text.contains('\r') => format!("<![CDATA[{text}]]>"),
        3 => text.chars().map(escaped).collect::<String>() + "<!-- <Key> -->",
        _ => text.chars().map(escaped).collect(),
    };
    match way % 5 {
        0 => format!("<{name} a='>'>{written}</{name} >"),
        1 => format!("<s3:{name}>{written}</s3:{name}>"),
        _ => format!("<{name}>{written}</{name}>"),
    }
}
