"""What Django's own suite does not see of its contract."""

import asyncio
import datetime
import hashlib
import pickle
import sys
import threading
import time
import types
import unittest
import warnings

import s3cache
from s3cache import AmazonS3Cache

from base import CacheCase


class Brittle:
    """Pickles, and will not come back."""

    def __reduce__(self):
        return (broken, ())


def broken():
    raise KeyError("gone")


class Timeouts(CacheCase):
    def test_none_in_settings_is_for_ever(self):
        cache = self.open(TIMEOUT=None)
        cache.set("k", 1)
        self.assertEqual(self.ttl(cache, "k"), s3cache.NEVER)

    def test_none_in_a_call_is_for_ever(self):
        cache = self.open(TIMEOUT=1)
        cache.set("k", 1, None)
        self.assertEqual(self.ttl(cache, "k"), s3cache.NEVER)
        cache.set("k", 1)
        self.assertLess(self.ttl(cache, "k"), 1.1)
        self.assertIs(cache.touch("k", None), True)
        self.assertEqual(self.ttl(cache, "k"), s3cache.NEVER)

    def test_the_default_is_300_seconds(self):
        cache = self.open()
        cache.set("k", 1)
        self.assertTrue(295 < self.ttl(cache, "k") <= 301, self.ttl(cache, "k"))

    def test_in_options_and_in_the_url(self):
        in_options = self.open(options={"TIMEOUT": datetime.timedelta(minutes=10)})
        in_url = AmazonS3Cache(self.url(default_timeout="10m"), {})
        for cache in (in_options, in_url):
            cache.set("k", 1)
            self.assertTrue(590 < self.ttl(cache, "k") <= 601)
        self.assertIsNone(self.open(options={"timeout": None}).default_timeout)
        # The alias itself goes first, as in Django.
        self.assertEqual(
            self.open(TIMEOUT=5, options={"timeout": 9}).default_timeout, 5
        )

    def test_negative_and_zero_are_expired(self):
        cache = self.open()
        for timeout in (0, -1, -0.5, float("-inf")):
            cache.set("k", "old", 60)
            cache.set("k", "new", timeout)
            self.assertIsNone(cache.get("k"), timeout)
            cache.set("k", "old", 60)
            self.assertIs(cache.touch("k", timeout), True)
            self.assertIs(cache.has_key("k"), False)

    def test_fractions_of_a_second(self):
        cache = self.open()
        cache.set("k", 1, 0.3)
        self.assertEqual(cache.get("k"), 1)
        time.sleep(0.4)
        self.assertIsNone(cache.get("k"))
        cache.set("k", 2)
        self.assertEqual(cache.get("k"), 2)


class Values(CacheCase):
    def test_integers_are_text_that_anybody_can_read(self):
        cache = self.open()
        for value in (0, -1, 41, 2**63 - 1, -(2**63)):
            cache.set("n", value)
            self.assertEqual(self.raw(cache, "n"), b"%d" % value)
            self.assertEqual(cache.get("n"), value)
        cache.set("n", 41)
        self.assertEqual(cache.incr("n"), 42)
        self.assertEqual(self.raw(cache, "n"), b"42")

    def test_what_is_nearly_an_integer_comes_back_as_it_was(self):
        cache = self.open()
        for value in (True, False, 2**63, -(2**63) - 1, 1.0, "41", b"41", b"\x80"):
            cache.set("k", value)
            back = cache.get("k")
            self.assertEqual((back, type(back)), (value, type(value)))

    def test_another_program_counts_along(self):
        cache = self.open()
        plain = s3cache.Cache(self.url())
        cache.set("visits", 5)
        self.assertEqual(plain.incr(b"visits"), 6)
        self.assertEqual(cache.get("visits"), 6)

    def test_what_is_of_somebody_else_is_a_miss(self):
        cache = self.open()
        plain = s3cache.Cache(self.url())
        for data in (b"", b"hello", b"+5", b"1e3", b"\x80\x05garbage", b"9" * 30):
            with self.subTest(data), self.assertLogs("s3cache", "WARNING"):
                plain.set(b"k", data)
                self.assertEqual(cache.get("k", "default"), "default")
                self.assertEqual(cache.get_many(["k"]), {})
                self.assertEqual(cache.get_or_set("k", "mine"), "mine")
                self.assertEqual(cache.get("k"), "mine")

    def test_a_class_that_is_gone_is_a_miss(self):
        cache = self.open()
        module = types.ModuleType("gone")
        sys.modules["gone"] = module
        module.Thing = type("Thing", (), {"__module__": "gone"})
        cache.set("k", module.Thing())
        del sys.modules["gone"]
        with self.assertLogs("s3cache", "WARNING") as logs:
            self.assertIsNone(cache.get("k"))
        self.assertIn("ModuleNotFoundError", logs.output[0])
        cache.set("k", Brittle())
        with self.assertLogs("s3cache", "WARNING"):
            self.assertIsNone(cache.get("k"))

    def test_an_unpicklable_value_leaves_everything_as_it_was(self):
        cache = self.open()
        cache.set("k", "old")
        cannot = threading.Lock()
        for call in (
            lambda: cache.set("k", cannot),
            lambda: cache.add("new", cannot),
            lambda: cache.set_many({"k": "new", "l": cannot}),
            lambda: cache.get_or_set("new", cannot),
        ):
            self.assertRaises(TypeError, call)
        self.assertEqual(cache.get("k"), "old")
        self.assertIs(cache.has_key("new"), False)

    def test_megabytes(self):
        cache = self.open()
        value = bytes(range(256)) * 4 * 1024 * 8
        cache.set("big", value)
        self.assertEqual(cache.get("big"), value)

    def test_too_large(self):
        cache = self.open(options={"MAX_VALUE_SIZE": "1KiB"})
        big, small = "x" * 2000, "x"
        for call in (
            lambda: cache.set("k", big),
            lambda: cache.add("k", big),
            lambda: cache.get_or_set("k", big),
        ):
            self.assertRaises(s3cache.ValueTooLarge, call)
        data = {"a": small, "b": big, "c": small, "d": big}
        self.assertEqual(cache.set_many(data), ["b", "d"])
        self.assertEqual(cache.get_many(data), {"a": small, "c": small})


