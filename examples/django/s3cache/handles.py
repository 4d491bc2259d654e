"""Handles on a cache: as many as there are calls at once, in this process."""

import collections
import ctypes
import os
import threading
from ctypes import byref, c_void_p

from .library import HIT, Stats, load


def _text(text):
    encoded = text.encode()
    if b"\0" in encoded:
        raise ValueError("an option holds a NUL character")
    return encoded


class Options:
    """What to open a cache with: a URL or None, and pairs of name and text."""

    def __init__(self, url, pairs):
        self.library = load()
        self.pointer = c_void_p()
        if url is None:
            self.library.call("options_new", byref(self.pointer))
        else:
            self.library.call("options_from_url", _text(url), byref(self.pointer))
        for name, value in pairs:
            self.library.call("options_set", self.pointer, _text(name), _text(value))

    def __del__(self):
        if getattr(self, "pointer", None):
            self.library.options_free(self.pointer)

    def get(self, name):
        """As text; None where it is at its default."""
        value = c_void_p()
        if (
            self.library.call("options_get", self.pointer, _text(name), byref(value))
            != HIT
        ):
            return None
        return self.library.text(value)

    def ignored(self):
        """The names given that have no meaning here."""
        names = []
        while name := self.library.options_ignored(self.pointer, len(names)):
            names.append(name.decode())
        return names


class Handle:
    """One `s3cache *`, for one thread at a time."""

    def __init__(self, library):
        self.library = library
        self.pointer = c_void_p()
        self.pid = os.getpid()
        self.bounds = None
        self.seen = Stats()

    def __del__(self, getpid=os.getpid):
        # In a forked child a lock may be held that nobody will ever release.
        if self.pointer and self.pid == getpid():
            self.library.close(self.pointer)

    def read_stats(self):
        self.seen.size = ctypes.sizeof(Stats)
        self.library.call("get_stats", self.pointer, byref(self.seen))

    def last_error(self):
        error = c_void_p()
        if self.library.call("last_error", self.pointer, byref(error)) == HIT:
            return str(self.library.error(0, error))
        return None


class Home:
    """The handles of one process, on the same connections. There are as many
    as there ever were calls at once, whatever threads come and go."""

    def __init__(self, url, pairs):
        self.pid = os.getpid()
        self.library = load()
        self.lock = threading.Lock()
        # To be cloned, by one thread at a time, and for nothing else.
        self.first = Handle(self.library)
        options = Options(url, pairs)
        self.library.call("open", options.pointer, byref(self.first.pointer))
        self.handles = []
        self.idle = collections.deque()

    def take(self):
        try:
            # The last one used: its connection is the least likely to be stale.
            return self.idle.pop()
        except IndexError:
            handle = Handle(self.library)
            with self.lock:
                self.library.call("clone", self.first.pointer, byref(handle.pointer))
                self.handles.append(handle)
            return handle

    def stats(self):
        last_error = None
        for _ in range(len(self.idle)):
            try:
                handle = self.idle.popleft()
            except IndexError:
                break
            handle.read_stats()
            last_error = handle.last_error() or last_error
            self.idle.append(handle)
        # Of those at work, what was read of them last.
        stats = {
            name: sum(getattr(handle.seen, name) for handle in list(self.handles))
            for name, _ in Stats._fields_[1:]
        }
        stats["last_error"] = last_error
        return stats


class Pool:
    """The home of whatever process this is."""

    def __init__(self, url, pairs):
        self.place = (url, pairs)
        home = Home(url, pairs)
        self.homes = {home.pid: home}

    def home(self):
        pid = os.getpid()
        # In a forked child the first home counts, whichever thread made it: what
        # get_or_set begins it must finish there. Not by a lock, which might be
        # held for ever by a thread that the child does not have.
        return self.homes.get(pid) or self.homes.setdefault(pid, Home(*self.place))
