//! The replies S3 gives in XML, and the one request made here. The only room that
//! names the XML reader. Pure, and total: any bytes give an answer or `None`.
//!
//! Not rust-s3's own structs: those take an `<Error>` under status 200 for an
//! empty success, and fail on interleaved or missing elements that real
//! servers send. Here the root must be the expected one and be closed, order
//! does not matter, and what is unknown is passed over.

mod lifecycle;
mod sts;

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, Reader};

pub(crate) use self::lifecycle::{Lifecycle, Rule, read_lifecycle, root};
pub(crate) use self::sts::{read_assumed, read_sts_code};
use crate::time::parse_iso8601;

/// One object of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: String,
    /// Unix milliseconds.
    pub(crate) modified: Option<i64>,
    /// In bytes.
    pub(crate) size: u64,
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Listed>,
    /// The last name of all, folders included.
    pub(crate) last: String,
    pub(crate) truncated: bool,
    pub(crate) next: Option<String>,
}

/// An object that S3 did not delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Undeleted {
    pub(crate) name: String,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// The body of an error reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ErrorReply {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: String,
    pub(crate) region: String,
    /// The host that S3 would rather be asked at.
    pub(crate) endpoint: String,
}

pub(crate) fn read_page(xml: &[u8]) -> Option<Page> {
    let mut page = Page::default();
    let mut object = Listed::default();
    read(xml, "ListBucketResult", |path, text| match path {
        ["Contents", "Key"] => text.clone_into(&mut object.name),
        ["Contents", "Size"] => object.size = text.trim().parse().unwrap_or_default(),
        ["Contents", "LastModified"] => object.modified = parse_iso8601(text.trim()),
        ["Contents"] => page.objects.push(std::mem::take(&mut object)),
        ["CommonPrefixes", "Prefix"] if text > page.last.as_str() => {
            text.clone_into(&mut page.last);
        }
        ["IsTruncated"] => page.truncated = text.trim().eq_ignore_ascii_case("true"),
        ["NextContinuationToken"] => page.next = Some(text.to_owned()),
        _ => {}
    })?;
    if let Some(object) = page.objects.last()
        && object.name > page.last
    {
        page.last.clone_from(&object.name);
    }
    Some(page)
}

pub(crate) fn read_delete_result(xml: &[u8]) -> Option<Vec<Undeleted>> {
    let mut failures = Vec::new();
    let mut failure = Undeleted::default();
    read(xml, "DeleteResult", |path, text| match path {
        ["Error", "Key"] => text.clone_into(&mut failure.name),
        ["Error", "Code"] => text.clone_into(&mut failure.code),
        ["Error", "Message"] => text.clone_into(&mut failure.message),
        ["Error"] => failures.push(std::mem::take(&mut failure)),
        _ => {}
    })?;
    Some(failures)
}

pub(crate) fn read_error(xml: &[u8]) -> Option<ErrorReply> {
    let mut error = ErrorReply::default();
    read(xml, "Error", |path, text| match path {
        ["Code"] => text.trim().clone_into(&mut error.code),
        ["Message"] => text.trim().clone_into(&mut error.message),
        ["RequestId"] => text.trim().clone_into(&mut error.request_id),
        ["Region"] => text.trim().clone_into(&mut error.region),
        ["Endpoint"] => text.trim().clone_into(&mut error.endpoint),
        _ => {}
    })?;
    Some(error)
}

/// The body of a `DeleteObjects` request. Quiet: only failures are told.
/// Object names are a checked location and hexadecimal digits, so nothing in
/// them needs escaping.
pub(crate) fn write_delete<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut xml = String::from(
        "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>",
    );
    for name in names {
        xml.push_str("<Object><Key>");
        xml.push_str(name);
        xml.push_str("</Key></Object>");
    }
    xml.push_str("</Delete>");
    xml
}

/// S3's replies are three deep; what is deeper than this is none of them.
const MAX_DEPTH: usize = 16;

