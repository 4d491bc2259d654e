"""A cache in an S3 bucket: s3cache for Python, and for Django.

In Django's settings the backend is `s3cache.AmazonS3Cache`. A program without
Django takes `Cache`, which needs the standard library alone.
"""

from .cache import DEFAULT, NEVER, Cache
from .errors import (
    Error,
    InvalidOption,
    LibraryError,
    NotAnInteger,
    NotFound,
    Overflow,
    ReadOnly,
    Refused,
    Unavailable,
    ValueTooLarge,
)

__all__ = [
    "DEFAULT",
    "NEVER",
    "AmazonS3Cache",
    "Cache",
    "Error",
    "InvalidOption",
    "LibraryError",
    "NotAnInteger",
    "NotFound",
    "Overflow",
    "ReadOnly",
    "Refused",
    "Unavailable",
    "ValueTooLarge",
]


def __getattr__(name):
    # Not imported before it is asked for, as it needs Django.
    if name == "AmazonS3Cache":
        from .backend import AmazonS3Cache

        return AmazonS3Cache
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
