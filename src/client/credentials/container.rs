//! The keys of the container's role, from the address that its surroundings
//! name: ECS by a path, EKS and others by a whole URL.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use super::http::{self, Http, Patience};
use super::machine::flawed;
use super::trouble::{answered, broken, unreached, wrong};
use super::{Found, Outcome, json};
use crate::error::{Error, Result};
use crate::profile::{self, Env};
use crate::settings::Links;

const PATH: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const URL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// Of ECS, and of EKS. Over http, nobody else is asked but this machine.
const ECS: &str = "169.254.170.2";
const NEAR: [&str; 3] = [ECS, "169.254.170.23", "fd00:ec2::23"];

/// It is next door; that of EKS asks another service first.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(1),
    read: Duration::from_secs(5),
};

pub(super) fn ask(env: Env<'_>, links: &Links) -> Result<Outcome> {
    let Some(place) = place(env)? else {
        let said = format!("the container: {PATH} and {URL} are not set");
        return Ok(Outcome::Nothing(said));
    };
    let origin = format!("the container's metadata ({})", place.shown);
    let token = token(env)?;
    let token = token.as_deref().map(|token| ("authorization", token));
    let http = Http::new(&place.url, env, links, PATIENCE)?;
    let reply = http.get(&place.url, token.as_slice());
    let reply = reply.map_err(|failure| unreached(&origin, failure).with_remedy(place.remedy()))?;
    if reply.status != 200 {
        let code = json::code(&reply.body);
        let error = answered(&origin, reply.status, code.as_deref());
        return Err(error.with_remedy(place.remedy()));
    }
    let keys = json::read(&reply.body);
    let keys = keys.map_err(|flaw| flawed(&origin, &flaw).with_remedy(place.remedy()))?;
    Ok(Outcome::Found(Found {
        keys,
        origin: "the container's metadata".into(),
    }))
}

/// Whom to ask.
#[derive(Debug)]
struct Place {
    variable: &'static str,
    url: String,
    /// Without path and query, which may hold a secret.
    shown: String,
}

impl Place {
    fn remedy(&self) -> String {
        format!(
            "the variable {} names it: check it, and the container's role",
            self.variable
        )
    }
}

fn place(env: Env<'_>) -> Result<Option<Place>> {
    if let Some(path) = env(PATH) {
        // Else it would go on with the host's name.
        if !path.starts_with('/') {
            return Err(wrong(PATH, "it must begin with a slash"));
        }
        let url = format!("http://{ECS}{path}");
        let shown = http::check(PATH, &url)?.shown();
        return Ok(Some(Place {
            variable: PATH,
            url,
            shown,
        }));
    }
    let Some(url) = env(URL) else {
        return Ok(None);
    };
    let site = http::check(URL, &url)?;
    if !site.tls && !is_near(&site.host) {
        let why = "over http only this machine and the addresses of ECS and EKS may be asked, as the keys come in the clear";
        return Err(wrong(URL, why).with_remedy("use https"));
    }
    Ok(Some(Place {
        variable: URL,
        shown: site.shown(),
        url,
    }))
}

fn is_near(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address: Option<IpAddr> = host.parse().ok();
    let near = |address: IpAddr| {
        address.is_loopback() || NEAR.iter().any(|near| near.parse() == Ok(address))
    };
    address.map_or(host == "localhost", near)
}

/// What the service wants to see. The file is read anew each time.
fn token(env: Env<'_>) -> Result<Option<String>> {
    let (variable, token) = if let Some(path) = env(TOKEN_FILE) {
        (TOKEN_FILE, read_token(&path)?)
    } else if let Some(token) = env(TOKEN) {
        (TOKEN, token)
    } else {
        return Ok(None);
    };
    // It would end the header, and begin another.
    if token.contains(['\r', '\n']) {
        return Err(wrong(variable, "the token holds a line end"));
    }
    if !token.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        return Err(wrong(variable, "the token holds something outside ASCII"));
    }
    Ok(Some(token).filter(|token| !token.is_empty()))
}

fn read_token(path: &str) -> Result<String, Error> {
    profile::read(Path::new(path)).map_err(|error| {
        let why = format!("the token file {path} cannot be read: {error}");
        broken("the container's metadata", &why)
            .with_remedy(format!("the variable {TOKEN_FILE} names it"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variable: &'static str, value: &'static str) -> Result<Option<Place>> {
        place(&|name: &str| (name == variable).then(|| value.to_owned()))
    }

    #[test]
    fn a_path_is_one_of_ecs() {
        let place = of(PATH, "/v2/credentials/id").unwrap().unwrap();
        assert_eq!(place.url, "http://169.254.170.2/v2/credentials/id");
        assert_eq!(place.shown, "http://169.254.170.2");
        for other in ["v2", ".evil.com/", "@evil.com/", ":80/", "/a b"] {
            of(PATH, other).unwrap_err();
        }
        assert!(place_is_none());
    }

    fn place_is_none() -> bool {
        place(&|_| None).unwrap().is_none()
    }

    #[test]
    fn keys_in_the_clear_come_from_near_only() {
        for near in [
            "http://localhost:1/a?secret=1",
            "http://127.0.0.1/",
            "http://127.9.9.9",
            "http://[::1]:80/a",
            "http://169.254.170.2/a",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
        ] {
            let place = of(URL, near).unwrap().unwrap();
            assert!(!place.shown.contains("secret"), "{}", place.shown);
        }
        for far in [
            "http://example.com/",
            "http://169.254.169.254/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://example.com@127.0.0.1/",
            "http://10.0.0.1",
            "http://[fd00:ec2::254]/",
            "http://0177.0.0.1/",
            "ftp://127.0.0.1/",
            "127.0.0.1/",
            "http:///a",
            "",
        ] {
            let refused = of(URL, far);
            assert!(refused.is_err(), "{far}");
        }
        assert_eq!(
            of(URL, "https://example.com/").is_ok(),
            cfg!(feature = "tls")
        );
    }
}
