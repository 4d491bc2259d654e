//! What the header declares, read as text.

use std::collections::BTreeSet;
use std::fs;

use crate::workshop::header_folder;

pub(crate) fn text() -> String {
    fs::read_to_string(header_folder().join("s3cache.h")).unwrap()
}

/// Without its comments, in which functions are only spoken of.
fn code() -> String {
    let text = text();
    let mut parts = text.split("/*");
    let mut code = parts.next().unwrap().to_owned();
    for part in parts {
        code.push_str(part.split_once("*/").unwrap().1);
    }
    code
}

pub(crate) fn functions() -> BTreeSet<String> {
    let code = code();
    let before_brackets = code.split('(');
    before_brackets
        .filter_map(|before| {
            let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
            let name = &before[start + 1..];
            name.starts_with("s3cache_").then(|| name.to_owned())
        })
        .collect()
}

/// Each name of the enumeration, with its number.
pub(crate) fn results() -> Vec<(String, i32)> {
    let code = code();
    let (_, list) = code.split_once("enum {").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    list.split(',')
        .filter_map(|line| line.split_once('='))
        .map(|(name, number)| (name.trim().to_owned(), number.trim().parse().unwrap()))
        .collect()
}

/// The program in the comment at its top.
pub(crate) fn example() -> String {
    let text = text();
    let (_, rest) = text.split_once(" * A whole program:\n").unwrap();
    let (lines, _) = rest.split_once(" * Build it with:").unwrap();
    lines
        .lines()
        .map(|line| line.strip_prefix(" *").unwrap())
        .map(|line| line.strip_prefix("     ").unwrap_or(line).to_owned() + "\n")
        .collect()
}
