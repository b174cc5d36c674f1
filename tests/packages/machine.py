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
SCRATCH = "readcount-machine"
NEEDS = "this check needs root with the right to make namespaces, mounts and cgroups; in a container, a privileged one"


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
        groups = cgroup_folder()
        clear_away_the_dead(groups)
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix=f"{SCRATCH}.{os.getpid()}."))
        self.group = groups / self.scratch.name
        try:
            self.group.mkdir()
        except OSError as error:
            self.scratch.rmdir()
            raise Failed(f"{self.group} cannot be made: {error.strerror}: {NEEDS}") from error
        boot = pathlib.Path(__file__).with_name("boot")
        try:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig=KILL", "unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork",
                 "--kill-child", boot, root, self.scratch, *files],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=self.enter_group)
        except subprocess.SubprocessError as error:
            clear_away(self.group, self.scratch)
            raise Failed(f"{self.group} cannot be entered: {NEEDS}") from error

    def enter_group(self):
        (self.group / "cgroup.procs").write_text(str(os.getpid()))

    def inside(self):
        """The command that runs others in the machine."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        expect(children, "the machine has ended")
        return ["nsenter", f"--target={children[0]}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root",
                "--wdns=/", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]

    def has_booted(self):
        expect(self.process.poll() is None, f"the machine ended while it booted: {NEEDS}")
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
        clear_away(self.group, self.scratch)


def clear_away(group, scratch):
    if group.exists():
        await_true(lambda: "populated 0" in (group / "cgroup.events").read_text(), 30, "processes of the machine remain")
        for folder in sorted(group.rglob("*/"), reverse=True):
            folder.rmdir()
        group.rmdir()
    scratch.rmdir()


def clear_away_the_dead(groups):
    """What runs that were killed have left. Their machines ended with them, and so did the mounts."""
    for scratch in pathlib.Path(tempfile.gettempdir()).glob(f"{SCRATCH}.*.*"):
        if not pathlib.Path("/proc", scratch.name.split(".")[1]).exists():
            clear_away(groups / scratch.name, scratch)


def cgroup_folder():
    """Where this system has its version 2 hierarchy."""
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return pathlib.Path(place)
    raise Failed(f"no cgroup2 is mounted: {NEEDS}")
