//! Where the bucket is, and how to get there.

use crate::options::checked::{BUCKET, ENDPOINT, HOST, LOCATION, REGION};
use crate::options::row::{OptionRow, field};
use crate::options::text::{PATH, PATH_STYLE, PORT, SOME_YES_OR_NO, YES_OR_NO};

pub(super) const ROWS: [OptionRow; 10] = [
    OptionRow {
        name: "bucket",
        aliases: &["bucket_name", "storage_bucket_name"],
        allowed: "a bucket's name: 3 to 63 of a-z, 0-9, `.` and `-`",
        default: "none: it must be given",
        doc: "The bucket, which must exist unless `auto_create_bucket` says otherwise.",
        field: field!(place.bucket, BUCKET),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "location",
        allowed: "a path of letters, digits and `/._-~=@!()*`, without an empty, `.` or `..` segment",
        default: "the bucket's root",
        doc: "The folder the entries lie in; slashes at both ends are dropped.",
        field: field!(place.location, LOCATION),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "endpoint",
        aliases: &["endpoint_url"],
        allowed: "a URL without credentials, http://... or https://...",
        default: "AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, AWS in the region",
        doc: "The server. Goes before `host`, `port` and `use_ssl`.",
        field: field!(place.endpoint, ENDPOINT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "host",
        allowed: "a host's name or address, without scheme and path",
        default: "s3.amazonaws.com, where `port` or `use_ssl` is given",
        doc: "The server's host, where there is no `endpoint`.",
        field: field!(place.host, HOST),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "port",
        allowed: "a number from 1 to 65535",
        default: "443, or 80 without `use_ssl`",
        doc: "The server's port, where there is no `endpoint`.",
        field: field!(place.port, PORT),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "use_ssl",
        allowed: "yes or no",
        default: "yes, where `host` or `port` is given",
        doc: "Whether to speak https, where there is no `endpoint`.",
        field: field!(place.use_ssl, SOME_YES_OR_NO),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "region",
        aliases: &["region_name", "origin"],
        allowed: "a region's name of letters, digits, `-` and `_`, such as eu-central-1 (EU is eu-west-1)",
        default: "AWS_REGION, AWS_DEFAULT_REGION, the profile's, us-east-1",
        doc: "The bucket's region.",
        field: field!(place.region, REGION),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "path_style",
        aliases: &["addressing_style", "calling_format"],
        allowed: "yes or path, no or virtual, auto, OrdinaryCallingFormat or SubdomainCallingFormat",
        default: "auto",
        doc: "Whether the bucket is named in the path or in the host; auto: in the path where an endpoint is given or its name has a dot.",
        field: field!(place.path_style, PATH_STYLE),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "ca_file",
        allowed: "the path of a file of certificates in PEM",
        default: "AWS_CA_BUNDLE, Mozilla's certificates",
        doc: "The certificates to trust, in place of the public ones; read when the cache is opened.",
        field: field!(place.ca_file, PATH),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "danger_accept_invalid_certs",
        allowed: "yes or no",
        default: "no",
        doc: "Accept any certificate, and with it anybody on the way to the server: for trials only.",
        field: field!(place.danger_accept_invalid_certs, YES_OR_NO),
        ..OptionRow::PLAIN
    },
];
