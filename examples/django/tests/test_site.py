"""A site, served by threads, with the cache middleware and its sessions on S3."""

import collections
import http.client
import sys
import threading
import unittest

from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.test import override_settings
from django.test.testcases import QuietWSGIRequestHandler
from django.urls import path
from django.views.decorators.cache import never_cache

from base import CacheCase
from server import Server

THREADS, REQUESTS, PAGES = 8, 200, 5

made = collections.Counter()


def page(request, n):
    made[n] += 1
    return HttpResponse(f"page {n}")


@never_cache
def visit(request):
    request.session["visits"] = request.session.get("visits", 0) + 1
    return HttpResponse(str(request.session["visits"]))


urlpatterns = [path("page/<int:n>", page), path("visit", visit)]

SITE = {
    "ROOT_URLCONF": __name__,
    "MIDDLEWARE": [
        "django.middleware.cache.UpdateCacheMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.cache.FetchFromCacheMiddleware",
    ],
    "ALLOWED_HOSTS": ["127.0.0.1"],
}


class Visitor:
    """One browser: it asks for a page and for its own count in turn."""

    def __init__(self, address, n):
        self.connection = http.client.HTTPConnection(*address, timeout=60)
        self.n, self.cookie, self.visits = n, None, 0

    def ask(self, times):
        for m in range(self.n, self.n + times):
            if m % 2:
                self.visits += 1
                wanted, url = str(self.visits), "/visit"
            else:
                wanted = f"page {m % PAGES}"
                url = "/" + wanted.replace(" ", "/")
            headers = {"Cookie": self.cookie} if self.cookie else {}
            self.connection.request("GET", url, headers=headers)
            reply = self.connection.getresponse()
            body = reply.read().decode()
            assert (reply.status, body) == (200, wanted), (url, reply.status, body)
            if cookie := reply.getheader("Set-Cookie"):
                self.cookie = cookie.partition(";")[0]


class Site(CacheCase):
    databases = "__all__"

    def serve(self):
        """The address of the site, as it is configured now."""
        made.clear()
        server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
        server.set_app(get_wsgi_application())
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address

    def visitors(self):
        address = self.serve()
        visitors = [Visitor(address, n) for n in range(THREADS)]
        for visitor in visitors:
            # Before the server is shut down, which waits for them.
            self.addCleanup(visitor.connection.close)
        return visitors

    def test_200_requests_of_8_threads(self):
        caches = {
            "default": {"BACKEND": "s3cache.AmazonS3Cache", "LOCATION": self.url()}
        }
        engine = "django.contrib.sessions.backends.cache"
        with override_settings(**SITE, CACHES=caches, SESSION_ENGINE=engine):
            visitors = self.visitors()
            before = self.server.requests()
            self.race(THREADS, lambda n: visitors[n].ask(REQUESTS // THREADS))
            after = self.server.requests()
        requests = {kind: after[kind] - before[kind] for kind in after}
        self.assertEqual(sum(visitor.visits for visitor in visitors), REQUESTS // 2)
        # Each page may be made by all who come before it is stored, by nobody after.
        self.assertLessEqual(max(made.values()), THREADS)
        # A cached page is 2 GET; a visit 3 GET and 1 PUT: the middleware looks
        # for a page, and the session for itself, before and after.
        self.assertLessEqual(requests["Get"], (2 + 3) * REQUESTS // 2)
        writes = REQUESTS // 2 + THREADS + 2 * sum(made.values())
        self.assertLessEqual(requests["Put"], writes)
        # A handle's first write lists, and there are as many as there were threads.
        self.assertLessEqual(requests["List"], THREADS)
        self.assertEqual(requests["Other"], 0)
        # Past what the test runner holds back.
        shown = ", ".join(f"{count} {kind}" for kind, count in requests.items())
        print(f"\n{REQUESTS} requests to the site, to S3: {shown}", file=sys.__stderr__)

    def test_s3_goes_away_and_the_site_goes_on(self):
        server = Server()
        call_command("migrate", verbosity=0)
        caches = {
            "default": {
                "BACKEND": "s3cache.AmazonS3Cache",
                "OPTIONS": server.options(ON_ERROR="miss"),
            }
        }
        engine = "django.contrib.sessions.backends.cached_db"
        with override_settings(**SITE, CACHES=caches, SESSION_ENGINE=engine):
            visitors = self.visitors()
            half = REQUESTS // THREADS // 2
            # It stops while they ask.
            stop = threading.Timer(0.3, server.stop)
            stop.start()
            self.race(THREADS, lambda n: visitors[n].ask(half * 2))
            stop.join()
            self.race(THREADS, lambda n: visitors[n].ask(half * 2))


if __name__ == "__main__":
    unittest.main()
