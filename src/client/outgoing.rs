//! A request in its final form, on its way from `sign` to `transport`.

use std::borrow::Cow;
use std::io;

/// A name in lower case, and its value.
pub(super) type Header<'a> = (Cow<'a, str>, Cow<'a, str>);

/// A request in its final form.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<Header<'a>>,
    pub(super) body: [&'a [u8]; 2],
    /// Ask the server for leave before sending the body, so that it can refuse unread.
    pub(super) ask_first: bool,
}

/// A body in two parts, read as one: the entry's head and the first bytes of
/// its payload leave in one write.
pub(super) struct Parts<'a>(pub(super) [&'a [u8]; 2]);

impl Parts<'_> {
    pub(super) fn len(&self) -> usize {
        self.0[0].len() + self.0[1].len()
    }
}

impl io::Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = self.0[0].read(buffer)?;
        Ok(head + self.0[1].read(&mut buffer[head..])?)
    }
}
