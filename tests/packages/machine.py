"""A clean Debian that boots: systemd is process 1, in namespaces of its own, on a root made by mmdebstrap."""

import contextlib
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from tools import BUILD, Failed, await_true, expect, run

SUITE = "bookworm"
# Beside what the package depends on.
PACKAGES = ["systemd", "systemd-sysv", "dbus", "apt", "mariadb-server", "redis-server", "redis-tools", "curl"]
BOOT_SECONDS = 60


def dependencies(package):
    """The first alternative of each."""
    field = run("dpkg-deb", "--field", package, "Depends")
    return [re.split(r"[ :|]", one.strip())[0] for one in field.split(",")]


def base(package):
    """The root of a Debian on which nothing has to be fetched to install the package; kept between runs."""
    names = sorted({*PACKAGES, *dependencies(package)})
    root = BUILD / ("root-" + hashlib.sha256(" ".join(names).encode()).hexdigest()[:12])
    if root.exists():
        return root
    for old in BUILD.glob("root-*"):
        shutil.rmtree(old)
    print("making a clean Debian (build/packages); minutes the first time", flush=True)
    options = BUILD / "apt.conf"
    options.write_text("".join(line for line in run("apt-config", "dump").splitlines(keepends=True)
                               if line.startswith("Acquire::")))
    making = BUILD / "making"
    shutil.rmtree(making, ignore_errors=True)
    run("mmdebstrap", "--mode=root", "--variant=essential", f"--aptopt={options}", "--skip=output/dev",
        f"--include={','.join(names)}", SUITE, making)
    making.rename(root)
    return root


class Machine:
    def __init__(self, root, files):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="readcount-machine."))
        self.group = cgroup_folder() / self.scratch.name
        self.group.mkdir()
        boot = pathlib.Path(__file__).with_name("boot")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork",
             "--kill-child", boot, root, self.scratch, *files],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=self.enter_group)

    def enter_group(self):
        (self.group / "cgroup.procs").write_text(str(os.getpid()))

    def inside(self):
        """The command that runs others in the machine."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        expect(children, "the machine has ended")
        return ["nsenter", f"--target={children[0]}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root",
                "--wdns=/", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]

    def has_booted(self):
        expect(self.process.poll() is None, "the machine ended while it booted")
        with contextlib.suppress(Failed):
            return self.run("systemctl", "show", "--property=SystemState", "--value").strip() in ("running", "degraded")

    def run(self, *command, **options):
        return run(*self.inside(), *command, **options)

    def shell(self, text, **options):
        return self.run("bash", "-euo", "pipefail", "-c", text, **options)

    def fails(self, *command):
        """What a command printed that is to fail."""
        ended = subprocess.run([*self.inside(), *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
        expect(ended.returncode != 0, f"{' '.join(command)} succeeded:\n{ended.stdout}")
        return ended.stdout

    def show(self, unit, *properties):
        """Properties of a unit, by name."""
        text = self.run("systemctl", "show", f"--property={','.join(properties)}", unit)
        return dict(line.split("=", 1) for line in text.splitlines())

    def __enter__(self):
        try:
            await_true(self.has_booted, BOOT_SECONDS, "the machine did not boot")
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.kill()  # with it, the kernel, all processes of the machine
        self.process.wait()
        await_true(lambda: "populated 0" in (self.group / "cgroup.events").read_text(), 30, "processes of the machine remain")
        for folder in sorted(self.group.rglob("*/"), reverse=True):
            folder.rmdir()
        self.group.rmdir()
        self.scratch.rmdir()


def cgroup_folder():
    """Where this system has its version 2 hierarchy."""
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(place)
    raise Failed("no cgroup2 is mounted")
