//! Where in the text of a lifecycle configuration what lies, so that one rule
//! of it can be exchanged. The reader's names come by way of the room above.

use std::ops::Range;

use super::{BytesStart, Event, MAX_DEPTH, NsReader, Reader, ResolveResult, append};

/// A lifecycle configuration: where in its text what lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lifecycle {
    pub(crate) rules: Vec<Rule>,
    /// What the names of its elements begin with: nothing, or such as `s3:`.
    pub(crate) qualifier: String,
    /// The byte at which its end tag begins; `None` where all of it is one tag.
    pub(crate) end: Option<usize>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    /// Its bytes, from `<` to `>`.
    pub(crate) range: Range<usize>,
    pub(crate) id: Option<String>,
    pub(crate) prefix: Option<String>,
    /// The prefix is not in a `Filter`, as before there were any.
    pub(crate) legacy: bool,
    pub(crate) enabled: bool,
    /// Of the current version's expiration.
    pub(crate) days: Option<u32>,
}

/// Stricter than `read`: `None` also for what is not well-formed after the
/// root, has a document type, or leaves open whether an element is S3's.
pub(crate) fn read_lifecycle(xml: &[u8]) -> Option<Lifecycle> {
    // The reader does not count a byte order mark, so its positions would be off.
    if std::str::from_utf8(xml).ok()?.starts_with('\u{feff}') {
        return None;
    }
    let mut reader = NsReader::from_reader(xml);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().check_comments = true;
    let mut found = Lifecycle::default();
    let mut rule = Rule::default();
    let mut root = None;
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        let from = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let to = usize::try_from(reader.buffer_position()).ok()?;
        match event {
            Event::Start(start) => {
                let (qualifier, name) = tag_names(&start)?;
                let space = match reader.resolver().resolve_element(start.name()).0 {
                    ResolveResult::Bound(space) => Some(space.into_inner().to_vec()),
                    ResolveResult::Unbound => None,
                    ResolveResult::Unknown(_) => return None,
                };
                let above: Vec<&str> = path.iter().map(String::as_str).collect();
                match (&*above, name) {
                    ([], "LifecycleConfiguration") if root.is_none() => {
                        qualifier.clone_into(&mut found.qualifier);
                        root = Some(space);
                    }
                    ([] | [_, "Rule", "ID"], _) => return None,
                    ([_], "Rule")
                    | ([_, "Rule"], "ID" | "Prefix" | "Filter" | "Status" | "Expiration")
                        if root.as_ref() != Some(&space) =>
                    {
                        return None;
                    }
                    ([_], "Rule") => rule.range.start = from,
                    _ if path.len() >= MAX_DEPTH => return None,
                    _ => {}
                }
                path.push(name.to_owned());
                text.clear();
            }
            Event::End(_) => {
                let below: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
                let told = text.trim();
                match *below {
                    // The end of a single tag takes no bytes.
                    [] => found.end = (from < to).then_some(from),
                    ["Rule"] => {
                        rule.range.end = to;
                        found.rules.push(std::mem::take(&mut rule));
                    }
                    ["Rule", "ID"] if rule.id.is_some() => return None,
                    ["Rule", "ID"] => rule.id = Some(text.clone()),
                    ["Rule", "Prefix"] => {
                        rule.legacy = true;
                        rule.prefix = Some(text.clone());
                    }
                    ["Rule", "Filter", "Prefix"] => rule.prefix = Some(text.clone()),
                    ["Rule", "Status"] => rule.enabled = told == "Enabled",
                    ["Rule", "Expiration", "Days"] => rule.days = told.parse().ok(),
                    _ => {}
                }
                path.pop();
                text.clear();
            }
            Event::DocType(_) => return None,
            Event::Decl(_) if from > 0 => return None,
            Event::Eof => return (root.is_some() && path.is_empty()).then_some(found),
            other => {
                append(&other, &mut text)?;
                if path.is_empty() && !text.trim().is_empty() {
                    return None;
                }
            }
        }
    }
}

/// A tag's qualifier with its colon, and its name without; `None` where its
/// attributes make no sense.
fn tag_names<'a>(start: &'a BytesStart<'_>) -> Option<(&'a str, &'a str)> {
    // Not their duplicates: that takes quadratic time.
    if !start.attributes().with_checks(false).all(|a| a.is_ok()) {
        return None;
    }
    let whole = std::str::from_utf8(start.name().into_inner()).ok()?;
    Some(whole.split_at(whole.find(':').map_or(0, |colon| colon + 1)))
}

/// The name of the outermost element.
pub(crate) fn root(xml: &[u8]) -> Option<String> {
    let mut reader = Reader::from_reader(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => {
                return Some(tag_names(&start)?.1.to_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}
