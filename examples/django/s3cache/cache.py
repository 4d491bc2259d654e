"""`Cache`: bytes in, bytes out, for programs with Django and without it.

Any number of threads may use one, and it goes on in a forked child.
"""

import contextlib
import copy
import math
from ctypes import byref, c_double, c_int64, c_size_t, c_uint64, c_void_p

from .errors import Error, ValueTooLarge
from .handles import Pool
from .library import FALSE, HIT, PANIC, Bytes, Value, load

NEVER = math.inf
DEFAULT = -math.inf


class Cache:
    """A cache. Keys and values are bytes, timeouts seconds, NEVER or DEFAULT.

    `Cache("s3://bucket/location?max_entries=1000")`: options as in the README,
    in the URL or as pairs of name and text. Nothing is asked of S3 yet. Every
    call may raise an `Error`.
    """

    def __init__(self, url=None, pairs=()):
        self._pool = Pool(url, tuple(pairs))
        self.bounds = None

    def view(self):
        """The same cache, with `bounds` of its own, (max_entries, cull_frequency),
        in place of the options. All views must have them, or none."""
        return copy.copy(self)

    def _call(self, name, *arguments):
        home = self._pool.home()
        handle = home.take()
        broken = False
        try:
            if self.bounds not in (None, handle.bounds):
                max_entries, cull_frequency = self.bounds
                call = home.library.call
                call("set_max_entries", handle.pointer, max_entries)
                call("set_cull_frequency", handle.pointer, cull_frequency)
                handle.bounds = self.bounds
            return home.library.call(name, handle.pointer, *arguments)
        except Error as error:
            broken = error.code == PANIC
            raise
        finally:
            if not broken:
                home.idle.append(handle)

    def _read(self, name, key, *arguments):
        value, length = c_void_p(), c_size_t()
        self._call(name, key, len(key), byref(value), byref(length), *arguments)
        return load().bytes(value, length)

    def get(self, key):
        """The value, or None."""
        return self._read("get", key)

    def get_many(self, keys):
        """The values, or None for each that is not there, in the keys' order."""
        values = (Value * len(keys))()
        self._call("get_many", _array(keys), len(keys), values)
        library = load()
        return [
            library.bytes(c_void_p(value.data), c_size_t(value.len)) for value in values
        ]

    def has_key(self, key):
        return self._call("has_key", key, len(key)) != FALSE

    def ttl(self, key):
        """Seconds to live, NEVER, or None where there is no live entry."""
        seconds = c_double()
        if self._call("ttl", key, len(key), byref(seconds)) == HIT:
            return seconds.value
        return None

    def set(self, key, value, timeout=DEFAULT):
        self._call("set", key, len(key), value, len(value), timeout)

    def set_many(self, pairs, timeout=DEFAULT):
        """Stores them in order. Of one that is too large the key is in the list
        that is returned, and the others are stored."""
        failed = []
        while pairs:
            keys, values = zip(*pairs)
            stored = c_size_t()
            try:
                self._call(
                    "set_many",
                    _array(keys),
                    _array(values),
                    len(pairs),
                    timeout,
                    byref(stored),
                )
                break
            except ValueTooLarge:
                failed.append(keys[stored.value])
                pairs = pairs[stored.value + 1 :]
        return failed

    def add(self, key, value, timeout=DEFAULT):
        """True for one of any number of writers, while there is no live entry."""
        return self._call("add", key, len(key), value, len(value), timeout) != FALSE

    def touch(self, key, timeout=DEFAULT):
        return self._call("touch", key, len(key), timeout) != FALSE

    def incr(self, key, delta=1):
        """The new number. Atomic, and the expiry stays."""
        total = c_int64()
        self._call("incr", key, len(key), delta, byref(total))
        return total.value

    def delete(self, key):
        self._call("delete", key, len(key))

    def remove(self, key):
        """Deletes it, and tells whether a live entry was there."""
        return self._call("remove", key, len(key)) != FALSE

    def delete_many(self, keys):
        self._call("delete_many", _array(keys), len(keys))

    def get_with_token(self, key):
        """The value and what stands for it, for `compare_and_set`."""
        token = _Token()
        return self._read("get_with_token", key, byref(token.pointer)), token

    def compare_and_set(self, key, token, value, timeout=DEFAULT):
        """False, and nothing stored, where somebody has written since."""
        answer = self._call(
            "compare_and_set",
            key,
            len(key),
            token.pointer,
            value,
            len(value),
            timeout,
        )
        return answer != FALSE

    def get_or_set(self, key, compute, timeout=DEFAULT):
        """The value, or what `compute()` gives, stored unless somebody was first."""
        fill = c_void_p()
        value = self._read("get_or_set_begin", key, byref(fill))
        if value is not None:
            return value
        try:
            value = compute()
            if not isinstance(value, bytes):
                raise TypeError("what is computed must be bytes")
        except BaseException:
            # If it cannot be given back, its lease ends by itself.
            with contextlib.suppress(Error):
                self._call("get_or_set_abandon", fill)
            raise
        stored, length = c_void_p(), c_size_t()
        self._call(
            "get_or_set_finish",
            fill,
            value,
            len(value),
            timeout,
            byref(stored),
            byref(length),
        )
        first = load().bytes(stored, length)
        return value if first is None else first

    def clear(self):
        """Deletes every entry: how many went, and how many S3 would not delete."""
        return self._walk("clear")

    def cull(self):
        """What exceeds the bounds, likewise."""
        return self._walk("cull")

    def _walk(self, name):
        removed, not_removed = c_uint64(), c_uint64()
        self._call(name, byref(removed), byref(not_removed))
        return removed.value, not_removed.value

    def len(self):
        """How many entries there are, expired ones included."""
        count = c_uint64()
        self._call("len", byref(count))
        return count.value

    def check(self):
        """Whether each setting works, and the report, a line each."""
        report = c_void_p()
        well = self._call("check", byref(report)) != FALSE
        return well, load().text(report)

    def stats(self):
        """This process's counters, and the last error that on_error has hidden."""
        return self._pool.home().stats()


class _Token:
    def __init__(self):
        self.pointer = c_void_p()
        self._free = load().token_free

    def __del__(self):
        self._free(self.pointer)


def _array(several):
    return (Bytes * len(several))(*((one, len(one)) for one in several))
