"""A Docker Engine for tests: the machine's own where one answers, else a private one that the last user stops.

The private Engine listens on a socket of its own and touches no other Engine. Its images are kept between runs in the
cache folder, `SAGUI_CACHE_DIR`, by default /var/cache/sagui.

`python -m tools.docker_engine` holds one until Ctrl-C and prints the DOCKER_HOST that reaches it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import docker
from docker.errors import DockerException, ImageNotFound

BASE_IMAGE = "sagui-debian:12"
_SUITE = "bookworm"
_SOCKET_DIR = Path("/run/sagui-engine")  # a socket's path may have 108 characters at most
_START_S = 60.0
_STOP_S = 60.0


class EngineUnavailable(RuntimeError):
    """No Docker Engine can be had; the message says what to do."""


@dataclass(frozen=True)
class Engine:
    """A running Docker Engine.

    Attributes:
        host: its address, as DOCKER_HOST wants it.
        private: whether it was started for the tests.
    """

    host: str
    private: bool

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to reach it."""
        return {"DOCKER_HOST": self.host}

    def client(self) -> docker.DockerClient:
        """A connection to it; the caller closes it."""
        return docker.DockerClient(base_url=self.host)

    def base_image(self, tag: str = BASE_IMAGE) -> str:
        """Make a minimal Debian 12 image known under `tag` unless it is there; returns the tag.

        The first time on a machine debootstrap fetches it (about 40 s); later the kept archive is imported (3 s).
        """
        client = self.client()
        try:
            client.images.get(tag)
        except ImageNotFound:
            name, _, version = tag.rpartition(":")
            with _exclusive(cache_dir() / "base.lock"):
                client.api.import_image_from_file(str(_base_archive()), repository=name, tag=version)
        finally:
            client.close()
        return tag


@contextmanager
def docker_engine() -> Iterator[Engine]:
    """Give a Docker Engine; a private one stops when nobody uses it any more, even after a killed test run.

    Raises:
        EngineUnavailable: none answers and none can be started.
    """
    present = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if answers(present):
        yield Engine(present, private=False)
        return
    program = _program("dockerd", "docker.io")
    if os.geteuid() != 0:
        raise EngineUnavailable(
            f"No Docker Engine answers at {present}, and only root may start one. Start Docker and let this account "
            "use it (group docker), or run the tests as root."
        )
    _SOCKET_DIR.mkdir(parents=True, exist_ok=True)
    host = f"unix://{_SOCKET_DIR}/docker.sock"
    with (_SOCKET_DIR / "users.lock").open("w") as users:
        with _exclusive(_SOCKET_DIR / "start.lock"):
            if not answers(host):
                _start(program, host)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield Engine(host, private=True)
        finally:
            with _exclusive(_SOCKET_DIR / "start.lock"):
                if _is_last(users):
                    _stop()


def cache_dir() -> Path:
    """Folder of what is worth keeping between runs."""
    folder = Path(os.environ.get("SAGUI_CACHE_DIR", "/var/cache/sagui"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def answers(host: str) -> bool:
    """Whether an Engine can be reached at an address."""
    try:
        client = docker.DockerClient(base_url=host, timeout=5)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except DockerException:
        return False


def _program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise EngineUnavailable(
            f"{name} is not installed. Run `tools/bootstrap.sh --tests`, or: apt-get install {package}"
        )
    return found


def _start(program: str, host: str) -> None:
    """Start dockerd with the best storage and network it finds; failing that, with the plainest."""
    _stop()
    # An Engine that was killed took its containerd with it, and a new one would wait for that in vain.
    (_SOCKET_DIR / "exec/containerd/containerd.pid").unlink(missing_ok=True)
    plain = ("--storage-driver=vfs", "--iptables=false", "--ip6tables=false", "--bridge=none")
    log = _SOCKET_DIR / "dockerd.log"
    for options in ((), plain):
        command = [
            program,
            f"--host={host}",
            f"--data-root={cache_dir() / 'engine'}",
            f"--exec-root={_SOCKET_DIR / 'exec'}",
            f"--pidfile={_SOCKET_DIR / 'dockerd.pid'}",
            "--default-address-pool=base=10.213.0.0/16,size=24",
            *options,
        ]
        with log.open("w") as out:
            daemon = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
        deadline = time.monotonic() + _START_S
        while daemon.poll() is None and time.monotonic() < deadline:
            if answers(host):
                return
            time.sleep(0.1)
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
    last = "\n".join(log.read_text().splitlines()[-5:])
    raise EngineUnavailable(f"dockerd does not start; the end of its log {log}:\n{last}")


def _stop() -> None:
    """End the private dockerd, where one runs, with all its containers."""
    pidfile = _SOCKET_DIR / "dockerd.pid"
    try:
        pid = int(pidfile.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ValueError):
        return
    if str(_SOCKET_DIR).encode() not in command:
        return  # another program has got the number of a daemon that died
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_S
    while Path(f"/proc/{pid}").exists() and _state(pid) != "Z":
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            return
        time.sleep(0.05)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: TextIO) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _base_archive() -> Path:
    """A minimal Debian 12 as a tar archive, made once a machine."""
    archive = cache_dir() / "debian-12.tar"
    if archive.exists():
        return archive
    program = _program("debootstrap", "debootstrap")
    if os.geteuid() != 0:
        raise EngineUnavailable(
            f"{archive} is not there, and only root may make it. Run the tests once as root."
        )
    root, partial = cache_dir() / "debian-12.root", cache_dir() / "debian-12.tar.part"
    shutil.rmtree(root, ignore_errors=True)
    log = cache_dir() / "debootstrap.log"
    command = [program, "--variant=minbase", "--include=ca-certificates", _SUITE, str(root), _mirror()]
    with log.open("w") as out:
        if subprocess.run(command, stdout=out, stderr=out, check=False).returncode != 0:
            last = "\n".join(log.read_text().splitlines()[-3:])
            raise EngineUnavailable(f"debootstrap failed; the end of its log {log}:\n{last}")
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    subprocess.run(["tar", "--numeric-owner", "-C", str(root), "-cf", str(partial), "."], check=True)
    partial.replace(archive)
    shutil.rmtree(root)
    return archive


def _mirror() -> str:
    """The mirror from which this machine gets its own packages."""
    command = ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    mirrors = [line.split()[1] for line in answer.splitlines() if line.startswith(f"{_SUITE} ")]
    if not mirrors:
        raise EngineUnavailable(f"apt knows no mirror of Debian {_SUITE}; run `apt-get update` first.")
    return mirrors[0]


def main() -> int:
    """Hold an Engine until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with docker_engine() as engine:
            sys.stdout.write(f"DOCKER_HOST={engine.host}\n")
            sys.stdout.flush()
            signal.pause()
    except EngineUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
