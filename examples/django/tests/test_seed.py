"""What was wrong in django-s3-cache 1.4.3, each with a test that it is mended.

Its settings are taken as they are. The tests that Django's own suite has for its
other faults (timeouts by sentinel, touch, what delete answers, PickleError) are
run by `.ci/django`.
"""

import copy
import http.server
import pickle
import threading
import time
import unittest

import s3cache
from django.core.cache.backends.base import InvalidCacheBackendError
from django.test import override_settings
from s3cache import AmazonS3Cache

from base import CacheCase
from server import location


class Clearing(CacheCase):
    def test_clear_empties_a_cache_below_max_entries(self):
        for bound in (300, 0, 5000):
            cache = self.open(options={"MAX_ENTRIES": bound})
            cache.set("k", 1)
            cache.clear()
            self.assertEqual(self.names(), [], bound)

    def test_clear_and_cull_leave_the_neighbours_alone(self):
        name = "0" * 40
        theirs = [
            f"{self.location}-sibling/x",
            f"{self.location}2/{name}",
            f"{self.location}/sub/{name}",
            f"{self.location}/photo.jpg",
        ]
        for one in theirs:
            self.server.put(one, b"theirs")
        cache = self.open(options={"MAX_ENTRIES": 3, "CULL_FREQUENCY": 0})
        for n in range(10):
            cache.set(n, n)
        cache.clear()
        self.assertEqual(self.server.list(self.location), sorted(theirs))

    @override_settings(AWS_LOCATION="media")
    def test_aws_location_is_not_where_the_cache_lies(self):
        photos = ["media/photo.jpg", f"media/{'0' * 40}", "index.html"]
        for one in photos:
            self.server.put(one, b"theirs")
        cache = self.open(options={"LOCATION": None, "MAX_ENTRIES": 2})
        for n in range(5):
            cache.set(n, n)
        cache.clear()
        self.assertEqual(self.server.list("media/"), sorted(photos[:2]))
        self.assertIn("index.html", self.server.list())

    def test_max_entries_above_1000_are_counted_right(self):
        cache = self.open(options={"MAX_ENTRIES": 5000})
        cache.set_many({n: n for n in range(1005)})
        self.assertEqual(cache._cache.len(), 1005)
        cache.clear()
        self.assertEqual(cache._cache.len(), 0)

    def test_max_entries_0_is_no_bound_and_negative_culls_at_each_write(self):
        cache = self.open(options={"MAX_ENTRIES": 0})
        before = self.server.requests()
        cache.set_many({n: n for n in range(310)})
        after = self.server.requests()
        self.assertEqual(after["List"] - before["List"], 0)
        self.assertEqual(len(self.names()), 310)
        cache = self.open(options={"MAX_ENTRIES": -1, "CULL_FREQUENCY": 0})
        cache.set("k", 1)
        self.assertEqual(len(self.names()), 1)


class Locations(CacheCase):
    def test_slashes_at_the_ends(self):
        for n, text in enumerate(["/{}", "{}/", "/{}/", "{}"]):
            options = {"LOCATION": text.format(self.location), "MAX_ENTRIES": 3}
            cache = self.open(options=options)
            for m in range(10):
                cache.set(m, m)
            self.assertLessEqual(len(self.names()), 3, text)
            cache.clear()
            self.assertEqual(self.names(), [], text)

    def test_dots_in_a_name(self):
        cache = self.open(options={"LOCATION": f"{self.location}/v1.2/a.b"})
        cache.set("k", 1)
        self.assertEqual(len(self.names()), 1)
        self.assertEqual(cache.get("k"), 1)

    def test_what_cannot_work_is_told_at_once(self):
        for text in ("a//b", "a/./b", "../up", "a b"):
            for name in ("LOCATION", "location"):
                told = f'the option {name} cannot be "{text}"'
                with self.assertRaisesMessage(InvalidCacheBackendError, told):
                    AmazonS3Cache("", {"OPTIONS": self.server.options(**{name: text})})

    def test_none_and_a_slash_are_the_root(self):
        for root in (None, "/", ""):
            for name in ("LOCATION", "location"):
                options = self.server.options()
                del options["LOCATION"]
                options[name] = root
                cache = AmazonS3Cache("", {"OPTIONS": options})
                cache.set("in-the-root", 1)
                name = self.object(cache, "in-the-root").rpartition("/")[2]
                self.assertIn(name, self.server.list())
                cache.clear()
                self.assertNotIn(name, self.server.list())

    def test_two_aliases_of_different_location_keep_apart(self):
        # In the seed, and nowhere else in Django, the alias's own was ignored.
        options = self.server.options()
        del options["LOCATION"]
        one, other = (AmazonS3Cache(location(), {"OPTIONS": options}) for _ in "12")
        one.set("k", 1)
        self.assertIsNone(other.get("k"))
        other.clear()
        self.assertEqual(one.get("k"), 1)
        # Where OPTIONS name one, it is still ignored.
        cache = AmazonS3Cache("unique snowflake", {"OPTIONS": self.server.options()})
        cache.set("k", 1)


