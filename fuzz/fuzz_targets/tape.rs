//! The bytes of an input, taken one field after another; zeroes after the end.
//! Fields have fixed places, so that a seed can be made by hand.

#![allow(dead_code, reason = "each target takes the fields it needs")]

pub struct Tape<'a>(pub &'a [u8]);

impl<'a> Tape<'a> {
    pub fn byte(&mut self) -> u8 {
        self.bytes::<1>()[0]
    }

    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        let (taken, rest) = self.0.split_at(self.0.len().min(N));
        field[..taken.len()].copy_from_slice(taken);
        self.0 = rest;
        field
    }

    /// A length in one byte, and so many bytes.
    pub fn part(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte());
        let (taken, rest) = self.0.split_at(self.0.len().min(len));
        self.0 = rest;
        taken
    }

    pub fn rest(self) -> &'a [u8] {
        self.0
    }
}
