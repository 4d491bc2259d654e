"""Django's own tests of cache backends, and of what stands on a cache, on s3cache.

To be put into tests/cache of Django's sources, and run from there with the
bucket in S3CACHE_URL:

    ./runtests.py cache.cache_s3.NewLocationTests
"""

import copy
import os
import uuid

from django.conf import settings
from django.test import TestCase, override_settings
from django.test.signals import setting_changed

from . import tests

BACKEND = "s3cache.AmazonS3Cache"


def url(location):
    bucket, _, query = os.environ["S3CACHE_URL"].partition("?")
    return f"{bucket}/{location}-{uuid.uuid4().hex[:8]}?{query}"


# With the MAX_ENTRIES of some aliases in OPTIONS, all else comes in the URL.
@override_settings(CACHES=tests.caches_setting_for_tests(BACKEND=BACKEND))
class NewLocationTests(tests.BaseCacheTests, TestCase):
    """Each test in a folder of its own, as Django's file-based cache is tested."""

    def setUp(self):
        super().setUp()
        location = url("new")
        for params in settings.CACHES.values():
            params["LOCATION"] = location
        setting_changed.send(self.__class__, setting="CACHES", enter=False)


@override_settings(
    CACHES=tests.caches_setting_for_tests(BACKEND=BACKEND, LOCATION=url("one"))
)
class OneLocationTests(tests.BaseCacheTests, TestCase):
    """All in the same folder, so that clear() is tested by each."""


def on_s3(theirs):
    """A test class with its CACHES on S3."""
    caches = copy.deepcopy(getattr(theirs, "_overridden_settings", None) or {})
    caches = caches.get("CACHES", {"default": {}})
    for alias, params in caches.items():
        params.update(BACKEND=BACKEND, LOCATION=url(alias))
    name = theirs.__name__
    return override_settings(CACHES=caches)(type(name, (theirs,), {}))


CacheUtilsOnS3 = on_s3(tests.CacheUtils)
PrefixedCacheUtilsOnS3 = on_s3(tests.PrefixedCacheUtils)
CacheHEADOnS3 = on_s3(tests.CacheHEADTest)
CacheI18nOnS3 = on_s3(tests.CacheI18nTest)
PrefixedCacheI18nOnS3 = on_s3(tests.PrefixedCacheI18nTest)
CacheMiddlewareOnS3 = on_s3(tests.CacheMiddlewareTest)
TemplateResponseOnS3 = on_s3(tests.TestWithTemplateResponse)