class Counting(CacheCase):
    def test_beyond_64_bits(self):
        cache = self.open()
        cache.set("n", 2**63 - 1)
        self.assertEqual(cache.incr("n"), 2**63)
        self.assertEqual(cache.incr("n", 2**70), 2**63 + 2**70)
        self.assertEqual(cache.decr("n", 2**70), 2**63)
        self.assertEqual(cache.decr("n"), 2**63 - 1)
        self.assertEqual(self.raw(cache, "n"), b"%d" % (2**63 - 1))

    def test_what_is_no_integer(self):
        cache = self.open()
        cache.set("f", 1.5)
        self.assertEqual(cache.incr("f"), 2.5)
        cache.set("n", 1)
        self.assertEqual(cache.incr("n", 0.5), 1.5)
        for value in (None, "text", {}):
            cache.set("k", value)
            self.assertRaises(TypeError, cache.incr, "k")
            self.assertEqual(cache.get("k", "miss"), value)
        with self.assertRaisesMessage(ValueError, "Key 'nobody' not found"):
            cache.incr("nobody", 0.5)

    def test_the_expiry_stays(self):
        cache = self.open()
        for start in (1, 1.5):
            cache.set("n", start, None)
            cache.incr("n")
            self.assertEqual(self.ttl(cache, "n"), s3cache.NEVER)
            cache.set("n", start, 50)
            cache.incr("n")
            self.assertTrue(40 < self.ttl(cache, "n") <= 51)

    def test_a_race_of_floats_loses_nothing(self):
        cache = self.open()
        cache.set("f", 0.5)
        self.race(4, lambda _: [cache.incr("f") for _ in range(10)])
        self.assertEqual(cache.get("f"), 40.5)


class GetOrSet(CacheCase):
    def test_a_stored_none_is_a_hit(self):
        cache = self.open()
        cache.set("k", None)
        self.assertIsNone(cache.get_or_set("k", self.fail))

    def test_an_error_of_the_callable_comes_out(self):
        cache = self.open()
        with self.assertRaises(ZeroDivisionError):
            cache.get_or_set("k", lambda: 1 / 0)
        self.assertEqual(cache.get_or_set("k", lambda: 1), 1)

    def test_the_callable_may_use_the_cache(self):
        cache = self.open()

        def compute():
            cache.set("other", 1)
            return cache.get_or_set("inner", lambda: 2) + cache.get("other")

        self.assertEqual(cache.get_or_set("k", compute), 3)

    def test_the_first_to_store_wins(self):
        cache = self.open()

        def compute():
            cache.set("k", "theirs")
            return "mine"

        self.assertEqual(cache.get_or_set("k", compute), "theirs")

    def test_one_computes_and_the_others_go_on_with_the_old(self):
        cache = self.open(options={"STALE_FOR": "1m"})
        cache.set("k", "old", 0.1)
        time.sleep(0.2)
        begun, computed = threading.Barrier(4), []

        def compute():
            computed.append(1)
            time.sleep(0.5)
            return "new"

        def ask(_):
            begun.wait()
            return cache.get_or_set("k", compute)

        answers = self.race(4, ask)
        self.assertEqual(sorted(answers), ["new", "old", "old", "old"])
        self.assertEqual(len(computed), 1)
        self.assertEqual(cache.get("k"), "new")


