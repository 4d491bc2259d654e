//! The format of the shared files, INI in Amazon's dialect. Pure, and total:
//! what is no section, property or comment is passed over.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

/// `[name]` and what stands below it, up to the next.
pub(crate) struct Section {
    pub(crate) name: String,
    /// Names in lower case; what stands below `s3 =` is `s3/endpoint_url` and so on.
    pub(crate) properties: Vec<(String, String)>,
}

impl Section {
    /// Empty is as good as not there.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let found = self.properties.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| &**value).filter(|v| !v.is_empty())
    }

    fn set(&mut self, key: &str, value: &str) {
        let key = key.to_ascii_lowercase();
        self.properties.retain(|(name, _)| *name != key);
        self.properties.push((key, value.to_owned()));
    }
}

/// The sections, each once: one that comes again goes on where it was.
pub(crate) fn parse(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut current = None;
    // The last property of this section, and where it begins.
    let mut last: Option<(usize, String)> = None;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if content.starts_with('[') {
            // Below a header that is none, nothing belongs to the section before.
            current = header(content).map(|name| section(&mut sections, name));
            last = None;
            continue;
        }
        let (Some(at), Some((key, value))) = (current, content.split_once('=')) else {
            continue;
        };
        let section: &mut Section = &mut sections[at];
        let (key, value) = (key.trim_end(), without_comment(value).trim());
        let indent = line.len() - line.trim_start().len();
        match last.as_ref().filter(|(margin, _)| indent > *margin) {
            None => {
                section.set(key, value);
                last = Some((indent, key.to_ascii_lowercase()));
            }
            // A sub-property.
            Some((_, above)) if section.get(above).is_none() => {
                section.set(&format!("{above}/{key}"), value);
            }
            // More of a value, and no property of ours has any.
            Some(_) => {}
        }
    }
    sections
}

fn header(content: &str) -> Option<&str> {
    let (name, rest) = content.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    let closed = rest.is_empty() || rest.starts_with(['#', ';']);
    Some(name.trim()).filter(|name| closed && !name.is_empty())
}

fn section(sections: &mut Vec<Section>, name: &str) -> usize {
    if let Some(at) = sections.iter().position(|one| one.name == name) {
        return at;
    }
    sections.push(Section {
        name: name.to_owned(),
        properties: Vec::new(),
    });
    sections.len() - 1
}

/// A comment after a value has a space before it: secrets hold # and ;.
fn without_comment(value: &str) -> &str {
    let comment = value.char_indices().zip(value.chars().skip(1));
    let mut comment = comment
        .filter(|((_, before), char)| before.is_ascii_whitespace() && matches!(char, '#' | ';'));
    comment.next().map_or(value, |((at, _), _)| &value[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn get(text: &str, name: &str, key: &str) -> Option<String> {
        let sections = parse(text);
        let section = sections.iter().find(|section| section.name == name)?;
        section.get(key).map(str::to_owned)
    }

    #[test]
    fn the_format() {
        let text = "\u{feff}stray = 1\r\n# a comment\r\n; another\r\n[default]\r\n\
            Region=eu-west-1\r\naws_secret_access_key = a=b#c;d/+ # not this\r\nempty =\r\n\
            s3 =\r\n  region = of s3\r\n  [no]\r\nx = 1 ; no\r\n\
            [ profile  two ] # comment\r\n\tkey\t=\tvalue\t;\r\n\tnext = 2\r\n\
            just words\r\n[unclosed\r\nlost = 1\r\n[]\r\nlost = 1\r\n[a] b\r\nlost = 1\r\n\
            [default]\r\nregion = eu-west-2\r\n= nothing\r\n";
        let of_default = |key| get(text, "default", key);
        assert_eq!(of_default("region").as_deref(), Some("eu-west-2"));
        let secret = of_default("aws_secret_access_key");
        assert_eq!(secret.as_deref(), Some("a=b#c;d/+"));
        for none in ["empty", "stray", "lost", "s3", "x", "just words"] {
            assert_eq!(of_default(none), None, "{none}");
        }
        assert_eq!(get(text, "no", "x").as_deref(), Some("1"));
        assert_eq!(get(text, "profile  two", "key").as_deref(), Some("value"));
        assert_eq!(get(text, "profile  two", "next").as_deref(), Some("2"));
        assert_eq!(parse(text).len(), 3);
        assert_eq!(of_default("s3/region").as_deref(), Some("of s3"));
        assert_eq!(get("[a]\nk = # c", "a", "k"), None);
        assert_eq!(get("[a]\nk = v\n w = 1\nx = 2", "a", "k/w"), None);
        assert_eq!(get("[a]\nk = é ;ü", "a", "k").as_deref(), Some("é"));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(?s)([\\[\\]=#; \t\r\na-c\u{e9}\u{3000}]|.){0,60}") {
            for section in parse(&text) {
                prop_assert!(!section.name.is_empty());
                for (key, value) in &section.properties {
                    prop_assert_eq!(value.trim(), value);
                    prop_assert_eq!(&key.to_ascii_lowercase(), key);
                }
            }
        }

        #[test]
        fn what_is_written_is_read(
            key in "[a-z_]{1,20}",
            value in "[!-~]([ -~]{0,30}[!-~])?",
            crlf: bool,
            margin in "[ \t]{0,3}",
        ) {
            prop_assume!(!value.contains(" #") && !value.contains(" ;"));
            let end = if crlf { "\r\n" } else { "\n" };
            let text = format!("[other]{end}{key} = 1{end}[p]{end}{margin}{key} ={value}{end}{margin}   {key} = sub{end}");
            prop_assert_eq!(get(&text, "p", &key), Some(value));
        }
    }
}
