"""Background processes of a benchmark: each is ended when the benchmark ends, however it ends."""

import contextlib
import os
import signal
import socket
import subprocess
import time


class StartError(Exception):
    """A process did not come up; the text says which and where its log is."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """A child process in a process group of its own, with its output in a log file."""

    def __init__(self, name, command, log_dir, environment=None):
        self.name = name
        self.log = log_dir / f"{name}.log"
        with open(self.log, "ab") as log:
            self._child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                           start_new_session=True, env={**os.environ, **(environment or {})})

    @property
    def pid(self):
        return self._child.pid

    def wait_until(self, ready, seconds=60):
        """Waits until ready() is true; errors that it raises mean not yet."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._child.poll() is not None:
                break
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                if ready():
                    return
            time.sleep(0.05)
        tail = self.log.read_text(errors="replace").splitlines()[-10:]
        raise StartError("\n".join([f"{self.name} did not come up; its log is {self.log}", *tail]))

    def stop(self, seconds=60):
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()

    def memory(self, field="VmRSS"):
        """Resident bytes now, or at their peak with VmHWM."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
        raise KeyError(field)
