//! What the library under test has sent, by kind, as the front saw it. Knows
//! requests by their line and headers, and nothing of connections or engines.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Sub;
use std::sync::{Mutex, MutexGuard};

use hyper::http::request::Parts;
use hyper::{Method, header};

/// So many requests are kept for `Site::log`; older ones are forgotten.
const LOGGED: usize = 5000;

/// The kind a request is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Get,
    RangedGet,
    Put,
    ConditionalPut,
    Delete,
    DeleteObjects,
    List,
    Other,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Get,
        Self::RangedGet,
        Self::Put,
        Self::ConditionalPut,
        Self::Delete,
        Self::DeleteObjects,
        Self::List,
        Self::Other,
    ];

    pub fn of(request: &Parts) -> Self {
        let has = |name| request.headers.contains_key(name);
        let asks = |what: &str| {
            let query = request.uri.query().unwrap_or_default();
            query
                .split('&')
                .any(|part| part.trim_end_matches('=') == what)
        };
        // "/bucket/name", as against "/bucket" and "/bucket/".
        let path = request.uri.path().trim_start_matches('/');
        let object = path
            .split_once('/')
            .is_some_and(|(_, name)| !name.is_empty());
        match (&request.method, object) {
            (&Method::GET, true) if has(header::RANGE) => Self::RangedGet,
            (&Method::GET, true) => Self::Get,
            (&Method::GET, false) if asks("list-type=2") => Self::List,
            (&Method::PUT, true) if has(header::IF_MATCH) || has(header::IF_NONE_MATCH) => {
                Self::ConditionalPut
            }
            (&Method::PUT, true) => Self::Put,
            (&Method::DELETE, true) => Self::Delete,
            (&Method::POST, false) if asks("delete") => Self::DeleteObjects,
            _ => Self::Other,
        }
    }
}

/// Requests counted, or the difference of two counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Requests {
    /// GET of a whole object.
    pub get: u64,
    /// GET of an object with a `Range`.
    pub ranged_get: u64,
    /// PUT without a condition.
    pub put: u64,
    /// PUT with `If-Match` or `If-None-Match`.
    pub conditional_put: u64,
    pub delete: u64,
    /// `POST ?delete`.
    pub delete_objects: u64,
    /// `GET ?list-type=2`.
    pub list: u64,
    pub other: u64,
    /// Bytes of the bodies in replies to `get` and `ranged_get`, those of
    /// errors too; not a request, and not part of `total`.
    pub body_out: u64,
}

impl Requests {
    pub const NONE: Self = Self {
        get: 0,
        ranged_get: 0,
        put: 0,
        conditional_put: 0,
        delete: 0,
        delete_objects: 0,
        list: 0,
        other: 0,
        body_out: 0,
    };

    pub fn of_kind(&mut self, kind: Kind) -> &mut u64 {
        match kind {
            Kind::Get => &mut self.get,
            Kind::RangedGet => &mut self.ranged_get,
            Kind::Put => &mut self.put,
            Kind::ConditionalPut => &mut self.conditional_put,
            Kind::Delete => &mut self.delete,
            Kind::DeleteObjects => &mut self.delete_objects,
            Kind::List => &mut self.list,
            Kind::Other => &mut self.other,
        }
    }

    pub fn total(mut self) -> u64 {
        Kind::ALL.iter().map(|kind| *self.of_kind(*kind)).sum()
    }
}

impl Sub for Requests {
    type Output = Self;

    fn sub(mut self, mut earlier: Self) -> Self {
        for kind in Kind::ALL {
            *self.of_kind(kind) -= *earlier.of_kind(kind);
        }
        self.body_out -= earlier.body_out;
        self
    }
}

/// One request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Path and query, as they were encoded.
    pub path: String,
    /// Names in lower case, sorted, each once.
    pub headers: Vec<String>,
}

impl Seen {
    fn new(request: &Parts) -> Self {
        let names: BTreeSet<_> = request.headers.keys().map(ToString::to_string).collect();
        Self {
            method: request.method.to_string(),
            path: request.uri.to_string(),
            headers: names.into_iter().collect(),
        }
    }
}

/// The counters, shared between the server's thread and the test's.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    requests: Requests,
    connections: usize,
    log: VecDeque<Seen>,
}

impl Ledger {
    /// Counts a request, and its connection if it is the first on that.
    pub fn enter(&self, kind: Kind, request: &Parts, first: bool) {
        let mut entries = self.lock();
        *entries.requests.of_kind(kind) += 1;
        entries.connections += usize::from(first);
        if entries.log.len() == LOGGED {
            entries.log.pop_front();
        }
        entries.log.push_back(Seen::new(request));
    }

    pub fn sent(&self, bytes: usize) {
        self.lock().requests.body_out += bytes as u64;
    }

    pub fn requests(&self) -> Requests {
        self.lock().requests
    }

    pub fn connections(&self) -> usize {
        self.lock().connections
    }

    pub fn log(&self) -> Vec<Seen> {
        self.lock().log.iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap()
    }
}
