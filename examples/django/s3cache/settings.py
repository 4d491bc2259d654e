"""From Django's settings to the library's options."""

import os
from datetime import timedelta

from django.conf import settings

# Where a cache's own settings say nothing of a subject, those of
# django-storages are asked, as in django-s3-cache: who asks, where the bucket
# is, how objects are encrypted. Not asked is what is meant for a site's files
# and wrong, or dangerous, for its cache: AWS_LOCATION (clear() would work among
# them), AWS_DEFAULT_ACL (it may be public), AWS_HEADERS, AWS_IS_GZIPPED,
# AWS_AUTO_CREATE_BUCKET.
SUBJECTS = (
    # All names of its options, and where to look for which.
    (
        "access_key access_key_id aws_access_key_id secret_key secret_access_key "
        "aws_secret_access_key session_token security_token aws_session_token "
        "profile anonymous",
        {
            "access_key": "AWS_S3_ACCESS_KEY_ID AWS_ACCESS_KEY_ID",
            "secret_key": "AWS_S3_SECRET_ACCESS_KEY AWS_SECRET_ACCESS_KEY",
            "session_token": "AWS_S3_SESSION_TOKEN AWS_SESSION_TOKEN",
        },
    ),
    ("bucket bucket_name storage_bucket_name", {"bucket": "AWS_STORAGE_BUCKET_NAME"}),
    (
        "endpoint endpoint_url host port use_ssl",
        {
            "endpoint": "AWS_S3_ENDPOINT_URL",
            "host": "AWS_S3_HOST",
            "port": "AWS_S3_PORT",
            "use_ssl": "AWS_S3_USE_SSL",
        },
    ),
    ("region region_name origin", {"region": "AWS_S3_REGION_NAME"}),
    (
        "path_style addressing_style calling_format",
        {"path_style": "AWS_S3_ADDRESSING_STYLE AWS_S3_CALLING_FORMAT"},
    ),
    ("encryption", {"encryption": "AWS_S3_ENCRYPTION"}),
)


def place(location, options):
    """What a cache is opened with: a URL or None, and pairs of name and text."""
    location = str(location or "")
    url = location if location.lower().startswith("s3://") else None
    pairs = [
        (name, text_of(name, value))
        for name, value in options.items()
        # None is "not given", and not the text "None".
        if value is not None or plain(name) in ("timeout", "default_timeout")
    ]
    given = {plain(name) for name, _ in pairs}
    if url is None:
        if location and "location" not in given:
            # As with Django's own backends, so that two aliases keep apart.
            pairs.append(("location", location))
    else:
        query = url.partition("?")[2].split("&")
        given.update(plain(part.partition("=")[0]) for part in query)
        given.add("bucket")
    for names, wanted in SUBJECTS:
        if given.isdisjoint(names.split()):
            pairs += (
                (name, text_of(name, value))
                for name, variables in wanted.items()
                if (value := first(variables.split())) is not None
            )
    return url, tuple(pairs)


def plain(name):
    return name.lower().replace("-", "_")


def first(variables):
    found = (getattr(settings, variable, None) for variable in variables)
    return next((value for value in found if value not in (None, "")), None)


def text_of(name, value):
    """An option's value as the library's table takes it."""
    if value is None:
        return "never"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, timedelta):
        value = value.total_seconds()
    if isinstance(value, float):
        # Without an exponent.
        return format(value, ".9f").rstrip("0").rstrip(".")
    if isinstance(value, dict):
        lines = [f"{header}: {said}" for header, said in value.items()]
        if any("\n" in line or "\r" in line for line in lines):
            raise ValueError(f"the option {name} cannot be used: a line break in it")
        return "\n".join(lines)
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(map(str, value))
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, type):
        return value.__name__
    kind = type(value)
    if (kind.__str__, kind.__repr__) == (object.__str__, object.__repr__):
        # A calling format of boto's: what counts is of which class it is.
        return kind.__name__
    return str(value)