class Keys(CacheCase):
    def test_the_object_is_the_one_of_the_seed_and_of_rust(self):
        cache = self.open()
        cache.set("k", 1)
        self.assertEqual(self.names(), [hashlib.sha1(b":1:k").hexdigest()])
        self.assertEqual(s3cache.Cache(self.url()).get(b"k"), b"1")

    def test_prefix_and_version_are_djangos(self):
        for cache in (
            self.open(KEY_PREFIX="p", VERSION=7),
            self.open(options={"KEY_PREFIX": "p", "VERSION": 7}),
            AmazonS3Cache(self.url(key_prefix="p", version="7"), {}),
        ):
            self.assertEqual(cache.make_key("k"), "p:7:k")
            cache.set("k", "v")
            self.assertEqual(cache.get("k"), "v")
            self.assertEqual(cache.incr_version("k"), 8)
            self.assertEqual(self.raw(cache, "k", version=8)[:1], b"\x80")
            cache.clear()

    def test_options_go_before_the_url(self):
        url = self.url(max_entries="5", cull_frequency="2", timeout="7")
        cache = AmazonS3Cache(url, {"OPTIONS": {"MAX_ENTRIES": 6, "LOCATION": "other"}})
        self.assertEqual((cache._max_entries, cache._cull_frequency), (6, 2))
        self.assertEqual(cache.default_timeout, 7)
        cache.set("k", 1)
        self.assertEqual(self.names(), [])
        cache.clear()

    def test_any_text(self):
        cache = self.open()
        for key in ("", "\u00e9\u4e16", "\ud800", 5, None, True):
            cache.set(key, "v")
            self.assertEqual(cache.get(key), "v")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cache.set("a\0b\n", "v")
            self.assertEqual(cache.get("a\0b\n"), "v")
            self.assertIsNone(cache.get("a"))

    def test_generators(self):
        cache = self.open()
        self.assertEqual(cache.set_many({"a": 1, "b": 2, 3: 4}), [])
        self.assertEqual(cache.get_many(k for k in ["a", "a", "x", 3]), {"a": 1, 3: 4})
        self.assertIsNone(cache.delete_many(k for k in ["a", "x"]))
        self.assertEqual(cache.get_many({"a", "b"}), {"b": 2})
        self.assertEqual(cache.get_many([]), {})


class Async(CacheCase):
    def test_every_method(self):
        cache = self.open()

        async def use():
            await cache.aset("n", 1)
            self.assertEqual(await cache.aincr("n"), 2)
            self.assertEqual(await cache.adecr("n", delta=2), 0)
            self.assertEqual(await cache.aget("n"), 0)
            self.assertIs(await cache.aadd("n", 1), False)
            self.assertEqual(await cache.aget_or_set("m", lambda: 5), 5)
            self.assertEqual(await cache.aset_many({"a": 1, "b": 2}), [])
            self.assertEqual(await cache.aget_many(["a", "b"]), {"a": 1, "b": 2})
            self.assertIs(await cache.ahas_key("a"), True)
            self.assertIs(await cache.atouch("a", 10), True)
            self.assertEqual(await cache.aincr_version("a"), 2)
            self.assertIsNone(await cache.adelete_many(["b"]))
            self.assertIs(await cache.adelete("b"), False)
            await asyncio.gather(*(cache.aincr("n") for _ in range(10)))
            self.assertEqual(await cache.aget("n"), 10)
            await cache.aclear()
            await cache.aclose()

        asyncio.run(use())
        self.assertEqual(self.names(), [])


class Itself(CacheCase):
    def test_close_leaves_it_usable(self):
        cache = self.open()
        cache.set("k", 1)
        cache.close()
        self.assertEqual(cache.get("k"), 1)

    def test_stats(self):
        cache = self.open()
        cache.set("k", 1)
        cache.get("k")
        cache.get("nobody")
        stats = cache.stats()
        self.assertEqual((stats["hits"], stats["misses"], stats["puts"]), (1, 1, 1))
        self.assertIsNone(stats["last_error"])

    def test_check(self):
        well, report = self.open().check()
        self.assertIs(well, True, report)
        well, report = self.open(options={"SECRET_KEY": "wrong"}).check()
        self.assertIs(well, False, report)

    def test_an_error_says_what_to_do(self):
        cache = self.open(options={"BUCKET_NAME": "not-there"})
        with self.assertRaises(s3cache.Refused) as caught:
            cache.set("k", 1)
        error = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual(
            (error.kind, error.code, error.status, error.s3_code),
            ("no_such_bucket", -43, 404, "NoSuchBucket"),
        )
        self.assertTrue(error.remedy)
        self.assertIn("not-there", str(error))

    def test_bounds_of_the_live_object(self):
        cache, other = self.open(), self.open()
        for n in range(10):
            cache.set(n, n)
        cache._max_entries, cache._cull_frequency = 5, 0
        cache.set("k", 1)
        self.assertEqual(len(self.names()), 1)
        for n in range(10):
            other.set(n, n)
        self.assertEqual(len(self.names()), 11)


if __name__ == "__main__":
    unittest.main()
