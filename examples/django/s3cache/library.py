"""The C interface, `s3cache.h`: found, loaded and declared.

The interpreter's lock is free while a function of it is at work.
"""

import ctypes
import ctypes.util
import functools
import os
import sys
from ctypes import POINTER, byref, c_char_p, c_double, c_int32, c_int64, c_size_t
from ctypes import c_uint32, c_uint64, c_void_p
from pathlib import Path

from .errors import LibraryError, of_result

# The version of s3cache.h that this was written by.
HEADER = 100

HIT, FALSE = 1, 3
PANIC = -5


class Bytes(ctypes.Structure):
    _fields_ = [("data", c_char_p), ("len", c_size_t)]


class Value(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("len", c_size_t)]


class Stats(ctypes.Structure):
    _fields_ = [("size", c_size_t)] + [
        (name, c_uint64)
        for name in (
            "hits stale misses expired corrupt hidden_errors gets puts deletes "
            "multi_deletes lists retries connections bytes_out bytes_in "
            "breaker_openings"
        ).split()
    ]


_OUT = POINTER(c_void_p)
_LEN = POINTER(c_size_t)
_COUNT = POINTER(c_uint64)
# What is read is bytes, with a NUL in it or not: ctypes passes the address.
_KEY = (c_void_p, c_char_p, c_size_t)
_VALUE = (c_char_p, c_size_t)

# Those that can fail: what they take before the error, and give a result.
_CALLS = {
    "options_new": (_OUT,),
    "options_from_url": (c_char_p, _OUT),
    "options_set": (c_void_p, c_char_p, c_char_p),
    "options_get": (c_void_p, c_char_p, _OUT),
    "open": (c_void_p, _OUT),
    "clone": (c_void_p, _OUT),
    "get": (*_KEY, _OUT, _LEN),
    "get_many": (c_void_p, POINTER(Bytes), c_size_t, POINTER(Value)),
    "has_key": _KEY,
    "ttl": (*_KEY, POINTER(c_double)),
    "set": (*_KEY, *_VALUE, c_double),
    "set_many": (
        c_void_p,
        POINTER(Bytes),
        POINTER(Bytes),
        c_size_t,
        c_double,
        _LEN,
    ),
    "add": (*_KEY, *_VALUE, c_double),
    "touch": (*_KEY, c_double),
    "incr": (*_KEY, c_int64, POINTER(c_int64)),
    "delete": _KEY,
    "remove": _KEY,
    "delete_many": (c_void_p, POINTER(Bytes), c_size_t),
    "get_with_token": (*_KEY, _OUT, _LEN, _OUT),
    "compare_and_set": (*_KEY, c_void_p, *_VALUE, c_double),
    "get_or_set_begin": (*_KEY, _OUT, _LEN, _OUT),
    "get_or_set_finish": (c_void_p, c_void_p, *_VALUE, c_double, _OUT, _LEN),
    "get_or_set_abandon": (c_void_p, c_void_p),
    "clear": (c_void_p, _COUNT, _COUNT),
    "cull": (c_void_p, _COUNT, _COUNT),
    "len": (c_void_p, _COUNT),
    "check": (c_void_p, _OUT),
    "set_max_entries": (c_void_p, c_int64),
    "set_cull_frequency": (c_void_p, c_uint32),
    "get_stats": (c_void_p, POINTER(Stats)),
    "last_error": (c_void_p, _OUT),
}

# Those that cannot: what they give, and take.
_ANSWERS = {
    "version": (c_char_p,),
    "result_name": (c_char_p, c_int32),
    "error_message": (c_char_p, c_void_p),
    "error_remedy": (c_char_p, c_void_p),
    "error_s3_code": (c_char_p, c_void_p),
    "error_request_id": (c_char_p, c_void_p),
    "error_object": (c_char_p, c_void_p),
    "error_http_status": (c_int32, c_void_p),
    "error_retry_after": (c_double, c_void_p),
    "error_free": (None, c_void_p),
    "options_ignored": (c_char_p, c_void_p, c_size_t),
    "options_free": (None, c_void_p),
    "close": (None, c_void_p),
    "free": (None, c_void_p),
    "token_free": (None, c_void_p),
}


def _path():
    given = os.environ.get("S3CACHE_LIBRARY")
    if given:
        return given
    suffixes = {"darwin": "libs3cache.dylib", "win32": "s3cache.dll"}
    bundled = Path(__file__).with_name(suffixes.get(sys.platform, "libs3cache.so"))
    if bundled.exists():
        return str(bundled)
    system = ctypes.util.find_library("s3cache")
    if system:
        return system
    raise LibraryError(
        "s3cache's shared library was not found: not in the variable "
        f"S3CACHE_LIBRARY, not at {bundled}, and not among the system's. Install "
        "this package from a clone of s3cache, or set S3CACHE_LIBRARY to its path"
    )


class _Library:
    def __init__(self):
        path = _path()
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            raise LibraryError(
                f"s3cache's shared library cannot be loaded: {error}"
            ) from error
        try:
            number = library.s3cache_version_number
            number.argtypes, number.restype = (), c_uint32
            self._check_version(path, number())
            self.calls = {}
            for name, takes in _CALLS.items():
                call = self.calls[name] = getattr(library, f"s3cache_{name}")
                call.argtypes, call.restype = (*takes, _OUT), c_int32
            for name, (gives, *takes) in _ANSWERS.items():
                answer = getattr(library, f"s3cache_{name}")
                answer.argtypes, answer.restype = takes, gives
                setattr(self, name, answer)
        except AttributeError as error:
            raise LibraryError(f"{path} is not s3cache's library: {error}") from error

    @staticmethod
    def _check_version(path, number):
        # An older library may lack what is called here; another minor version
        # (later on: major version) may mean something else by it.
        if not HEADER <= number < (HEADER // 100 + 1) * 100:
            shown = [
                f"{n // 10000}.{n // 100 % 100}.{n % 100}" for n in (number, HEADER)
            ]
            raise LibraryError(
                f"{path} is version {shown[0]} of s3cache, and this package was "
                f"made for {shown[1]}: install the package anew"
            )

    def call(self, name, *arguments):
        """What the function answers; an error is raised."""
        error = c_void_p()
        result = self.calls[name](*arguments, byref(error))
        if result < 0:
            raise self.error(result, error)
        return result

    def error(self, code, pointer):
        message = self.error_message(pointer).decode()
        error = of_result(code)(message)
        error.code = code
        name = self.result_name(code).decode()
        error.kind = name.replace("S3CACHE_ERROR_", "").lower()
        for name in ("remedy", "s3_code", "request_id", "object"):
            text = getattr(self, f"error_{name}")(pointer)
            setattr(error, name, text and text.decode())
        error.status = self.error_http_status(pointer)
        error.retry_after = self.error_retry_after(pointer)
        self.error_free(pointer)
        return error

    def bytes(self, pointer, length):
        """A copy of what was returned, which is freed; None for NULL."""
        if not pointer.value:
            return None
        value = ctypes.string_at(pointer, length.value)
        self.free(pointer)
        return value

    def text(self, pointer):
        text = ctypes.string_at(pointer).decode()
        self.free(pointer)
        return text


@functools.lru_cache(maxsize=None)
def load():
    """The library, looked for when it is first needed."""
    return _Library()
