"""Builds the shared library, and puts it into the wheel beside the Python.

It comes from the repository that this folder lies in, by cargo; or, ready
made, from where the variable S3CACHE_LIBRARY says.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

REPOSITORY = Path(__file__).resolve().parents[2]
CARGO = "rustc --release --locked --features ffi --crate-type cdylib".split()
NAMES = {"darwin": "libs3cache.dylib", "win32": "s3cache.dll"}


def is_clone():
    return (REPOSITORY / "src" / "ffi" / "s3cache.h").is_file()


def library():
    ready = os.environ.get("S3CACHE_LIBRARY")
    if ready:
        if not Path(ready).is_file():
            raise SetupError(f"S3CACHE_LIBRARY is {ready}, and there is no such file")
        return ready
    if not is_clone():
        raise SetupError(
            f"there is no clone of s3cache at {REPOSITORY}: install this package from "
            "its place in a clone, with pip 21.3 or later, or set S3CACHE_LIBRARY to "
            "the path of a shared library that is ready"
        )
    cargo = shutil.which("cargo")
    if cargo is None:
        raise SetupError(
            "cargo was not found, which builds s3cache's library: install Rust (see "
            "https://rustup.rs), or set S3CACHE_LIBRARY to the path of one that is ready"
        )
    # Where it lies is told by cargo, as its settings may move the folder.
    command = [cargo, *CARGO, "--message-format", "json-render-diagnostics"]
    built = subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        raise SetupError("cargo could not build s3cache's library: see above")
    for line in built.stdout.splitlines():
        message = json.loads(line)
        target = message.get("target", {})
        if target.get("name") == "s3cache" and "cdylib" in target["crate_types"]:
            for file in message.get("filenames", []):
                if file.endswith((".so", ".dylib", ".dll")):
                    return file
    raise SetupError("cargo built no shared library")


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        name = NAMES.get(sys.platform, "libs3cache.so")
        shutil.copy(library(), Path(self.build_lib, "s3cache", name))


class PlatformWheel(bdist_wheel):
    """For every Python 3, and for this platform alone."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        return ("py3", "none", super().get_tag()[2])


options = {}
if is_clone():
    # What is built on the way goes where cargo builds, not beside the source.
    build = REPOSITORY / "target" / "django"
    # A module that has been taken out must not come back.
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir(parents=True)
    options = {
        "build": {"build_base": str(build)},
        "egg_info": {"egg_base": str(build)},
    }
setup(
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel},
    options=options,
)
