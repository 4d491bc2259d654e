//! Content types: what is one, and which it is. Pure.
//! <https://www.rfc-editor.org/rfc/rfc9110#name-media-type>, with the names of
//! <https://www.rfc-editor.org/rfc/rfc6838#section-4.2>.

/// `type/subtype`, and any number of `;name=value`.
pub(super) fn is_content_type(text: &str) -> bool {
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    is_type(kind.trim_end_matches(' ')) && are_parameters(parameters)
}

/// `type/subtype` alone.
pub(crate) fn is_type(kind: &str) -> bool {
    let of_a_name = |b: u8| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b);
    let name = |part: &str| !part.is_empty() && part.bytes().all(of_a_name);
    kind.split_once('/')
        .is_some_and(|(kind, of)| name(kind) && name(of))
}

/// A content type without its parameters.
pub(crate) fn essence(kind: &str) -> String {
    let kind = kind.split(';').next().unwrap_or_default();
    kind.trim().to_ascii_lowercase()
}

/// What follows the first `;`. A value may be quoted, and hold one then.
fn are_parameters(mut rest: &str) -> bool {
    loop {
        rest = rest.trim_start_matches([' ', ';']);
        if rest.is_empty() {
            return true;
        }
        let Some(after) = parameter(rest) else {
            return false;
        };
        rest = after.trim_start_matches(' ');
        if !rest.is_empty() && !rest.starts_with(';') {
            return false;
        }
    }
}

/// What comes after one of them.
fn parameter(text: &str) -> Option<&str> {
    let value = token(text)?.strip_prefix('=')?;
    match value.strip_prefix('"') {
        None => token(value),
        Some(quoted) => {
            let mut escaped = false;
            let end = quoted.find(|c| {
                let end = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                end
            })?;
            Some(&quoted[end + 1..])
        }
    }
}

/// What comes after a word.
fn token(text: &str) -> Option<&str> {
    let of_a_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let rest = text.trim_start_matches(of_a_token);
    (rest.len() < text.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_one() {
        for text in [
            "text/css",
            "application/vnd.api+json",
            "text/html; charset=utf-8",
            "text/html;charset=utf-8 ; q=1;",
            "multipart/mixed; boundary=\"a; b\\\"c\"; x='",
        ] {
            assert!(is_content_type(text), "{text}");
        }
        for text in [
            "",
            "hello",
            "text/",
            "/css",
            "a/b/c",
            "text/*",
            "text /css",
            "text/css charset=utf-8",
            "text/css; charset",
            "text/css; charset=",
            "text/css; charset = utf-8",
            "text/css; =utf-8",
            "text/css; a=\"b",
            "text/css; a=\"b\\\"",
            "text/css; a=\"b\"c",
            "text/css; a=b c=d",
            "text/css, text/html",
        ] {
            assert!(!is_content_type(text), "{text}");
        }
        // However many there are, the stack is as deep.
        assert!(is_content_type(&format!("a/b{}", ";c=d".repeat(1 << 20))));
    }
}