/// Tells `visit` the path below the root and the text of each element as it
/// ends. `None` unless the bytes are one whole document with that root.
fn read(xml: &[u8], root: &str, mut visit: impl FnMut(&[&str], &str)) -> Option<()> {
    let mut reader = Reader::from_reader(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                let name = std::str::from_utf8(start.local_name().into_inner())
                    .ok()?
                    .to_owned();
                if path.len() >= MAX_DEPTH || (path.is_empty() && name != root) {
                    return None;
                }
                path.push(name);
                text.clear();
            }
            Event::End(_) => {
                if path.len() == 1 {
                    return Some(());
                }
                let below: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
                visit(&below, &text);
                text.clear();
                path.pop();
            }
            Event::Eof => return None,
            other => append(&other, &mut text)?,
        }
    }
}

fn append(event: &Event<'_>, text: &mut String) -> Option<()> {
    match event {
        Event::Text(part) => text.push_str(&part.decode().ok()?),
        Event::CData(part) => text.push_str(&part.decode().ok()?),
        Event::GeneralRef(entity) => match entity.resolve_char_ref().ok()? {
            Some(char) => text.push(char),
            None => text.push_str(resolve_predefined_entity(&entity.decode().ok()?)?),
        },
        _ => {}
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page() {
        let xml = br#"<?xml version="1.0" encoding="UTF-8"?>
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <NextContinuationToken>a&amp;b&#x3D;</NextContinuationToken>
              <Contents><LastModified>2013-05-24T00:00:00.000Z</LastModified><Key>a/1</Key><Owner><ID>x</ID></Owner></Contents>
              <CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes>
              <Contents><Key><![CDATA[a/<2>]]></Key><Size>3</Size></Contents>
              <Name>b</Name><IsTruncated>True</IsTruncated><New><Thing/></New>
            </ListBucketResult>"#;
        let page = read_page(xml).unwrap();
        assert!(page.truncated);
        assert_eq!(page.next.as_deref(), Some("a&b="));
        assert_eq!(
            page.objects,
            [
                Listed {
                    name: "a/1".into(),
                    modified: Some(1_369_353_600_000),
                    size: 0
                },
                Listed {
                    name: "a/<2>".into(),
                    modified: None,
                    size: 3
                }
            ]
        );
        assert_eq!(read_page(b"<ListBucketResult/>").unwrap(), Page::default());
    }

    /// Each guards against a parser that would have called it an empty success.
    #[test]
    fn another_root_or_half_a_document_is_no_answer() {
        for xml in [
            &b"<Error><Code>SlowDown</Code></Error>"[..],
            b"<html><body>Welcome</body></html>",
            b"<ListBucketResult><Contents><Key>a</Key></Contents>",
            b"<ListBucketResult><Contents></ListBucketResult>",
            b"<ListBucketResult>&unknown;</ListBucketResult>",
            b"",
            b"{}",
            b"\xff\xfe",
        ] {
            assert_eq!(read_page(xml), None);
            assert_eq!(read_delete_result(xml), None);
        }
        assert_eq!(read_page(&b"<ListBucketResult>".repeat(1000)), None);
    }

    #[test]
    fn deletions_and_errors_in_any_order() {
        let xml = b"<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Code>AccessDenied</Code>\
            <Key>b</Key></Error><Deleted><Key>c</Key></Deleted><Error><Key>d</Key><Code>InternalError</Code>\
            <Message>again</Message></Error></DeleteResult>";
        let failures = read_delete_result(xml).unwrap();
        assert_eq!(failures.len(), 2);
        assert_eq!(
            (&*failures[0].name, &*failures[0].code),
            ("b", "AccessDenied")
        );
        assert_eq!((&*failures[1].name, &*failures[1].message), ("d", "again"));
        assert_eq!(read_delete_result(b"<DeleteResult/>").unwrap(), []);
        let error = read_error(b"<Error><Code>NoSuchKey</Code><Region>eu-x</Region></Error>");
        let error = error.unwrap();
        assert_eq!((&*error.code, &*error.region), ("NoSuchKey", "eu-x"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, cut in 0_usize..400, flip in 0_usize..400) {
            let _ = (read_page(&bytes), read_delete_result(&bytes), read_error(&bytes));
            let mut xml = b"<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Code>X&amp;&#65;</Code></Error></DeleteResult>".to_vec();
            let at = flip % xml.len();
            xml[at] ^= 0x15;
            let _ = read_delete_result(&xml);
            xml.truncate(cut % xml.len());
            prop_assert_eq!(read_delete_result(&xml), None);
        }
    }
}
