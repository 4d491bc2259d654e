//! The keys that a profile of the shared files leads to.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use super::trouble::broken;
use super::web::Identity;
use super::{Found, Outcome};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::{self, Env, Lookup, Profile};
use crate::settings::Links;

const KEY: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";

/// Other kinds of profile, and what each is called.
const UNSUPPORTED: [(&str, &str); 6] = [
    ("role_arn", "a role to be taken with other keys (role_arn)"),
    (
        "credential_source",
        "another source of keys (credential_source)",
    ),
    (
        "sso_session",
        "a log-in by IAM Identity Center (sso_session)",
    ),
    (
        "sso_start_url",
        "a log-in by IAM Identity Center (sso_start_url)",
    ),
    ("login_session", "a log-in by a browser (login_session)"),
    (
        "credential_process",
        "a program to be run (credential_process)",
    ),
];

/// `named`: the option `profile`.
pub(super) fn ask(
    env: Env<'_>,
    named: Option<&str>,
    region: &str,
    links: &Links,
) -> Result<Outcome> {
    let profile = match profile::look_up(env, named)? {
        Lookup::Found(profile) => profile,
        Lookup::Missing(said) => return Ok(Outcome::Nothing(said)),
    };
    if let Some(identity) = identity(&profile)? {
        return identity.assume(env, region, links).map(Outcome::Found);
    }
    if let Some(found) = keys(&profile)? {
        return Ok(Outcome::Found(found));
    }
    for (key, what) in UNSUPPORTED {
        if profile.get(key).is_some() {
            return Err(unsupported(&profile, key, what));
        }
    }
    let of = |part: &profile::Part| part.path.display().to_string();
    let paths: Vec<String> = profile.parts.iter().map(of).collect();
    let said = format!(
        "{}: no keys in the profile {}",
        paths.join(", "),
        profile.name
    );
    Ok(Outcome::Nothing(said))
}

/// A role and a token to take it with.
fn identity(profile: &Profile) -> Result<Option<Identity>> {
    let Some((file, path)) = profile.get("web_identity_token_file") else {
        return Ok(None);
    };
    let Some((role, _)) = profile.get("role_arn") else {
        let origin = format!("the profile {} of {}", profile.name, path.display());
        let why = "it has a web_identity_token_file and no role_arn";
        return Err(broken(&origin, why));
    };
    let session = profile.get("role_session_name");
    Ok(Some(Identity {
        role: role.to_owned(),
        token_file: file.into(),
        session: session.map(|(name, _)| name.to_owned()),
    }))
}

/// Keys that stand there themselves; all of them in one file, or a token
/// could come with other keys than its own. A role goes before them.
fn keys(profile: &Profile) -> Result<Option<Found>> {
    let has_any = |part: &&profile::Part| part.get(KEY).or(part.get(SECRET)).is_some();
    let part = profile.parts.iter().find(has_any);
    let Some(part) = part.filter(|_| profile.get("role_arn").is_none()) else {
        return Ok(None);
    };
    let origin = format!("profile {} of {}", profile.name, part.path.display());
    let text = |key| part.get(key).unwrap_or_default().to_owned();
    let keys = Credentials {
        access_key: text(KEY),
        secret_key: text(SECRET),
        session_token: Some(text("aws_session_token")),
        expires_at: None,
    };
    let keys = keys.usable().map_err(|why| broken(&origin, why))?;
    Ok(Some(Found { keys, origin }))
}

fn unsupported(profile: &Profile, key: &str, what: &str) -> Error {
    let name = &profile.name;
    let path = profile.get(key).map(|(_, path)| path.display().to_string());
    let path = path.unwrap_or_default();
    Error::new(
        ErrorKind::InvalidOption,
        format!("the profile {name} of {path} asks for {what}, which is not supported"),
    )
    .with_remedy(format!(
        "give keys by the option credentials_with, or export those of the AWS command line: eval \"$(aws configure export-credentials --profile {name} --format env)\""
    ))
}
