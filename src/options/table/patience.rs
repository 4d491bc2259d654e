//! How long to wait, and how often to try.

use crate::options::duration::{DURATION, WAIT};
use crate::options::row::{OptionRow, field};
use crate::options::text::number;

pub(super) const ROWS: [OptionRow; 7] = [
    OptionRow {
        name: "connect_timeout",
        allowed: "a duration of at least 1 ms",
        default: "5s",
        doc: "How long a connection may take, TLS included.",
        field: field!(timeouts.connect, WAIT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "read_timeout",
        allowed: "a duration of at least 1 ms",
        default: "20s",
        doc: "How long to wait for the next bytes of a reply.",
        field: field!(timeouts.read, WAIT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "write_timeout",
        allowed: "a duration of at least 1 ms",
        default: "20s",
        doc: "How long the server may take to accept the next bytes of a request.",
        field: field!(timeouts.write, WAIT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "deadline",
        allowed: "a duration of at least 1 ms",
        default: "30s",
        doc: "How long a call may take, with all its requests, retries and pauses.",
        field: field!(persistence.deadline, WAIT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "retries",
        allowed: "a whole number from 0 on",
        default: "3",
        doc: "How often a request is tried again that failed for a reason which may pass.",
        field: field!(persistence.retries, number::<u32>()),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "breaker_after",
        allowed: "a whole number from 0 on",
        default: "10",
        doc: "After so many failed requests in a row calls fail at once; 0: never.",
        field: field!(persistence.breaker_after, number::<u32>()),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "breaker_pause",
        allowed: "a duration",
        default: "5s",
        doc: "For how long they do; then one call tries.",
        field: field!(persistence.breaker_pause, DURATION),
        ..OptionRow::PLAIN
    },
];
