"""One server for all tests, and caches on it."""

import atexit
import concurrent.futures
import functools
import hashlib
import os
import tempfile

import django
from django.conf import settings
from django.test import SimpleTestCase

from s3cache import AmazonS3Cache
from server import Server, location

if not settings.configured:
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    settings.configure(
        SECRET_KEY="not one",
        INSTALLED_APPS=["django.contrib.sessions"],
        # For sessions that are kept in a database, too.
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{folder.name}/site.sqlite",
                "OPTIONS": {"timeout": 60},
            }
        },
        USE_TZ=True,
    )
    django.setup()


@functools.lru_cache(maxsize=None)
def server():
    one = Server()
    atexit.register(one.stop)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        os.environ[name] = one.environment[name]
    return one


class CacheCase(SimpleTestCase):
    def setUp(self):
        self.server = server()
        self.location = location()

    def open(self, *, options=(), **params):
        """A cache in this test's folder, configured in the seed's way."""
        options = self.server.options(**{"LOCATION": self.location, **dict(options)})
        return AmazonS3Cache("", {"OPTIONS": options, **params})

    def url(self, **options):
        options["endpoint"] = self.server.endpoint
        query = "&".join(f"{name}={value}" for name, value in options.items())
        return f"s3://{self.server.bucket}/{self.location}?{query}"

    def names(self):
        """What lies in this test's folder."""
        names = self.server.list(self.location + "/")
        return [name[len(self.location) + 1 :] for name in names]

    def object(self, cache, key, version=None):
        """The name of a key's object."""
        key = cache.make_key(key, version).encode()
        return f"{self.location}/{hashlib.sha1(key).hexdigest()}"

    def raw(self, cache, key, version=None):
        """The stored value, without the header and what follows it."""
        entry = self.server.get(self.object(cache, key, version))
        return entry[64 + 8 * entry[5] :]

    def ttl(self, cache, key):
        return cache._cache.ttl(cache.make_key(key).encode())

    def race(self, threads, work):
        """What `work(n)` answers in each of so many threads."""
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            return list(pool.map(work, range(threads)))
