//! HTTP as the simulated server reads and writes it: one request, one reply.
//! Knows S3's five requests by their looks, and none of their meaning.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Get,
    Put,
    Delete,
    List,
    DeleteMany,
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    /// The object's, without the bucket.
    pub(crate) name: String,
    query: String,
    pub(crate) ranged: bool,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: bool,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn read(input: &mut BufReader<&TcpStream>) -> Option<Self> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            // An error is a client that has gone.
            if input.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            lines.push(line.to_owned());
        }
        let header = |name: &str| {
            let mut fields = lines.iter().filter_map(|line| line.split_once(": "));
            let field = fields.find(|field| field.0.eq_ignore_ascii_case(name));
            field.map(|field| field.1.to_owned())
        };
        let mut first = lines[0].split(' ');
        let (method, target) = (first.next()?, first.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        input.read_exact(&mut body).ok()?;
        Some(Self {
            kind: match method {
                "GET" if query.contains("list-type=2") => Kind::List,
                "GET" => Kind::Get,
                "PUT" => Kind::Put,
                "DELETE" => Kind::Delete,
                "POST" => Kind::DeleteMany,
                other => panic!("{other} is none of the model's"),
            },
            name: path
                .trim_start_matches("/bucket")
                .trim_start_matches('/')
                .to_owned(),
            query: query.to_owned(),
            ranged: header("range").is_some(),
            if_match: header("if-match"),
            if_none_match: header("if-none-match").is_some(),
            body,
        })
    }

    pub(crate) fn is_conditional(&self) -> bool {
        self.if_none_match || self.if_match.is_some()
    }

    /// Of the query, unescaped.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.rfind(|pair| pair.0 == name)?;
        let mut parts = value.split('%');
        let mut text = parts.next()?.to_owned();
        for part in parts {
            let code = u8::from_str_radix(part.get(..2)?, 16).ok()?;
            text.push(char::from(code));
            text.push_str(&part[2..]);
        }
        Some(text)
    }

    /// Those that a `DeleteObjects` is about.
    pub(crate) fn names(&self) -> Vec<String> {
        let body = String::from_utf8_lossy(&self.body);
        let keys = body.split("<Key>").skip(1);
        keys.map(|rest| rest.split('<').next().unwrap().to_owned())
            .collect()
    }

    /// For the log: without what is random, but with the value.
    pub(crate) fn told(&self) -> String {
        let mut told = format!("{:?}", self.kind);
        if self.ranged {
            told.push_str(" of the header");
        }
        if let Some(tag) = &self.if_match {
            let _ = write!(told, " if {tag}");
        }
        if self.if_none_match {
            told.push_str(" if absent");
        }
        if let Some(token) = self.parameter("continuation-token") {
            let _ = write!(told, " after {}", tail(&token));
        }
        match self.kind {
            Kind::Put => {
                let value = &self.body[64 + 8 * usize::from(self.body[5])..];
                let deflated = self.body[4] & 1 == 1;
                told.push_str(if deflated { " deflated" } else { " " });
                if !deflated {
                    let _ = write!(
                        told,
                        "{:?}",
                        String::from_utf8_lossy(&value[..value.len().min(24)])
                    );
                }
            }
            Kind::DeleteMany => {
                for name in self.names() {
                    let _ = write!(told, " {}", tail(&name));
                }
            }
            _ => {}
        }
        format!("{told} ({})", tail(&self.name))
    }
}

/// Enough to tell a few names apart.
pub(crate) fn tail(name: &str) -> &str {
    &name[name.len().saturating_sub(4)..]
}

pub(crate) fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = match status {
        204 => String::new(),
        _ => format!("content-length: {}\r\n", body.len()),
    };
    let head = format!(
        "HTTP/1.1 {status} Told\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n{length}{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub(crate) fn refusal(status: u16, code: &str) -> (u16, Vec<u8>) {
    let xml = format!("<Error><Code>{code}</Code><Message>as drawn</Message></Error>");
    (status, reply(status, "", xml.as_bytes()))
}

/// What a proxy or a portal says in S3's place.
pub(crate) fn page(status: u16) -> Vec<u8> {
    let body = "<html><body>Welcome</body></html>";
    let length = body.len();
    format!("HTTP/1.1 {status} Told\r\ncontent-type: text/html\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}