class Options(CacheCase):
    def test_false_in_capitals_counts(self):
        # With https this server could not be talked to.
        cache = self.open(options={"USE_SSL": False})
        cache.set("k", 1)
        with self.assertRaises(s3cache.Unavailable):
            cache = self.open(options={"USE_SSL": True, "retries": 0})
            cache.get("k")

    def test_small_letters_count(self):
        options = {name.lower(): v for name, v in self.server.options().items()}
        options["access_key_id"] = options.pop("access_key")
        options["max_entries"] = 3
        options["location"] = self.location
        cache = AmazonS3Cache("", {"OPTIONS": options})
        for n in range(9):
            cache.set(n, n)
        self.assertLessEqual(len(self.names()), 3)

    def test_options_are_left_as_they_were(self):
        params = {
            "OPTIONS": self.server.options(HEADERS={"Expires": "0"}),
            "TIMEOUT": 5,
        }
        before = copy.deepcopy(params)
        AmazonS3Cache("", params)
        self.assertEqual(params, before)

    def test_gzip_compresses(self):
        for name in ("GZIP", "IS_GZIPPED"):
            cache = self.open(options={name: True})
            cache.set("k", "text " * 10_000)
            self.assertLess(len(self.server.get(self.object(cache, "k"))), 2000)
            self.assertEqual(cache.get("k"), "text " * 10_000)

    def test_file_overwrite_does_not_freeze_values(self):
        for overwrite in (True, False):
            with self.assertLogs("s3cache", "WARNING") as logs:
                name = "FILE_OVERWRITE" if overwrite else "file_overwrite"
                cache = self.open(options={name: overwrite})
            self.assertIn(name, logs.output[0])
            cache.set("k", "first")
            cache.set("k", "second")
            self.assertEqual(cache.get("k"), "second")
        self.assertEqual(len(self.names()), 1)

    def test_unknown_options_are_told(self):
        for name, meant in (("MAX_ENTIRES", "max_entries"), ("bucketname", "bucket")):
            with self.assertRaises(InvalidCacheBackendError) as caught:
                self.open(options={name: 5})
            self.assertIn(name, str(caught.exception))
            self.assertIn(meant, str(caught.exception))

    def test_values_that_cannot_work_are_told(self):
        for name, value in (
            ("MAX_ENTRIES", "lots"),
            ("CULL_FREQUENCY", -1),
            ("PORT", "http"),
            ("HEADERS", {"x-amz-meta-a": "1\nx-amz-acl: public-read"}),
            ("BUCKET_NAME", None),
            ("PROXY", "proxy.example"),
        ):
            with self.subTest(name), self.assertRaises(InvalidCacheBackendError):
                self.open(options={name: value})

    def test_acl_and_bucket_are_names_too(self):
        options = self.server.options(ACL="private")
        options["BUCKET"] = options.pop("BUCKET_NAME")
        AmazonS3Cache("", {"OPTIONS": options}).set("k", 1)

    def test_all_the_seed_took_is_taken(self):
        class Anything:
            pass

        with self.assertLogs("s3cache", "WARNING"):
            self.open(
                options={
                    "SECURITY_TOKEN": None,
                    "AUTO_CREATE_BUCKET": False,
                    "ORIGIN": "",
                    "DEFAULT_ACL": "private",
                    "BUCKET_ACL": "private",
                    "ENCRYPTION": True,
                    "REDUCED_REDUNDANCY": True,
                    "GZIP_CONTENT_TYPES": ("text/css", "application/octet-stream"),
                    "CALLING_FORMAT": type("OrdinaryCallingFormat", (), {})(),
                    "PROXY": None,
                    "PROXY_PORT": None,
                    "FILE_NAME_CHARSET": "utf-8",
                    "PRELOAD_METADATA": True,
                    "MAX_MEMORY_SIZE": 0,
                    "QUERYSTRING_AUTH": False,
                    "QUERYSTRING_EXPIRE": 3600,
                    "CUSTOM_DOMAIN": None,
                    "SECURE_URLS": True,
                    "URL_PROTOCOL": "http:",
                    "CONNECTION_CLASS": Anything,
                    "FILE_CLASS": Anything,
                    "KEY_CLASS": Anything,
                    "ACCESS_KEY_NAMES": ["AWS_ACCESS_KEY_ID"],
                }
            ).set("k", 1)

    def test_calling_formats(self):
        class SubdomainCallingFormat:
            pass

        for given in (
            SubdomainCallingFormat,
            SubdomainCallingFormat(),
            "boto.s3.connection.SubdomainCallingFormat",
        ):
            # A bucket in the host's name does not go with an address.
            with self.assertRaisesMessage(InvalidCacheBackendError, "path_style"):
                self.open(options={"CALLING_FORMAT": given})
        self.open(
            options={"CALLING_FORMAT": "boto.s3.connection.OrdinaryCallingFormat"}
        )


