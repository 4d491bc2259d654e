//! HTTP as the simulated server reads and writes it: one request, one reply.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

#[derive(Debug)]
pub struct Request {
    pub method: String,
    pub name: String,
    pub ranged: bool,
    pub if_match: Option<String>,
    pub if_none_match: bool,
    pub body: Vec<u8>,
}

impl Request {
    pub fn read(input: &mut BufReader<&TcpStream>) -> Option<Self> {
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
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        input.read_exact(&mut body).ok()?;
        Some(Self {
            method: first.next()?.to_owned(),
            name: first.next()?.to_owned(),
            ranged: header("range").is_some(),
            if_match: header("if-match"),
            if_none_match: header("if-none-match").is_some(),
            body,
        })
    }

    pub fn is_conditional(&self) -> bool {
        self.if_none_match || self.if_match.is_some()
    }

    /// For the log: without what is random, but with the value.
    pub fn told(&self) -> String {
        let mut told = self.method.clone();
        if self.ranged {
            told.push_str(" of the header");
        }
        if let Some(tag) = &self.if_match {
            let _ = write!(told, " if {tag}");
        }
        if self.if_none_match {
            told.push_str(" if absent");
        }
        if let Some(history) = self.body.get(5) {
            let value = &self.body[64 + 8 * usize::from(*history)..];
            let _ = write!(told, " {:?}", String::from_utf8_lossy(value));
        }
        let object = &self.name[self.name.len() - 4..];
        format!("{told} ({object})")
    }
}

pub fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = match status {
        204 => String::new(),
        _ => format!("content-length: {}\r\n", body.len()),
    };
    let head = format!(
        "HTTP/1.1 {status} Told\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n{length}{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

pub fn refusal(status: u16, code: &str) -> (u16, Vec<u8>) {
    let xml = format!("<Error><Code>{code}</Code><Message>as drawn</Message></Error>");
    (status, reply(status, "", xml.as_bytes()))
}
