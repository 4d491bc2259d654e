"""Django's own tests of sessions in a cache, on s3cache: for tests/sessions_tests
of Django's sources."""

from cache.cache_s3 import on_s3

from . import tests

CacheSessionOnS3 = on_s3(tests.CacheSessionTests)
CacheDBSessionOnS3 = on_s3(tests.CacheDBSessionTests)
