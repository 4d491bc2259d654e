//! Whose keys to sign with, and what is signed.

use crate::options::checked::CREDENTIAL;
use crate::options::row::{OptionRow, field};
use crate::options::text::{SOME_TEXT, YES_NO_OR_AUTO, YES_OR_NO};

pub(super) const ROWS: [OptionRow; 6] = [
    OptionRow {
        name: "access_key",
        aliases: &["access_key_id", "aws_access_key_id"],
        allowed: "visible ASCII characters, without spaces",
        default: "looked for where Amazon's own tools do, from AWS_ACCESS_KEY_ID on",
        doc: "The access key; `secret_key` goes with it.",
        secret: true,
        field: field!(access.access_key, CREDENTIAL),
    },
    OptionRow {
        name: "secret_key",
        aliases: &["secret_access_key", "aws_secret_access_key"],
        allowed: "visible ASCII characters, without spaces",
        default: "goes with the access key",
        doc: "The secret key.",
        secret: true,
        field: field!(access.secret_key, CREDENTIAL),
    },
    OptionRow {
        name: "session_token",
        aliases: &["security_token", "aws_session_token"],
        allowed: "visible ASCII characters, without spaces",
        default: "goes with the access key",
        doc: "The session token that comes with temporary keys.",
        secret: true,
        field: field!(access.session_token, CREDENTIAL),
    },
    OptionRow {
        name: "profile",
        allowed: "a profile's name",
        default: "AWS_PROFILE, default",
        doc: "The profile of `~/.aws/credentials` and `~/.aws/config` whose keys, region and endpoint to use.",
        field: field!(access.profile, SOME_TEXT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "anonymous",
        allowed: "yes or no",
        default: "no",
        doc: "Sign nothing, and look for no keys: for a bucket that anybody may read.",
        field: field!(access.anonymous, YES_OR_NO),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "sign_payload",
        allowed: "yes, no or auto",
        default: "auto",
        doc: "Whether the signature covers a written body; auto: over http yes, over https no.",
        field: field!(access.sign_payload, YES_NO_OR_AUTO),
        ..OptionRow::PLAIN
    },
];
