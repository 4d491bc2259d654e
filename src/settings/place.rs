//! Where the bucket is, of what is given and of what the machine is configured
//! with, which gives way.

use super::found::Found;
use crate::endpoint::{self, Endpoint};
use crate::error::Result;
use crate::options::Place;
use crate::profile::{Env, Profile};

/// What is not given comes from the environment, and then from the profile.
pub(super) fn place(place: &Place, env: Env<'_>, profile: Option<&Profile>) -> Result<Endpoint> {
    let of_parts = endpoint::of_parts(place.host.as_deref(), place.port, place.use_ssl)?;
    let given_url = place.endpoint.as_ref().or(of_parts.url.as_ref());
    let given_region = place.region.as_ref().or(of_parts.region.as_ref());
    // What is given goes before what is configured, AWS as such included.
    let found_url = match given_url {
        None if !place.is_in_parts() => configured_url(env, profile),
        _ => None,
    };
    let found_region = match given_region {
        None => Found::variable(env, "AWS_REGION")
            .or_else(|| Found::variable(env, "AWS_DEFAULT_REGION"))
            .or_else(|| Found::in_profile(profile, "region")),
        Some(_) => None,
    };
    let url = given_url.or(found_url.as_ref().map(|found| &found.value));
    let region = given_region.or(found_region.as_ref().map(|found| &found.value));
    let region = match region.map_or("us-east-1", String::as_str) {
        // Its name of old, as a location constraint.
        "EU" => "eu-west-1",
        region => region,
    };
    let url = url.map(String::as_str);
    Endpoint::new(&place.bucket, region, url, place.path_style).map_err(|error| {
        let found = match error.option() {
            Some("endpoint") => found_url,
            Some("region") => found_region,
            _ => None,
        };
        match found {
            Some(found) => found.blamed(error),
            None => error,
        }
    })
}

/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
fn configured_url(env: Env<'_>, profile: Option<&Profile>) -> Option<Found> {
    let ignored = env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        return None;
    }
    Found::variable(env, "AWS_ENDPOINT_URL_S3")
        .or_else(|| Found::variable(env, "AWS_ENDPOINT_URL"))
        .or_else(|| Found::in_services(profile, "endpoint_url"))
        .or_else(|| Found::in_profile(profile, "endpoint_url"))
}
