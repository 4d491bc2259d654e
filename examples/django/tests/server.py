"""The embedded S3 server, and a way past the library to what it holds."""

import datetime
import hashlib
import hmac
import http.client
import os
import subprocess
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree


class Server:
    """`cargo run --example serve`, built before, at the path S3CACHE_SERVE."""

    def __init__(self):
        self.process = subprocess.Popen(
            [os.environ["S3CACHE_SERVE"]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        # export NAME='value'
        lines = (self.process.stdout.readline().split(maxsplit=1)[1] for _ in range(4))
        told = {
            n: v.strip("'\n") for n, _, v in (line.partition("=") for line in lines)
        }
        self.endpoint = told["S3CACHE_URL"].partition("endpoint=")[2]
        self.keys = told["AWS_ACCESS_KEY_ID"], told["AWS_SECRET_ACCESS_KEY"]
        self.environment = told
        self.bucket = "cache"

    def stop(self):
        """Its standard input ends, and with it the server."""
        self.process.communicate(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def requests(self):
        """How many it has had, by kind, those of `raw` not among them."""
        self.process.stdin.write("requests\n")
        self.process.stdin.flush()
        pairs = (part.split("=") for part in self.process.stdout.readline().split())
        return {kind: int(count) for kind, count in pairs}

    def options(self, **more):
        """OPTIONS in the seed's way."""
        host, port = self.endpoint[len("http://") :].split(":")
        given = {
            "ACCESS_KEY": self.keys[0],
            "SECRET_KEY": self.keys[1],
            "BUCKET_NAME": self.bucket,
            "LOCATION": location(),
            "HOST": host,
            "PORT": int(port),
            "USE_SSL": False,
        }
        given.update(more)
        return given

    def raw(self, method, name="", query="", body=b"", headers=()):
        """One signed request, made by hand: the status, and the body."""
        path = "/" + self.bucket + ("/" + urllib.parse.quote(name) if name else "")
        host = self.endpoint[len("http://") :]
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        sent = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": now}
        sent.update(headers)
        names = sorted(sent)
        signed = ";".join(names)
        canonical = [method, path, query, *(f"{n}:{sent[n]}" for n in names)]
        canonical = "\n".join([*canonical, "", signed, digest])
        scope = f"{now[:8]}/us-east-1/s3/aws4_request"
        text = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{text}"
        key = ("AWS4" + self.keys[1]).encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        sent["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.keys[0]}/{scope}, "
            f"SignedHeaders={signed}, "
            f"Signature={hmac.digest(key, text.encode(), 'sha256').hex()}"
        )
        connection = http.client.HTTPConnection(host, timeout=30)
        try:
            url = path + ("?" + query if query else "")
            connection.request(method, url, body=body, headers=sent)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def put(self, name, body):
        status, reply = self.raw("PUT", name, body=body)
        assert status == 200, reply

    def get(self, name):
        """Its body, or None."""
        status, reply = self.raw("GET", name)
        assert status in (200, 404), reply
        return reply if status == 200 else None

    def list(self, prefix=""):
        """All names below, sorted."""
        prefix = urllib.parse.quote(prefix, safe="")
        status, reply = self.raw("GET", query=f"list-type=2&prefix={prefix}")
        assert status == 200, reply
        tree = ElementTree.fromstring(reply)
        return sorted(key.text for key in tree.iter() if key.tag.endswith("}Key"))


def location():
    """A folder that nobody else has."""
    return f"t-{uuid.uuid4().hex[:12]}"
