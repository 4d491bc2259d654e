"""`AmazonS3Cache`, a cache backend for Django.

What is Django's is done here: keys, timeouts, values. README.md beside this
package says what it promises.
"""

import logging
import pickle
import re

from asgiref.sync import sync_to_async
from django.core.cache.backends.base import (
    DEFAULT_TIMEOUT,
    BaseCache,
    InvalidCacheBackendError,
)
from django.core.signals import setting_changed

from .cache import NEVER, Cache
from .errors import (
    Error,
    LibraryError,
    NotAnInteger,
    NotFound,
    Overflow,
    Refused,
    Unavailable,
)
from .handles import Options
from .settings import place

logger = logging.getLogger("s3cache")

INTEGER = re.compile(rb"-?[0-9]{1,19}")
INT64 = range(-(2**63), 2**63)
# A loop that loses so often against other writers gives up.
ATTEMPTS = 100

# By what they were opened with: one for all threads, so that these share its
# connections.
_caches = {}


def _forget(*, setting, **kwargs):
    # Tests change it by the hundred.
    if setting == "CACHES":
        _caches.clear()


setting_changed.connect(_forget)


def _params(options, params):
    """What BaseCache reads, with what OPTIONS or the URL say of it."""
    bounds = {}
    for name in ("max_entries", "cull_frequency"):
        if (value := options.get(name)) is not None:
            bounds[name.upper()] = value
    given = {"OPTIONS": bounds}
    if (prefix := options.get("key_prefix")) is not None:
        given["KEY_PREFIX"] = prefix
    if (version := options.get("version")) is not None:
        given["VERSION"] = int(version)
    if (timeout := options.get("default_timeout")) is not None:
        given["TIMEOUT"] = None if timeout == "never" else float(timeout)
    return {**given, **params, "OPTIONS": bounds}


def _async(name):
    async def call(self, *args, **kwargs):
        method = sync_to_async(getattr(self, name), thread_sensitive=True)
        return await method(*args, **kwargs)

    return call


class AmazonS3Cache(BaseCache):
    def __init__(self, location, params):
        try:
            url, pairs = place(location, params.get("OPTIONS") or {})
            options = Options(url, pairs)
            super().__init__(_params(options, params))
            pairs += (
                # Keys are made here.
                ("raw_keys", "yes"),
                ("key_prefix", ""),
                ("version", ""),
                ("max_entries", str(self._max_entries)),
                ("cull_frequency", str(self._cull_frequency)),
            )
            cache = _caches.get((url, pairs))
            if cache is None:
                cache = _caches.setdefault((url, pairs), Cache(url, pairs))
                if ignored := options.ignored():
                    logger.warning("Options without a meaning: %s", ", ".join(ignored))
        except (Error, LibraryError, ValueError) as error:
            raise InvalidCacheBackendError(str(error)) from error
        self._view = cache.view()

    @property
    def _cache(self):
        # Both may be changed on the live object, as Django's own tests do.
        self._view.bounds = (self._max_entries, self._cull_frequency)
        return self._view

    def _key(self, key, version):
        key = self.make_and_validate_key(key, version=version)
        return key.encode("utf-8", "surrogatepass")

    def _timeout(self, timeout):
        if timeout is DEFAULT_TIMEOUT:
            timeout = self.default_timeout
        # Negative infinity would be the library's own default.
        return NEVER if timeout is None else max(0.0, float(timeout))

    # A whole number that fits is stored as its digits, so that the library can
    # count with it and other programs can read it; all else as a pickle. That
    # begins with 0x80, which no digit is.

    @staticmethod
    def _dump(value):
        if type(value) is int and value in INT64:
            return b"%d" % value
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)

    @staticmethod
    def _load(data, default):
        """The value. What is none, or is of a class that is no longer there, is
        a miss: a site that was updated must not stumble over its old cache."""
        if data is None:
            return default
        if INTEGER.fullmatch(data):
            return int(data)
        why = "neither a pickle nor an integer"
        if data[:1] == b"\x80":
            try:
                return pickle.loads(data)
            except Exception as error:
                why = f"{type(error).__name__}: {error}"
        logger.warning("A value that cannot be read counts as a miss: %s", why)
        return default

    def get(self, key, default=None, version=None):
        return self._load(self._cache.get(self._key(key, version)), default)

    def get_many(self, keys, version=None):
        names = {key: self._key(key, version) for key in keys}
        values = self._cache.get_many(list(names.values()))
        missing = self._missing_key
        found = zip(names, (self._load(data, missing) for data in values))
        return {key: value for key, value in found if value is not missing}

    def has_key(self, key, version=None):
        return self._cache.has_key(self._key(key, version))

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        name, value = self._key(key, version), self._dump(value)
        self._cache.set(name, value, self._timeout(timeout))

    def set_many(self, data, timeout=DEFAULT_TIMEOUT, version=None):
        """The keys whose values were too large. What S3 refuses is raised."""
        names = {self._key(key, version): key for key in data}
        pairs = [(name, self._dump(data[key])) for name, key in names.items()]
        failed = self._cache.set_many(pairs, self._timeout(timeout))
        return [names[name] for name in failed]

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        name, value = self._key(key, version), self._dump(value)
        return self._cache.add(name, value, self._timeout(timeout))

    def touch(self, key, timeout=DEFAULT_TIMEOUT, version=None):
        return self._cache.touch(self._key(key, version), self._timeout(timeout))

    def delete(self, key, version=None):
        return self._cache.remove(self._key(key, version))

    def delete_many(self, keys, version=None):
        self._cache.delete_many([self._key(key, version) for key in keys])

    def get_or_set(self, key, default, timeout=DEFAULT_TIMEOUT, version=None):
        computed = []

        def compute():
            computed.append(default() if callable(default) else default)
            return self._dump(computed[0])

        name, timeout = self._key(key, version), self._timeout(timeout)
        data = self._cache.get_or_set(name, compute, timeout)
        value = self._load(data, self._missing_key)
        if value is not self._missing_key:
            return value
        if not computed:
            # What is there cannot be read.
            self._cache.set(name, compute(), timeout)
        return computed[0]

    def incr(self, key, delta=1, version=None):
        """Atomic, and the expiry stays. To what is not a whole number of 64 bits
        it is added as Python does it."""
        name = self._key(key, version)
        try:
            if type(delta) is int and delta in INT64:
                return self._cache.incr(name, delta)
        except NotFound:
            raise ValueError("Key '%s' not found" % key) from None
        except (NotAnInteger, Overflow):
            pass
        for _ in range(ATTEMPTS):
            data, token = self._cache.get_with_token(name)
            left = self._cache.ttl(name)
            value = self._load(data, self._missing_key)
            if value is self._missing_key or left is None:
                raise ValueError("Key '%s' not found" % key)
            value += delta
            if self._cache.compare_and_set(name, token, self._dump(value), left):
                return value
        raise Unavailable(f"incr of {key!r}: others won every attempt")

    def clear(self):
        _, not_removed = self._cache.clear()
        if not_removed:
            raise Refused(f"clear: S3 would not delete {not_removed} entries")

    def check(self):
        """Whether each setting works, and a report with a line for each."""
        return self._cache.check()

    def stats(self):
        """This process's hits, misses, requests by kind and so on, as a dict."""
        return self._cache.stats()

    # BaseCache would make these of aget and aset: not atomic, and dearer.
    aget_many = _async("get_many")
    aset_many = _async("set_many")
    adelete_many = _async("delete_many")
    ahas_key = _async("has_key")
    aget_or_set = _async("get_or_set")
    aincr = _async("incr")