class Settings(CacheCase):
    def open_without(self, *names, **options):
        given = self.server.options(LOCATION=self.location, **options)
        for name in names:
            del given[name]
        return AmazonS3Cache("", {"OPTIONS": given})

    def test_keys_and_bucket_come_from_djangos_settings(self):
        key, secret = self.server.keys
        for names in (
            ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
            ("AWS_S3_ACCESS_KEY_ID", "AWS_S3_SECRET_ACCESS_KEY"),
        ):
            given = dict(zip(names, (key, secret)), AWS_STORAGE_BUCKET_NAME="cache")
            # Read when the cache is made, not when the module is imported.
            with override_settings(**given):
                cache = self.open_without("ACCESS_KEY", "SECRET_KEY", "BUCKET_NAME")
            cache.set("k", 1)
        wrong = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        with override_settings(**wrong, AWS_STORAGE_BUCKET_NAME="other"):
            self.open_without().set("k", 2)
            url = self.url(access_key_id=key, secret_access_key=secret)
            self.assertEqual(AmazonS3Cache(url, {}).get("k"), 2)
        self.assertEqual(cache.get("k"), 2)

    def test_the_server_comes_from_djangos_settings(self):
        host, port = self.server.endpoint[len("http://") :].split(":")
        for given in (
            {"AWS_S3_HOST": host, "AWS_S3_PORT": int(port), "AWS_S3_USE_SSL": False},
            {"AWS_S3_ENDPOINT_URL": self.server.endpoint},
        ):
            with override_settings(**given):
                self.open_without("HOST", "PORT", "USE_SSL").set("k", 1)
        # One that is configured for the cache is not mixed with it.
        with override_settings(AWS_S3_ENDPOINT_URL="http://127.0.0.1:9"):
            self.open_without().set("k", 1)

    def test_what_is_meant_for_files_is_left(self):
        with override_settings(
            AWS_DEFAULT_ACL="not an acl",
            AWS_HEADERS={"Host": "x"},
            AWS_IS_GZIPPED=True,
            AWS_AUTO_CREATE_BUCKET=True,
        ):
            cache = self.open()
            cache.set("k", "text " * 1000)
        self.assertGreater(len(self.server.get(self.object(cache, "k"))), 5000)


class Entries(CacheCase):
    def test_none_is_kept_for_ever(self):
        # The seed kept it 300 seconds.
        cache = self.open()
        cache.set("k", 1, None)
        self.assertEqual(self.ttl(cache, "k"), s3cache.NEVER)
        self.open(TIMEOUT=None).set("k", 1)

    def test_broken_objects_are_misses(self):
        cache = self.open()
        name = self.object(cache, "k")
        cache.set("k", "value")
        good = self.server.get(name)
        flipped = good[:70] + bytes([good[70] ^ 1]) + good[71:]
        for body in (good[:-1], good + b"x", flipped):
            self.server.put(name, body)
            self.assertEqual(cache.get("k", "default"), "default")
            cache.set("k", "new")
            self.assertEqual(cache.get("k"), "new")
        for body in (
            b"",
            b"garbage",
            good[:40],
            # The seed's own.
            pickle.dumps(time.time() + 300) + pickle.dumps("value"),
            pickle.dumps(None),
        ):
            self.server.put(name, body)
            self.assertEqual(cache.get("k", "default"), "default")
            self.assertIs(cache.has_key("k"), False)
            self.assertIs(cache.add("k", "new"), True)
            self.assertEqual(cache.get("k"), "new")

    def test_a_reader_of_an_expired_entry_deletes_nothing(self):
        cache = self.open()
        cache.set("k", 1, 0)
        self.assertIsNone(cache.get("k"))
        self.assertEqual(len(self.names()), 1)

    def test_an_object_that_goes_meanwhile_is_a_miss(self):
        cache = self.open()
        cache.set("k", 1)
        self.server.raw("DELETE", self.object(cache, "k"))
        self.assertEqual(cache.get("k", "default"), "default")

    def test_one_of_many_adders_wins(self):
        cache = self.open()
        self.assertEqual(sum(self.race(8, lambda n: cache.add("k", n))), 1)


