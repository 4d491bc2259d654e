//! A web identity: a token that somebody else vouches for, such as Kubernetes,
//! changed at AWS's Security Token Service for the keys of a role.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html>

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use super::http::{self, Http, Patience};
use super::trouble::{answered, broken, unreached, wrong};
use super::{Found, Outcome};
use crate::client::xml::{read_assumed, read_sts_code};
use crate::credentials::Credentials;
use crate::endpoint::{domain_of, is_region};
use crate::error::Result;
use crate::profile::{self, Env};
use crate::settings::Links;
use crate::time::{self, parse_iso8601};

/// The role, and the file with the token.
pub(super) struct Identity {
    pub(super) role: String,
    pub(super) token_file: PathBuf,
    pub(super) session: Option<String>,
}

/// Over the Internet, by TLS.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    read: Duration::from_secs(10),
};

/// Of the environment.
pub(super) fn ask(env: Env<'_>, region: &str, links: &Links) -> Result<Outcome> {
    let Some(file) = env("AWS_WEB_IDENTITY_TOKEN_FILE") else {
        let said = "a web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set";
        return Ok(Outcome::Nothing(said.into()));
    };
    let Some(role) = env("AWS_ROLE_ARN") else {
        return Err(wrong(
            "AWS_ROLE_ARN",
            "it is not set, but AWS_WEB_IDENTITY_TOKEN_FILE is: it names the role to take",
        ));
    };
    let identity = Identity {
        role,
        token_file: file.into(),
        session: env("AWS_ROLE_SESSION_NAME"),
    };
    identity.assume(env, region, links).map(Outcome::Found)
}

impl Identity {
    pub(super) fn assume(&self, env: Env<'_>, region: &str, links: &Links) -> Result<Found> {
        let origin = format!("web identity, role {}", self.role);
        let url = service(env, region)?;
        let file = self.token_file.display();
        let token = profile::read(&self.token_file).map_err(|error| {
            let why = format!("the token file {file} cannot be read: {error}");
            broken(&origin, &why)
        })?;
        let token = token.trim();
        if token.is_empty() {
            return Err(broken(&origin, &format!("the token file {file} is empty")));
        }
        let session = match &self.session {
            Some(name) => name.clone(),
            // It shows in the account's log of calls.
            None => format!("s3cache-{}", time::now()),
        };
        let form = form(&[
            ("Action", "AssumeRoleWithWebIdentity"),
            ("Version", "2011-06-15"),
            ("RoleArn", &self.role),
            ("RoleSessionName", &session),
            ("WebIdentityToken", token),
        ]);
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        let http = Http::new(&url, env, links, PATIENCE)?;
        let reply = http.ask("POST", &url, &kind, &form).map_err(|failure| {
            unreached(&format!("{origin}, at {url}"), failure)
                .with_remedy("AWS_ENDPOINT_URL_STS names another place to ask")
        })?;
        if reply.status != 200 {
            let code = read_sts_code(&reply.body);
            let error = answered(&origin, reply.status, code.as_deref());
            return Err(match explain(code.as_deref().unwrap_or_default()) {
                Some(why) => error.with_remedy(why),
                None => error,
            });
        }
        let keys = keys(&reply.body).map_err(|why| broken(&origin, why))?;
        Ok(Found { keys, origin })
    }
}

fn keys(body: &[u8]) -> Result<Credentials, &'static str> {
    let assumed = read_assumed(body).ok_or("the answer is not one of the token service")?;
    let keys = Credentials {
        access_key: assumed.access_key,
        secret_key: assumed.secret_key,
        session_token: Some(assumed.session_token),
        expires_at: match &*assumed.expiration {
            "" => None,
            date => Some(parse_iso8601(date).ok_or("the answer's Expiration is no date")?),
        },
    };
    keys.usable()
}

/// Where the token service is: as named, else AWS's own in the region that
/// this program runs in, else in the bucket's.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html>
fn service(env: Env<'_>, bucket_region: &str) -> Result<String> {
    let ignored = env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if !ignored.is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        for variable in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] {
            if let Some(url) = env(variable) {
                let (base, _) = http::base(variable, &url)?;
                return Ok(format!("{base}/"));
            }
        }
    }
    let region = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .find_map(env);
    let region = region.as_deref().unwrap_or(bucket_region);
    // It becomes part of a host's name.
    if !is_region(region) {
        let why = "a region's name has letters, digits, - and _ only, as in us-east-1";
        return Err(wrong("AWS_REGION", why));
    }
    let url = format!("https://sts.{region}.{}/", domain_of(region));
    http::check("AWS_WEB_IDENTITY_TOKEN_FILE", &url)?;
    Ok(url)
}

fn explain(code: &str) -> Option<&'static str> {
    Some(match code {
        "ExpiredTokenException" => {
            "the token in the file has expired: whoever writes that file must renew it"
        }
        "InvalidIdentityToken" => {
            "the role's account does not accept the token: check its OpenID Connect provider, that one's audience, and that the file holds a token"
        }
        "IDPRejectedClaim" => "the token's issuer rejects it: it may be expired, or revoked",
        "IDPCommunicationError" => "the token's issuer cannot be reached by AWS: try again later",
        "AccessDenied" => {
            "the role's trust policy must allow sts:AssumeRoleWithWebIdentity to this token's subject, and the role must exist"
        }
        "ValidationError" => "check the role's ARN, and AWS_ROLE_SESSION_NAME",
        "RegionDisabledException" => {
            "the token service is off in this region for the role's account: set AWS_REGION to another"
        }
        _ => return None,
    })
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = String::new();
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                form.push(char::from(byte));
            } else {
                // To a String it cannot fail.
                let _ = write!(form, "%{byte:02X}");
            }
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(env: &[(&str, &str)], region: &str) -> Result<String> {
        let get = |name: &str| {
            let found = env.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        service(&get, region)
    }

    #[test]
    fn where_the_service_is() {
        let url = ("AWS_ENDPOINT_URL", "http://one:1/");
        let sts = ("AWS_ENDPOINT_URL_STS", "http://two:2");
        assert_eq!(at(&[url], "r").unwrap(), "http://one:1/");
        assert_eq!(at(&[url, sts], "r").unwrap(), "http://two:2/");
        at(&[("AWS_ENDPOINT_URL_STS", "http://h/?a")], "r").unwrap_err();
        at(&[("AWS_ENDPOINT_URL_STS", "two:2")], "r").unwrap_err();
        let ignored = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
        let aws = |env: &[_], region| at(&[env, &[url, ignored]].concat(), region);
        if cfg!(not(feature = "tls")) {
            let error = aws(&[], "eu-west-1").unwrap_err();
            assert!(error.to_string().contains("feature tls"), "{error}");
            return;
        }
        let here = ("AWS_REGION", "cn-north-1");
        assert_eq!(
            aws(&[], "eu-west-1").unwrap(),
            "https://sts.eu-west-1.amazonaws.com/"
        );
        assert_eq!(
            aws(&[here], "eu-west-1").unwrap(),
            "https://sts.cn-north-1.amazonaws.com.cn/"
        );
        aws(&[("AWS_REGION", "evil.com/")], "r").unwrap_err();
    }

    #[test]
    fn a_form() {
        let form = form(&[("A", "a b&c=d"), ("B", "arn:aws:iam::1:role/é~")]);
        assert_eq!(
            form,
            "A=a%20b%26c%3Dd&B=arn%3Aaws%3Aiam%3A%3A1%3Arole%2F%C3%A9~"
        );
    }
}
