"""What can go wrong, as exceptions."""


class LibraryError(ImportError):
    """The shared library is not there, or is not the right one."""


class Error(Exception):
    """A call failed. The text says all of it in one line."""

    code = 0  # The number in s3cache.h,
    kind = ""  # and its name there, as in "no_such_bucket".
    remedy = None  # What to do about it, where that is known.
    s3_code = None  # S3's own, such as "SlowDown".
    request_id = None  # S3's, which its operator will ask for.
    object = None  # The object concerned.
    status = 0  # The reply's HTTP status, 0 where there was none.
    retry_after = -1.0  # How long S3 asks to be left alone, if it does.


class InvalidOption(Error, ValueError):
    """An option is missing, unknown or cannot work."""


class ValueTooLarge(Error, ValueError):
    """The value is longer than the option max_value_size."""


class NotFound(Error, LookupError):
    """`incr` or `decr` of a key that is not there."""


class NotAnInteger(Error, TypeError):
    """`incr` or `decr` of something else than a decimal integer."""


class Overflow(Error, OverflowError):
    """`incr` or `decr` beyond 64 bits."""


class ReadOnly(Error):
    """The cache was opened with read_only."""


class Refused(Error):
    """S3 refused, and somebody has to put it right: no access, no bucket, ..."""


class Unavailable(Error):
    """S3 could not be reached, or could not do it now. It may pass."""


# By the results of s3cache.h.
_KINDS = {
    -20: InvalidOption,
    -21: ValueTooLarge,
    -22: NotFound,
    -23: NotAnInteger,
    -24: Overflow,
    -25: ReadOnly,
}


def of_result(code):
    if code <= -60:
        return Unavailable
    return Refused if code <= -40 else _KINDS.get(code, Error)
