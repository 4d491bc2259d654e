//! The places where Amazon's own tools look for keys, one after another. The
//! first that has something to say is believed: if it does not work, that is
//! an error, and not a reason to sign with the keys of the next.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use super::trouble::wrong;
use super::{Found, Outcome, container, machine, shared, web};
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::profile::Env;
use crate::settings::Links;

const KEY: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

#[derive(Clone, Copy)]
enum Place {
    Environment,
    WebIdentity,
    Profile,
    Container,
    Machine,
}

const ORDER: [Place; 5] = [
    Place::Environment,
    Place::WebIdentity,
    Place::Profile,
    Place::Container,
    Place::Machine,
];

/// Where a program has named the profile.
const PROFILE_FIRST: [Place; 5] = [
    Place::Profile,
    Place::Environment,
    Place::WebIdentity,
    Place::Container,
    Place::Machine,
];

/// `profile`: the option. `region`: the bucket's. `before`: whether there have
/// been keys already.
pub(super) fn find(
    env: Env<'_>,
    profile: Option<&str>,
    region: &str,
    links: &Links,
    before: bool,
) -> Result<Found> {
    let named = profile.is_some_and(|name| !name.is_empty());
    let order = if named { PROFILE_FIRST } else { ORDER };
    let mut looked = Vec::new();
    for place in order {
        let outcome = match place {
            Place::Environment => environment(env)?,
            Place::WebIdentity => web::ask(env, region, links)?,
            Place::Profile => shared::ask(env, profile, region, links)?,
            Place::Container => container::ask(env, links)?,
            Place::Machine => machine::ask(env, links)?,
        };
        match outcome {
            Outcome::Found(found) => return Ok(found),
            Outcome::Nothing(said) => looked.push(said),
        }
    }
    let looked = looked.join("; ");
    Err(if before {
        gone(&looked)
    } else {
        nothing(&looked)
    })
}

/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html>
fn environment(env: Env<'_>) -> Result<Outcome> {
    let (access_key, secret_key) = match (env(KEY), env(SECRET)) {
        (Some(key), Some(secret)) => (key, secret),
        (None, None) => {
            let said = format!("the environment: {KEY} is not set");
            return Ok(Outcome::Nothing(said));
        }
        (Some(_), None) => {
            return Err(wrong(SECRET, "it is not set, but AWS_ACCESS_KEY_ID is"));
        }
        (None, Some(_)) => {
            return Err(wrong(KEY, "it is not set, but AWS_SECRET_ACCESS_KEY is"));
        }
    };
    let keys = Credentials {
        access_key,
        secret_key,
        session_token: env("AWS_SESSION_TOKEN"),
        expires_at: None,
    };
    let keys = keys.usable().map_err(|why| {
        let these = "AWS_ACCESS_KEY_ID or one of its two companions";
        wrong(these, why)
    })?;
    Ok(Outcome::Found(Found {
        keys,
        origin: format!("the environment ({KEY})"),
    }))
}

/// Where keys were a while ago they may be again: a service that is down, a
/// file that is being replaced.
fn gone(looked: &str) -> Error {
    Error::new(
        ErrorKind::Unreachable,
        format!("the credentials have expired, and there are no others now: {looked}"),
    )
    .with_remedy("see why what gave them gives none now: it is asked again with a later call")
}

fn nothing(looked: &str) -> Error {
    Error::new(
        ErrorKind::InvalidOption,
        format!("there are no credentials anywhere: {looked}"),
    )
    .with_remedy(
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use the option credentials, credentials_with, profile or anonymous",
    )
}
