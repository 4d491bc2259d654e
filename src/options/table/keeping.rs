//! How keys are named, and how many entries are kept for how long.

use crate::options::duration::TIMEOUT;
use crate::options::row::{OptionRow, field};
use crate::options::text::{BYTES, CULL_ORDER, TEXT, VALUE_SIZE, YES_OR_NO, number};

pub(super) const ROWS: [OptionRow; 9] = [
    OptionRow {
        name: "key_prefix",
        allowed: "any text",
        default: "",
        doc: "Put before every key.",
        field: field!(key_prefix, TEXT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "version",
        allowed: "a whole number",
        default: "1",
        doc: "The version of keys that do not say their own.",
        field: field!(version, number::<i64>()),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "raw_keys",
        allowed: "yes or no",
        default: "no",
        doc: "Keys are full keys already, with neither prefix nor version to go before them.",
        field: field!(raw_keys, YES_OR_NO),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "default_timeout",
        aliases: &["timeout"],
        allowed: "a duration, or never; 0 or less: already expired",
        default: "300s",
        doc: "How long entries live whose writer does not say.",
        field: field!(policy.default_timeout, TIMEOUT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "max_entries",
        allowed: "a whole number; 0: no bound, negative: cull at every write",
        default: "300",
        doc: "How many entries the location may hold: a write that would exceed it culls first.",
        field: field!(policy.max_entries, number::<i64>()),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "max_bytes",
        allowed: "a size; 0: no bound",
        default: "0",
        doc: "How many bytes the entries may hold together, headers included.",
        field: field!(policy.max_bytes, BYTES),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "cull_order",
        allowed: "oldest or every_nth",
        default: "oldest",
        doc: "Which entries a cull takes first: the oldest, or every so manieth name, as django-s3-cache did.",
        field: field!(policy.cull_order, CULL_ORDER),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "cull_frequency",
        allowed: "a whole number from 0 on",
        default: "3",
        doc: "A cull takes one entry in so many; 0: all of them.",
        field: field!(policy.cull_frequency, number::<u32>()),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "max_value_size",
        allowed: "a size below 4 GiB",
        default: "64MiB",
        doc: "The longest value that is written or read.",
        field: field!(policy.max_value_size, VALUE_SIZE),
        ..OptionRow::PLAIN
    },
];
