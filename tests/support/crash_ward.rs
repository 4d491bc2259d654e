//! A key that a writer dies over, and what may be found there afterwards: by
//! the server's own account, and by the library's.

use s3cache::Timeout;

use super::support::{self, Site};
use super::writer::{KEY, Said, value};

/// The number of a value that no writer of a test has written.
const OLD: u64 = u64::MAX - 1;

/// A key, and what may be found there.
pub(crate) struct Ward<'a> {
    site: &'a Site,
    pub(crate) location: String,
    /// Number and size of each such value; `None`: nothing at all.
    allowed: Vec<Option<(u64, usize)>>,
}

impl<'a> Ward<'a> {
    /// With an old value of this size, or without any.
    pub(crate) fn new(site: &'a Site, location: String, old: Option<usize>) -> Self {
        let old = old.map(|size| (OLD, size));
        if let Some((number, size)) = old {
            let cache = support::open(site, &location);
            cache.set(KEY, value(number, size), Timeout::Never).unwrap();
        }
        Self {
            site,
            location,
            allowed: vec![old],
        }
    }

    /// After the death of a writer: what may be found is its last write that
    /// it knew to be done, and the one it was about.
    pub(crate) fn allow(&mut self, said: &[Said], order: (u64, &[usize])) {
        let (first, sizes) = order;
        let one = |number: u64| {
            let turn = usize::try_from(number - first).unwrap() % sizes.len();
            Some((number, sizes[turn]))
        };
        for said in said {
            match *said {
                Said::Begun(number) => self.allowed.push(one(number)),
                Said::Done(number) => self.allowed = vec![one(number)],
            }
        }
    }

    pub(crate) fn name(&self) -> Option<String> {
        let prefix = format!("{}/", self.site.location(&self.location));
        let mut names = self.site.list_raw(&prefix);
        assert!(names.len() <= 1, "{names:?}");
        names.pop()
    }

    /// What is there, by the server's own account and by the library's: its
    /// place among what may be there. An error is the third thing.
    pub(crate) fn look(&self) -> Result<usize, String> {
        let object = self.name().and_then(|name| self.site.get_raw(&name));
        self.place("the object", object.as_deref(), |object, value| {
            object.len() > value.len() && object.ends_with(value)
        })?;
        let hit = support::open(self.site, &self.location).get(KEY);
        let hit = hit.map_err(|error| format!("{error:?}"))?;
        self.place("the hit", hit.as_deref(), |hit, value| hit == value)
    }

    fn place(
        &self,
        what: &str,
        found: Option<&[u8]>,
        is: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Result<usize, String> {
        let mut allowed = self.allowed.iter();
        let place = allowed.position(|allowed| match (allowed, found) {
            (None, None) => true,
            (Some((number, size)), Some(found)) => is(found, &value(*number, *size)),
            _ => false,
        });
        place.ok_or_else(|| {
            let length = found.map(<[u8]>::len);
            format!(
                "{what} has {length:?} bytes, it is none of {:?}",
                self.allowed
            )
        })
    }

    pub(crate) fn check(&self, context: &str) -> usize {
        self.look()
            .unwrap_or_else(|third| panic!("{context}: {third}"))
    }
}
