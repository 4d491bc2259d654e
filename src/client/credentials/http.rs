//! The requests for keys, which are none of S3's: short, few, and over
//! connections of their own. Redirects are not followed.

use std::time::Duration;

use super::trouble::wrong;
use crate::client::fault::Failure;
use crate::client::outgoing::{Header, Outgoing};
use crate::client::transport::{Site, Transport, site};
use crate::error::{Error, Result};
use crate::profile::Env;
use crate::settings::{self, Links, Timeouts};

/// How long to wait.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// For a connection.
    pub(super) connect: Duration,
    /// For each part of a reply.
    pub(super) read: Duration,
}

/// Asks one source.
pub(super) struct Http(Transport);

/// An answer, whatever its status.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// A longer one holds no keys.
const LIMIT: u64 = 64 << 10;

impl Http {
    /// For one place. Trusts whom the S3 endpoint's connections trust, but never
    /// everybody; where those need no certificates, this place still may.
    pub(super) fn new(url: &str, env: Env<'_>, links: &Links, patience: Patience) -> Result<Self> {
        let tls = site(url).is_some_and(|site| site.tls);
        let trusted = match &links.trusted {
            None => settings::trusted(None, env, tls)?,
            known => known.clone(),
        };
        let links = Links {
            timeouts: Timeouts {
                connect: patience.connect,
                read: patience.read,
                write: patience.read,
            },
            trusted,
            accept_invalid_certs: false,
            resolver: None,
        };
        Transport::new(&links).map(Self)
    }

    pub(super) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Reply, Failure> {
        self.ask("GET", url, headers, "")
    }

    /// A second time where the first may have failed by chance.
    pub(super) fn ask(
        &self,
        method: &'static str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Reply, Failure> {
        match self.ask_once(method, url, headers, body, false) {
            Err(
                Failure::ConnectTimedOut | Failure::TimedOut | Failure::Lost(_) | Failure::Stale(_),
            )
            | Ok(Reply {
                status: 429 | 500..,
                ..
            }) => self.ask_once(method, url, headers, body, true),
            first => first,
        }
    }

    fn ask_once(
        &self,
        method: &'static str,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
        fresh: bool,
    ) -> Result<Reply, Failure> {
        let headers = headers
            .iter()
            .map(|&(n, v)| -> Header<'_> { (n.into(), v.into()) });
        let request = Outgoing {
            method,
            url: url.to_owned(),
            headers: headers.collect(),
            body: [body.as_bytes(), b""],
            ask_first: false,
        };
        let mut incoming = self.0.send(&request, fresh)?;
        let mut body = Vec::new();
        incoming.read_up_to(LIMIT, &mut body)?;
        if body.len() as u64 > LIMIT {
            return Err(Failure::NotHttp("more than 64 KiB".into()));
        }
        let status = incoming.status();
        incoming.finish();
        Ok(Reply { status, body })
    }
}

/// A URL that a variable gives, and where it leads.
pub(super) fn check(variable: &str, url: &str) -> Result<Site> {
    let Some(site) = site(url) else {
        let why = "it is no URL that begins with http:// or https:// and a host";
        return Err(wrong(variable, why));
    };
    if site.tls && cfg!(not(feature = "tls")) {
        return Err(needs_tls(variable));
    }
    Ok(site)
}

/// The same of one that a path is put after: it comes without its last slash.
pub(super) fn base<'a>(variable: &str, url: &'a str) -> Result<(&'a str, Site)> {
    if url.contains(['?', '#']) {
        return Err(wrong(variable, "it must end before any ? or #"));
    }
    let site = check(variable, url)?;
    Ok((url.trim_end_matches('/'), site))
}

fn needs_tls(variable: &str) -> Error {
    let why = "https needs the feature tls of s3cache, which is on by default";
    wrong(variable, why)
}
