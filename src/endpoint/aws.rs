//! The hosts of AWS: which one a region has, and which region one is of.

use url::Url;

/// The host of old, which leads to buckets of every region.
pub(super) const GLOBAL: &str = "s3.amazonaws.com";

/// The domains of AWS's partitions, by how the names of their regions begin
/// (the table `partitions.json` of its own tools).
const DOMAINS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
];

/// The regional host, which every region has; rust-s3 knows older names only.
pub(super) fn host_of(region: &str) -> String {
    format!("s3.{region}.{}", domain_of(region))
}

/// The domain that AWS's services have in this region.
pub(crate) fn domain_of(region: &str) -> &'static str {
    let partition = DOMAINS.iter().find(|(start, _)| region.starts_with(start));
    partition.map_or("amazonaws.com", |(_, domain)| domain)
}

/// `s3.REGION.amazonaws.com`, and `s3-REGION…` as it was once, with or
/// without a bucket before it. Not those that lead elsewhere than to a region
/// (`s3-accelerate`, `s3-external-1`), or by other means (`dualstack`, `s3-fips`).
pub(crate) fn region_of_host(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let rest = before_domain(&host)?;
    let (before, region) = rest.rsplit_once('.').unwrap_or(("", rest));
    let region = match region.strip_prefix("s3-") {
        Some(region) => region,
        None if before.rsplit('.').next() == Some("s3") => region,
        None => return None,
    };
    is_name(region).then(|| region.to_owned())
}

/// The same of a whole URL.
pub(crate) fn region_of_url(url: &str) -> Option<String> {
    region_of_host(Url::parse(url).ok()?.host_str()?)
}

/// What a host's name has before AWS's domain.
fn before_domain(host: &str) -> Option<&str> {
    let domains = DOMAINS.iter().map(|(_, domain)| *domain);
    domains
        .chain(["amazonaws.com"])
        .find_map(|domain| host.strip_suffix(domain)?.strip_suffix('.'))
}

/// Whether this is AWS's own S3, under whichever of its names: by region,
/// `s3.dualstack.REGION`, `s3-accelerate`, `….s3.REGION.vpce`. Not what others
/// run there: `….compute` is a machine of theirs, `….elb` a balancer.
pub(super) fn is_s3(url: &str) -> bool {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str);
    let mut words = host.and_then(before_domain).unwrap_or_default().rsplit('.');
    let service = words.find(|word| !is_name(word) && !["dualstack", "vpce"].contains(word));
    service.is_some_and(|word| word == "s3" || word.starts_with("s3-"))
}

/// The region's own URL in place of the one of old, which is at home in
/// us-east-1, and sends requests for buckets of other regions there.
pub(super) fn regional(url: &str, region: &str) -> Option<String> {
    let of_old = region != "us-east-1" && Url::parse(url).ok()?.host_str()? == GLOBAL;
    of_old.then(|| moved(url, region))?
}

/// The same URL in another region, if it is one of AWS's own.
pub(super) fn moved(url: &str, region: &str) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    let of_a_bucket = !host.starts_with("s3.") && !host.starts_with("s3-");
    if of_a_bucket || (host != GLOBAL && region_of_host(host).is_none()) {
        return None;
    }
    url.set_host(Some(&host_of(region))).ok()?;
    Some(url.into())
}

