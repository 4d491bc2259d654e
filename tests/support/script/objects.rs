//! The objects of a bucket, in memory: what S3 would answer, with conditions.
//! Signatures are not looked at, and a page of a listing has no end.

use std::collections::BTreeMap;

use super::Heard;

#[derive(Debug, Default)]
pub struct Objects {
    /// By name, with the number of the write.
    stored: BTreeMap<String, (u64, Vec<u8>)>,
    writes: u64,
    /// Of each reply.
    pub headers: String,
}

impl Objects {
    /// The reply.
    pub fn carry_out(&mut self, heard: &Heard, body: Vec<u8>) -> Vec<u8> {
        let headers = self.headers.clone();
        let path = heard.line().split(' ').nth(1).unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let name = path.trim_start_matches("/bucket").trim_start_matches('/');
        let there = self.stored.get(name).cloned();
        let tag = there.as_ref().map(|(number, _)| format!("\"{number}\""));
        let refused = |status, code: &str| {
            let xml = format!("<Error><Code>{code}</Code><Message>as told</Message></Error>");
            answer(status, &headers, xml.as_bytes())
        };
        let matches = heard
            .header("if-match")
            .is_none_or(|m| Some(m) == tag.as_deref());
        match (heard.method(), name) {
            ("GET", "") => {
                let prefix = query
                    .split('&')
                    .find_map(|part| part.strip_prefix("prefix="));
                let prefix = prefix.unwrap_or_default().replace("%2F", "/");
                let names = self.stored.keys().filter(|name| name.starts_with(&prefix));
                let contents = names.map(|name| format!("<Contents><Key>{name}</Key></Contents>"));
                let contents: String = contents.collect();
                let xml = format!("<ListBucketResult>{contents}</ListBucketResult>");
                answer(200, &headers, xml.as_bytes())
            }
            ("POST", "") => {
                let text = String::from_utf8(body).unwrap();
                for name in text.split("<Key>").skip(1) {
                    self.stored.remove(name.split('<').next().unwrap());
                }
                answer(200, &headers, b"<DeleteResult></DeleteResult>")
            }
            ("GET", _) => match (there, tag) {
                (Some((_, bytes)), Some(tag)) if heard.header("range").is_some() => {
                    let end = bytes.len().min(64);
                    let range = format!("content-range: bytes 0-{}/{}", end - 1, bytes.len());
                    let headers = format!("{headers}etag: {tag}\r\n{range}\r\n");
                    answer(206, &headers, &bytes[..end])
                }
                (Some((_, bytes)), Some(tag)) => {
                    answer(200, &format!("{headers}etag: {tag}\r\n"), &bytes)
                }
                _ => refused(404, "NoSuchKey"),
            },
            ("PUT", _) if heard.header("if-none-match").is_some() && tag.is_some() => {
                refused(412, "PreconditionFailed")
            }
            ("PUT" | "DELETE", _) if !matches => refused(412, "PreconditionFailed"),
            ("PUT", _) => {
                self.writes += 1;
                let number = self.writes;
                self.stored.insert(name.to_owned(), (number, body));
                answer(200, &format!("{headers}etag: \"{number}\"\r\n"), b"")
            }
            ("DELETE", _) => {
                self.stored.remove(name);
                answer(204, &headers, b"")
            }
            _ => refused(405, "MethodNotAllowed"),
        }
    }
}

/// With all that a whole reply of S3's has.
pub fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = match status {
        204 => String::new(),
        _ => format!("content-length: {}\r\n", body.len()),
    };
    let head = format!(
        "HTTP/1.1 {status} Told\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n{length}{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}
