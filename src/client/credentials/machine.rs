//! The keys of the machine's role, from the metadata service of EC2. Version 2
//! of it only: a token first, which a request that was forged on another
//! machine's behalf cannot get.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html>

use std::time::Duration;

use super::http::{self, Http, Patience};
use super::json::{self, Flaw};
use super::trouble::{answered, broken, unreached, words};
use super::{Found, Outcome};
use crate::allowance;
use crate::error::{Error, Result};
use crate::profile::Env;
use crate::settings::Links;

/// The same on every machine of EC2, and nobody's elsewhere.
const ADDRESS: &str = "http://169.254.169.254";
const ADDRESS_6: &str = "http://[fd00:ec2::254]";
const ROLE: &str = "/latest/meta-data/iam/security-credentials/";
const REMEDY: &str = "attach a role to the machine, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_EC2_METADATA_DISABLED=true leaves the machine's role out";

/// With the default limit of one hop an answer does not get into a container.
const NO_ANSWER: &str = "in a container raise the machine's hop limit (HttpPutResponseHopLimit), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_EC2_METADATA_DISABLED=true leaves the machine's role out";

/// It is next door, or it is not there.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(1),
    read: Duration::from_secs(2),
};

/// Nothing where nobody answers: this is then no machine of EC2.
pub(super) fn ask(env: Env<'_>, links: &Links) -> Result<Outcome> {
    let service = "this machine's metadata service";
    if env("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        let said = format!("{service}: switched off by AWS_EC2_METADATA_DISABLED");
        return Ok(Outcome::Nothing(said));
    }
    let default = match env("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") {
        Some(mode) if mode.eq_ignore_ascii_case("ipv6") => ADDRESS_6,
        _ => ADDRESS,
    };
    let variable = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    let url = env(variable).unwrap_or_else(|| default.to_owned());
    let (base, site) = http::base(variable, &url)?;
    let origin = format!("{service} ({})", site.shown());
    let http = Http::new(base, env, links, PATIENCE)?;
    let seconds = [("x-aws-ec2-metadata-token-ttl-seconds", "300")];
    let token = match http.ask("PUT", &format!("{base}/latest/api/token"), &seconds, "") {
        // Somebody is there, or the caller is in a hurry.
        Err(failure) if !failure.is_before_sending() || allowance::is_over() => {
            return Err(unreached(&origin, failure).with_remedy(NO_ANSWER));
        }
        Err(failure) => {
            let said = format!("{origin}: {}", words(&failure));
            return Ok(Outcome::Nothing(said));
        }
        Ok(reply) if reply.status != 200 => {
            return Err(answered(
                &format!("{origin}, which gives no token"),
                reply.status,
                None,
            )
            .with_remedy(REMEDY));
        }
        Ok(reply) => word(&reply.body)
            .ok_or_else(|| broken(&origin, "it gave a token that is none").with_remedy(REMEDY))?,
    };
    let get = |path: &str| -> Result<Vec<u8>> {
        let headers = [("x-aws-ec2-metadata-token", &*token)];
        let reply = http.get(&format!("{base}{path}"), &headers);
        let reply = reply.map_err(|failure| unreached(&origin, failure))?;
        match reply.status {
            200 => Ok(reply.body),
            404 => Err(no_role(&origin)),
            status => Err(answered(&origin, status, None).with_remedy(REMEDY)),
        }
    };
    let roles = get(ROLE)?;
    let role = roles.split(|b| *b == b'\n').next().and_then(word);
    let Some(role) = role.filter(|role| is_role(role)) else {
        return Err(no_role(&origin));
    };
    let keys = json::read(&get(&format!("{ROLE}{role}"))?);
    let keys = keys.map_err(|flaw| flawed(&origin, &flaw).with_remedy(REMEDY))?;
    Ok(Outcome::Found(Found {
        keys,
        origin: format!("this machine's metadata (role {role})"),
    }))
}

fn no_role(origin: &str) -> Error {
    broken(origin, "the machine has no role").with_remedy(REMEDY)
}

pub(super) fn flawed(origin: &str, flaw: &Flaw) -> Error {
    match flaw {
        Flaw::NotJson => broken(origin, "its answer is not JSON"),
        Flaw::Missing(name) => broken(origin, &format!("its answer lacks {name}")),
        Flaw::Code(code) => answered(origin, 200, Some(code)),
        Flaw::Unusable(why) => broken(origin, why),
    }
}

/// What can be sent on in a header.
fn word(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let visible = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    visible.then(|| text.to_owned())
}

/// It becomes part of a path.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>
fn is_role(name: &str) -> bool {
    let of_a_name = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@-_".contains(&b);
    name.len() <= 64 && name.bytes().all(of_a_name)
}
