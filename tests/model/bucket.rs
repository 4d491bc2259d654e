//! What S3 does with a request, at one blow; no faults and no clients in here.
//!
//! In: a request. Out: the whole reply, and which objects it has written or
//! deleted. Objects that are none of the cache's are there from the beginning,
//! under names as near to its own as can be.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::draw::Draw;
use super::wire::{Kind, Request, refusal, reply};

/// The cache's own.
pub(crate) const LOCATION: &str = "app";

/// Nothing that a cache at `LOCATION` does may touch them.
const NEIGHBOURS: [&str; 6] = [
    "app",
    "app/notes.txt",
    "app/0123456789abcdef0123456789abcdef01234567.txt",
    "app/sub/0123456789abcdef0123456789abcdef01234567",
    "app2/0123456789abcdef0123456789abcdef01234567",
    "0123456789abcdef0123456789abcdef01234567",
];

#[derive(Debug, Default)]
pub(crate) struct Bucket {
    /// The tag and the bytes.
    objects: BTreeMap<String, (u64, Vec<u8>)>,
    /// What is the same has the same `ETag`, as where that is MD5; else every
    /// write has a new one.
    tags_by_content: bool,
    tags: BTreeMap<Vec<u8>, u64>,
    /// So many names a listing tells at a time.
    page: usize,
    /// A `DeleteObjects` that is under way leaves this one out, for this reason.
    pub(crate) spared: Option<(String, &'static str)>,
}

#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: u16,
    pub(crate) reply: Vec<u8>,
    /// What was written (or deleted), by name.
    pub(crate) changed: Vec<(String, bool)>,
}

impl Bucket {
    pub(crate) fn new(draw: &mut Draw) -> Self {
        let neighbour = |name: &&str| ((*name).to_owned(), (0, b"not yours".to_vec()));
        Self {
            objects: NEIGHBOURS.iter().map(neighbour).collect(),
            tags_by_content: draw.often(50),
            page: draw.of(&[1, 2, 3, 1000]),
            ..Self::default()
        }
    }

    /// Whether everything is there that the cache has no business with, and
    /// nothing has been put beside it.
    pub(crate) fn neighbours_are_well(&self) -> bool {
        let own = |name: &str| {
            let hash = name.strip_prefix("app/");
            hash.is_some_and(|hash| hash.len() == 40 && !hash.contains(['.', '/']))
        };
        let others: Vec<_> = self.objects.iter().filter(|(name, _)| !own(name)).collect();
        others.len() == NEIGHBOURS.len()
            && others.iter().all(|(name, (_, body))| {
                NEIGHBOURS.contains(&name.as_str()) && body == b"not yours"
            })
    }

    pub(crate) fn carry_out(&mut self, request: &Request, moment: u64) -> Done {
        let mut changed = Vec::new();
        let (status, reply) = match request.kind {
            Kind::Get => self.read(request),
            Kind::List => (200, reply(200, "", self.list(request).as_bytes())),
            Kind::DeleteMany => (200, self.delete_many(request, &mut changed)),
            Kind::Put | Kind::Delete => self.write(request, moment, &mut changed),
        };
        Done {
            status,
            reply,
            changed,
        }
    }

    fn read(&self, request: &Request) -> (u16, Vec<u8>) {
        let Some((tag, body)) = self.objects.get(&request.name) else {
            return refusal(404, "NoSuchKey");
        };
        let (size, part) = (body.len(), body.len().min(64));
        let tag = format!("etag: \"{tag}\"\r\n");
        if !request.ranged {
            return (200, reply(200, &tag, body));
        }
        let range = format!("{tag}content-range: bytes 0-{}/{size}\r\n", part - 1);
        (206, reply(206, &range, &body[..part]))
    }

    fn write(
        &mut self,
        request: &Request,
        moment: u64,
        changed: &mut Vec<(String, bool)>,
    ) -> (u16, Vec<u8>) {
        let there = self.objects.get(&request.name);
        match (&request.if_match, there) {
            (Some(_), None) => return refusal(404, "NoSuchKey"),
            (Some(wanted), Some((tag, _))) if *wanted != format!("\"{tag}\"") => {
                return refusal(412, "PreconditionFailed");
            }
            (None, Some(_)) if request.if_none_match => {
                return refusal(412, "PreconditionFailed");
            }
            _ => {}
        }
        let put = request.kind == Kind::Put;
        changed.push((request.name.clone(), put));
        if !put {
            self.objects.remove(&request.name);
            return (204, reply(204, "", b""));
        }
        let mut tag = moment;
        if self.tags_by_content {
            tag = *self.tags.entry(request.body.clone()).or_insert(tag);
        }
        let object = (tag, request.body.clone());
        self.objects.insert(request.name.clone(), object);
        (200, reply(200, &format!("etag: \"{tag}\"\r\n"), b""))
    }

    fn list(&self, request: &Request) -> String {
        let prefix = request.parameter("prefix").unwrap_or_default();
        let after = request.parameter("continuation-token");
        let after = after.or_else(|| request.parameter("start-after"));
        let after = after.unwrap_or_default();
        let (mut xml, mut told) = (String::new(), Vec::<String>::new());
        for (name, (_, body)) in &self.objects {
            let Some(rest) = name.strip_prefix(&prefix) else {
                continue;
            };
            // What lies deeper is told as its folder.
            let folder = rest
                .find('/')
                .map(|at| name[..=prefix.len() + at].to_owned());
            let told_as = folder.clone().unwrap_or_else(|| name.clone());
            if told_as <= after || told.last() == Some(&told_as) {
                continue;
            }
            if told.len() == self.page {
                let next = told.last().unwrap();
                let _ = write!(
                    xml,
                    "<IsTruncated>true</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>"
                );
                break;
            }
            let _ = match folder {
                Some(folder) => write!(
                    xml,
                    "<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"
                ),
                None => write!(
                    xml,
                    "<Contents><Key>{name}</Key><Size>{}</Size></Contents>",
                    body.len()
                ),
            };
            told.push(told_as);
        }
        format!("<ListBucketResult>{xml}</ListBucketResult>")
    }

    fn delete_many(&mut self, request: &Request, changed: &mut Vec<(String, bool)>) -> Vec<u8> {
        let spared = self.spared.take();
        let mut xml = String::new();
        for name in request.names() {
            match &spared {
                Some((of, code)) if *of == name => {
                    let _ = write!(
                        xml,
                        "<Error><Key>{name}</Key><Code>{code}</Code><Message>as drawn</Message></Error>"
                    );
                }
                _ => {
                    self.objects.remove(&name);
                    changed.push((name, false));
                }
            }
        }
        reply(
            200,
            "",
            format!("<DeleteResult>{xml}</DeleteResult>").as_bytes(),
        )
    }
}
