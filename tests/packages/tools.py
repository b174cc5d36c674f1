"""What the parts share."""

import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/packages"  # caches: the clean Debian, what npm and pip bring


class Failed(Exception):
    pass


def expect(condition, otherwise):
    if not condition:
        raise Failed(otherwise)


def run(*command, **options):
    """What a command printed; a failure with its output if it fails."""
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    ended = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           **options)
    expect(ended.returncode == 0, f"{' '.join(map(str, command))} ended with {ended.returncode}:\n{ended.stdout}")
    return ended.stdout


def await_true(question, seconds, otherwise):
    until = time.monotonic() + seconds
    while not question():
        expect(time.monotonic() < until, otherwise() if callable(otherwise) else otherwise)
        time.sleep(0.1)


def python_environment(*requirements):
    """A Python that has these, by pip, kept between runs."""
    place = BUILD / ("python-" + "-".join(requirement.replace("==", "-") for requirement in requirements))
    if not (place / "complete").exists():
        run(sys.executable, "-m", "venv", "--clear", place)
        run(place / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *requirements)
        (place / "complete").touch()
    return place / "bin"