/// Like `us-east-1` and `us-gov-west-1`: three words or more, and a number at the end.
fn is_name(region: &str) -> bool {
    let words: Vec<&str> = region.split('-').collect();
    let word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase());
    let number = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_digit());
    let (last, rest) = words.split_last().unwrap_or((&"", &[]));
    let by_other_means = ["fips", "website"].contains(&words[0]);
    number(last) && rest.len() >= 2 && rest.iter().all(|w| word(w)) && !by_other_means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_their_region() {
        for (host, region) in [
            ("s3.eu-west-1.amazonaws.com", "eu-west-1"),
            ("s3-eu-west-1.amazonaws.com", "eu-west-1"),
            ("S3.EU-West-1.AmazonAWS.com", "eu-west-1"),
            ("bucket.s3.us-west-2.amazonaws.com", "us-west-2"),
            ("bucket.s3-us-west-2.amazonaws.com", "us-west-2"),
            ("my.s3.s3.us-west-2.amazonaws.com", "us-west-2"),
            ("bucket.s3.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("bucket.s3.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("s3.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
            ("s3.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
        ] {
            assert_eq!(region_of_host(host).as_deref(), Some(region), "{host}");
        }
        for host in [
            "",
            "amazonaws.com",
            GLOBAL,
            "bucket.s3.amazonaws.com",
            "my.s3.s3.amazonaws.com",
            "s3-accelerate.amazonaws.com",
            "s3-external-1.amazonaws.com",
            "s3-fips-us-gov-west-1.amazonaws.com",
            "s3-fips.us-gov-west-1.amazonaws.com",
            "bucket.s3-website-us-east-1.amazonaws.com",
            "s3.dualstack.us-west-2.amazonaws.com",
            "ec2.us-west-2.amazonaws.com",
            "s3.us-west-2.notamazonaws.com",
            "s3.us-west-2.amazonaws.com.evil.com",
            "s3.us-west-.amazonaws.com",
            "s3.eu--1.amazonaws.com",
        ] {
            assert_eq!(region_of_host(host), None, "{host}");
        }
    }

    #[test]
    fn s3_has_many_names() {
        for host in [
            GLOBAL,
            "S3.eu-west-1.amazonaws.com:8443",
            "s3-eu-west-1.amazonaws.com",
            "s3.dualstack.us-west-2.amazonaws.com",
            "s3-fips.us-gov-west-1.amazonaws.com",
            "s3-fips.dualstack.us-west-2.amazonaws.com",
            "s3-accelerate.dualstack.amazonaws.com",
            "s3-external-1.amazonaws.com",
            "bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com",
            "s3.cn-north-1.amazonaws.com.cn",
            "s3.eusc-de-east-1.amazonaws.eu",
        ] {
            assert!(is_s3(&format!("http://{host}/")), "{host}");
        }
        for host in [
            "127.0.0.1:9000",
            "s3.example.com",
            "s3.us-west-2.notamazonaws.com",
            "s3.us-west-2.amazonaws.com.evil.com",
            "ec2-192-0-2-1.eu-west-1.compute.amazonaws.com:9000",
            "s3-gateway-1234567890.us-east-1.elb.amazonaws.com",
            "s3-gateway-1234567890.elb.us-east-1.amazonaws.com",
            "abc.execute-api.us-east-1.amazonaws.com",
        ] {
            assert!(!is_s3(&format!("http://{host}/")), "{host}");
        }
    }

    #[test]
    fn a_region_has_a_host_of_its_own() {
        for region in [
            "us-east-1",
            "us-gov-east-1",
            "cn-northwest-1",
            "eusc-de-east-1",
            "us-iso-east-1",
            "us-isof-south-1",
            "eu-isoe-west-1",
        ] {
            assert_eq!(region_of_host(&host_of(region)).as_deref(), Some(region));
        }
    }

    #[test]
    fn the_host_of_old_gives_way() {
        let regional = regional("http://s3.amazonaws.com:80/", "eu-west-1");
        let expected = "http://s3.eu-west-1.amazonaws.com/";
        assert_eq!(regional.as_deref(), Some(expected));
        for (url, region) in [
            ("http://s3.amazonaws.com", "us-east-1"),
            ("http://s3.us-west-2.amazonaws.com", "eu-west-1"),
            ("http://host", "eu-west-1"),
        ] {
            assert_eq!(super::regional(url, region), None, "{url}");
        }
    }

    #[test]
    fn only_awss_own_urls_move() {
        let there = |url| moved(url, "cn-north-1");
        let host = "s3.cn-north-1.amazonaws.com.cn";
        for (url, end) in [
            ("https://s3.amazonaws.com", "/"),
            ("https://s3.us-east-1.amazonaws.com/", "/"),
            ("https://s3-us-west-2.amazonaws.com:8443/", ":8443/"),
        ] {
            assert_eq!(there(url), Some(format!("https://{host}{end}")), "{url}");
        }
        for url in [
            "http://127.0.0.1:9000",
            "https://s3.example.com",
            "https://bucket.s3.us-east-1.amazonaws.com",
            "https://s3.dualstack.us-east-1.amazonaws.com",
        ] {
            assert_eq!(there(url), None, "{url}");
        }
    }
}