class Buckets(CacheCase):
    def test_a_missing_bucket_is_told_by_reads_too(self):
        cache = self.open(options={"BUCKET_NAME": "nowhere"})
        for call in (
            lambda: cache.get("k"),
            lambda: cache.has_key("k"),
            lambda: cache.set("k", 1),
            lambda: cache.delete("k"),
            lambda: cache.clear(),
        ):
            with self.assertRaises(s3cache.Refused) as caught:
                call()
            self.assertEqual(caught.exception.kind, "no_such_bucket")

    def test_auto_create_bucket(self):
        name = location()
        cache = self.open(options={"BUCKET_NAME": name, "AUTO_CREATE_BUCKET": True})
        cache.set("k", 1)
        self.assertEqual(cache.get("k"), 1)


class Recorder(http.server.BaseHTTPRequestHandler):
    """Notes the headers of a PUT, and answers as S3 would."""

    def do_PUT(self):
        self.server.seen.append(dict(self.headers.items()))
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("ETag", '"0123456789abcdef0123456789abcdef"')
        self.send_header("x-amz-request-id", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Headers(CacheCase):
    def sent(self, **options):
        """The headers of a set() with these options."""
        recorder = http.server.HTTPServer(("127.0.0.1", 0), Recorder)
        recorder.seen = []
        thread = threading.Thread(target=recorder.handle_request)
        thread.start()
        try:
            cache = self.open(
                options={"PORT": recorder.server_port, "MAX_ENTRIES": 0, **options}
            )
            cache.set("k", 1)
        finally:
            thread.join()
            recorder.server_close()
        return {name.lower(): value for name, value in recorder.seen[0].items()}

    def test_default_acl_none_is_private(self):
        for options in ({}, {"DEFAULT_ACL": None}, {"default_acl": "private"}):
            self.assertNotIn("x-amz-acl", self.sent(**options))
        for name in ("DEFAULT_ACL", "default_acl"):
            self.assertEqual(
                self.sent(**{name: "public-read"})["x-amz-acl"], "public-read"
            )

    def test_what_goes_with_each_object(self):
        sent = self.sent(
            HEADERS={"Cache-Control": "no-store", "x-amz-meta-owner": "web"},
            ENCRYPTION=True,
            REDUCED_REDUNDANCY=True,
        )
        for name, value in {
            "cache-control": "no-store",
            "x-amz-meta-owner": "web",
            "x-amz-server-side-encryption": "AES256",
            "x-amz-storage-class": "REDUCED_REDUNDANCY",
            "content-type": "application/octet-stream",
        }.items():
            self.assertEqual(sent[name], value)


class Requests(CacheCase):
    def test_what_each_call_costs(self):
        cache = self.open()
        # The first write counts what is there, the first add tries S3 out.
        cache.set("warm", 1)
        cache.add("warm-too", 1)
        cache.set("n", 1)
        for call, expected in (
            (lambda: cache.set("k", "v"), {"Put": 1}),
            (lambda: cache.get("k"), {"Get": 1}),
            (lambda: cache.has_key("k"), {"RangedGet": 1}),
            (lambda: cache.add("new", 1), {"ConditionalPut": 1}),
            (lambda: cache.incr("n"), {"Get": 1, "ConditionalPut": 1}),
            (lambda: cache.get_or_set("k", 1), {"Get": 1}),
            (lambda: cache.get_or_set("m", 1), {"Get": 1, "ConditionalPut": 1}),
            (lambda: cache.delete("k"), {"RangedGet": 1, "Delete": 1}),
            (lambda: cache.delete("k"), {"RangedGet": 1}),
            (lambda: cache.get_many("abc"), {"Get": 3}),
            (lambda: cache.delete_many("abc"), {"DeleteObjects": 1}),
            (lambda: cache.clear(), {"List": 1, "DeleteObjects": 1}),
        ):
            before = self.server.requests()
            call()
            after = self.server.requests()
            made = {kind: after[kind] - before[kind] for kind in after}
            self.assertEqual({k: n for k, n in made.items() if n}, expected)


if __name__ == "__main__":
    unittest.main()
