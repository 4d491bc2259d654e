"""Threads that share, processes that fork, programs that end."""

import gc
import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import time
import unittest

import s3cache
from s3cache import AmazonS3Cache, backend

from base import CacheCase
from server import Server


def count(url, times):
    cache = AmazonS3Cache(url, {})
    for _ in range(times):
        cache.incr("n")


class Threads(CacheCase):
    def test_one_object_may_be_shared(self):
        cache = self.open()
        cache.set("n", 0)

        def work(n):
            for m in range(20):
                cache.set(f"{n}.{m}", m)
                self.assertEqual(cache.get(f"{n}.{m}"), m)
                cache.incr("n")

        self.race(8, work)
        self.assertEqual(cache.get("n"), 160)

    def test_objects_of_the_same_settings_share_connections(self):
        def work(_):
            cache = self.open()
            cache.set("k", 1)
            return cache

        caches = [work(n) for n in range(50)]
        stats = caches[0].stats()
        self.assertEqual(
            (stats["puts"], stats["connections"], stats["lists"]), (50, 1, 1)
        )

    def test_a_thousand_threads_leave_nothing_behind(self):
        for _ in range(100):
            threads = [
                threading.Thread(target=lambda: self.open().set("k", 1))
                for _ in range(10)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        home = self.open()._cache._pool.home()
        self.assertLessEqual(len(home.handles), 10)
        self.assertEqual(len(home.handles), len(home.idle))

    def test_stats_while_others_work(self):
        cache = self.open(options={"MAX_ENTRIES": 0})
        done = threading.Event()
        reader = threading.Thread(
            target=lambda: [cache.stats() for _ in iter(done.is_set, True)]
        )
        reader.start()
        self.race(4, lambda n: [cache.set(n, m) for m in range(50)])
        done.set()
        reader.join()
        self.assertEqual(cache.stats()["puts"], 200)

    def test_settings_that_are_given_up_close_their_connections(self):
        cache = self.open()
        cache.set("k", 1)
        before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc") else None
        backend._forget(setting="CACHES")
        del cache
        gc.collect()
        if before is not None:
            self.assertLess(len(os.listdir("/proc/self/fd")), before)


class Processes(CacheCase):
    def test_two_processes_that_count_lose_nothing(self):
        cache = self.open()
        cache.set("n", 0)
        context = multiprocessing.get_context("spawn")
        processes = [
            context.Process(target=count, args=(self.url(), 100)) for _ in range(2)
        ]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            self.assertEqual(process.exitcode, 0)
        self.assertEqual(cache.get("n"), 200)

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_a_forked_child_goes_on(self):
        cache = self.open()
        cache.set("n", 0)
        context = multiprocessing.get_context("fork")

        def child():
            self.race(4, lambda _: [cache.incr("n") for _ in range(5)])
            os._exit(0 if cache.get("parent") == "here" else 1)

        cache.set("parent", "here")
        processes = [context.Process(target=child) for _ in range(3)]
        for process in processes:
            process.start()
        for _ in range(5):
            cache.incr("n")
        for process in processes:
            process.join()
            self.assertEqual(process.exitcode, 0)
        self.assertEqual(cache.get("n"), 65)

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_the_first_calls_of_a_child_are_of_many_threads(self):
        cache = self.open()
        context = multiprocessing.get_context("fork")

        def child(number):
            together = threading.Barrier(8)

            def work(n):
                together.wait()
                key = f"{number}-{n}"
                return cache.get_or_set(key, lambda: key) == key

            os._exit(0 if all(self.race(8, work)) else 1)

        for number in range(10):
            process = context.Process(target=child, args=(number,))
            process.start()
            process.join()
            self.assertEqual(process.exitcode, 0)

    def test_what_is_computed_must_be_bytes(self):
        cache = s3cache.Cache(self.url(stale_for="60", lease="20"))
        cache.set(b"k", b"old", 0.001)
        time.sleep(0.01)
        for wrong in ("text", None):
            with self.assertRaises(TypeError):
                cache.get_or_set(b"k", lambda: wrong)
        # The task was given back each time.
        self.assertEqual(cache.get_or_set(b"k", lambda: b"new"), b"new")

    @unittest.skipUnless(hasattr(os, "fork"), "there is no fork here")
    def test_a_fork_while_threads_are_at_work(self):
        cache = self.open()
        cache.set("n", 0)
        done = threading.Event()
        threads = [
            threading.Thread(
                target=lambda: [cache.get("n") for _ in iter(done.is_set, True)]
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        codes = []
        for _ in range(20):
            pid = os.fork()
            if pid == 0:
                os._exit(0 if cache.incr("n") > 0 else 1)
            codes.append(os.waitpid(pid, 0)[1])
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual((codes, cache.get("n")), ([0] * 20, 20))

    def run_program(self, text, **environment):
        environment = {**os.environ, **self.server.environment, **environment}
        environment["S3CACHE_URL"] = self.url()
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(text)],
            env=environment,
            capture_output=True,
            text=True,
        )

    def test_a_program_ends_without_a_word(self):
        ended = self.run_program("""
            import os, threading, s3cache
            cache = s3cache.Cache(os.environ["S3CACHE_URL"])
            cache.set(b"k", b"v")
            def forever():
                while True:
                    cache.get(b"k")
            for _ in range(4):
                threading.Thread(target=forever, daemon=True).start()
            assert "django" not in __import__("sys").modules
            """)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_a_library_that_is_not_one_is_told(self):
        text = "import s3cache; s3cache.Cache('s3://bucket')"
        for path in ("/nowhere/libs3cache.so", os.__file__, sys.executable):
            ended = self.run_program(text, S3CACHE_LIBRARY=path)
            self.assertIn("LibraryError", ended.stderr.splitlines()[-1])
            self.assertIn(path, ended.stderr.splitlines()[-1])

    def test_another_version_is_told(self):
        check = s3cache.library._Library._check_version
        for fitting in (100, 101, 199):
            check("library.so", fitting)
        for other in (99, 200, 10000, 0):
            with self.assertRaisesMessage(s3cache.LibraryError, "install"):
                check("library.so", other)


class Away(CacheCase):
    def test_a_site_goes_on_without_s3(self):
        server = Server()
        quick = {"ON_ERROR": "miss", "RETRIES": 0}
        cache = AmazonS3Cache("", {"OPTIONS": server.options(**quick)})
        strict = AmazonS3Cache("", {"OPTIONS": server.options(RETRIES=0)})
        cache.set("k", 1)
        server.stop()
        self.assertEqual(cache.get("k", "default"), "default")
        self.assertIsNone(cache.set("k", 2))
        self.assertEqual(cache.get_many(["k"]), {})
        self.assertEqual(cache.get_or_set("k", lambda: 3), 3)
        self.assertIs(cache.has_key("k"), False)
        self.assertIs(cache.add("k", 1), False)
        self.assertIs(cache.touch("k"), False)
        self.assertIs(cache.delete("k"), False)
        self.assertRaises(ValueError, cache.incr, "k")
        stats = cache.stats()
        self.assertGreaterEqual(stats["hidden_errors"], 8)
        self.assertTrue(stats["last_error"])
        with self.assertRaises(s3cache.Unavailable) as caught:
            strict.get("k")
        self.assertIn(caught.exception.kind, ("unreachable", "unavailable"))
        self.assertRaises(s3cache.Unavailable, cache.clear)


if __name__ == "__main__":
    unittest.main()
