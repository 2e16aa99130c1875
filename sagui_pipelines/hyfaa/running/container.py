"""Steps as containers of HYFAA's image: one container a step, through the Docker SDK."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import queue
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.types import Mount
from urllib3.exceptions import ProtocolError

from sagui_pipelines.hyfaa.runner import Log
from sagui_pipelines.hyfaa.running import processes
from sagui_pipelines.hyfaa.running.executor import API_KEY, Ended, Hear, Order
from sagui_pipelines.hyfaa.running.options import ContainerOptions
from sagui_pipelines.hyfaa.running.plan import StepPlan
from sagui_pipelines.hyfaa.step_errors import (
    EngineUnavailable,
    ImageUnavailable,
    MemoryExceeded,
    ProgramMissing,
    StepTimedOut,
)

WORK = PurePosixPath("/work")
"""Where HYFAA's image expects the working directory."""

STEP_LABEL, WORKDIR_LABEL = "org.sagui.hyfaa.step", "org.sagui.hyfaa.workdir"
_SECRETS = PurePosixPath("/sagui-secrets")
_POLL_S = 0.2
_API_S = 60
# Secrets come from files that only the container holds: neither its description nor its process list shows them.
_WITH_SECRETS = (
    'for file in /sagui-secrets/*; do [ -f "$file" ] && export "${file##*/}=$(cat "$file")"; done; exec "$@"'
)


@dataclass(frozen=True)
class ContainerExecutor:
    """Runs each step in a container of its own.

    Attributes:
        options: image, user, limits, mounts.
        base_url: address of the Engine; None takes it from the environment.
        clock: tells the time by which steps must end [s].
        name: what records call it.
    """

    options: ContainerOptions
    base_url: str | None = None
    clock: Callable[[], float] = time.monotonic
    name: str = field(default="docker", init=False)

    def check(self, plan: StepPlan) -> None:  # noqa: ARG002  (every step is in the same image)
        """Look for the image, and fetch it if it is not there.

        Raises:
            EngineUnavailable: the Engine does not answer.
            ImageUnavailable: the image cannot be had.
        """
        with self._engine() as engine:
            try:
                engine.images.get(self.options.image)
            except ImageNotFound:
                self._pull(engine)

    def execute(self, order: Order, hear: Hear) -> Ended:
        """See `Executor`. The container is removed once its status and its output are read."""
        with self._engine() as engine:
            self._hand_over(order)
            container = self._create(engine, order)
            try:
                if order.secrets:
                    container.put_archive("/", _archive(order.secrets, self._owner()))
                self._start(container, order)
                self._follow(container, order, hear)
                return self._status(container)
            finally:
                _remove(container, order.stop_s)

    def end_remains(self, plan: StepPlan, workdir: Path, stop_s: float, tell: Log) -> int:
        """Stop and remove every container of a step whose runner was killed."""
        labels = [f"{STEP_LABEL}={plan.step.value}", f"{WORKDIR_LABEL}={self._label(workdir)}"]
        with self._engine() as engine:
            left = engine.containers.list(all=True, filters={"label": labels}, ignore_removed=True)
            for container in left:
                tell(f"the container {container.name} of an abandoned {plan.step.value} is ended")
                _remove(container, stop_s)
        return len(left)

    def strangers(self, workdir: Path) -> list[str]:
        """HYFAA's programs in processes and containers that somebody else started on the working directory."""
        source = self._source(workdir)
        with self._engine() as engine:
            ours, found = set[int](), []
            for container in engine.containers.list(ignore_removed=True):
                processes_inside = _top(container)
                if WORKDIR_LABEL in container.labels:
                    ours |= processes_inside.keys()
                    continue
                mounts = container.attrs.get("Mounts", ())
                has_folder = any(source in (mount.get("Source"), mount.get("Name")) for mount in mounts)
                # The platform's own containers have the folder too.
                if has_folder and any(map(_is_hyfaa, processes_inside.values())):
                    found.append(f"the container {container.name}")
        outside = [process for process in processes.strangers(workdir) if process.pid not in ours]
        return [f"{process.name} (process {process.pid})" for process in outside] + found

    def _create(self, engine: docker.DockerClient, order: Order) -> Any:
        words = [order.plan.script]
        words += [_inside(order, word) if isinstance(word, Path) else word for word in order.arguments]
        options = self.options
        try:
            return engine.containers.create(
                options.image,
                command=["/bin/sh", "-c", _WITH_SECRETS, "step", *words] if order.secrets else words,
                entrypoint=[],
                labels={STEP_LABEL: order.plan.step.value, WORKDIR_LABEL: self._label(order.workdir)},
                user=self._owner(),
                working_dir=_inside(order, order.current),
                environment={
                    "hyfaa_workdir": str(WORK),
                    "hyfaa_temp_dir": _inside(order, order.temporary),
                    "HOME": _inside(order, order.temporary),
                    "MPLCONFIGDIR": _inside(order, order.temporary),
                    "PYTHONUNBUFFERED": "1",
                    processes.MARK: processes.mark(order.plan.step, order.workdir),
                    **{name: value for name, value in os.environ.items() if _is_for_hyfaa(name)},
                },
                mounts=self._mounts(order),
                network_mode=options.network,
                nano_cpus=int(options.cpus * 1e9) or None,
                mem_limit=int(options.memory_gb * 2**30) or None,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                stop_signal="SIGINT",
            )
        except ImageNotFound as error:
            raise self._no_image(error) from error
        except APIError as error:
            raise _refused(error) from error

    def _hand_over(self, order: Order) -> None:
        """Let the step's user write in the two folders that were made for it."""
        user, _, group = self._owner().partition(":")
        if int(user) == os.getuid():
            return
        for folder in (order.current, order.temporary):
            if os.getuid() == 0:
                os.chown(folder, int(user), int(group or user))
            else:
                folder.chmod(0o777)

    def _mounts(self, order: Order) -> list[Mount]:
        mounts = [_mount(self._source(order.workdir), str(WORK), read_only=False)]
        if order.rain_dir is not None:
            mounts.append(_mount(str(order.rain_dir), str(order.rain_dir), read_only=True))
        for text in self.options.mounts:
            source, _, rest = text.partition(":")
            target, _, mode = rest.partition(":")
            mounts.append(_mount(source, target, read_only=mode == "ro"))
        return mounts

    def _start(self, container: Any, order: Order) -> None:
        try:
            container.start()
        except APIError as error:
            if "executable file not found" in str(error) or "no such file or directory" in str(error):
                raise ProgramMissing(
                    order.plan.script,
                    f"is not in the image {self.options.image}",
                    "Set SAGUI_HYFAA_IMAGE to an image of HYFAA 4.",
                ) from error
            raise _refused(error) from error

    def _follow(self, container: Any, order: Order, hear: Hear) -> None:
        """Hear the output until the container ends, or its time is over."""
        lines: queue.SimpleQueue[str | Exception | None] = queue.SimpleQueue()
        reader = threading.Thread(target=_read_output, args=(container, lines), daemon=True)
        reader.start()
        deadline = self.clock() + order.timeout_s
        while True:
            try:
                line = lines.get(timeout=_POLL_S)
            except queue.Empty:
                pass
            else:
                if line is None:
                    return
                if isinstance(line, Exception):
                    raise line
                hear(line)
            if self.clock() > deadline:
                raise StepTimedOut(
                    order.plan.script,
                    f"did not end within {order.timeout_s / 60:.1f} min and was interrupted",
                    "Read its log; raise the limit in the settings if the work was really going on.",
                )

    def _status(self, container: Any) -> Ended:
        answer = container.wait(timeout=_API_S)
        container.reload()
        if container.attrs["State"].get("OOMKilled"):
            raise MemoryExceeded(
                self.options.image,
                f"the step used more than the {self.options.memory_gb:g} GB that it may and was killed",
                "Raise SAGUI_HYFAA_MEMORY_GB, or lower SAGUI_HYFAA_NPROCS.",
            )
        status = int(answer["StatusCode"])
        return Ended(status if status < 128 else 128 - status)

    def _pull(self, engine: docker.DockerClient) -> None:
        try:
            engine.images.pull(self.options.image)
        except DockerException as error:
            raise self._no_image(error) from error

    def _no_image(self, error: Exception) -> ImageUnavailable:
        reason = getattr(error, "explanation", None) or error
        return ImageUnavailable(
            self.options.image,
            f"is not on this machine and cannot be fetched ({reason})",
            "Load it with `docker load`, reach its registry, or set SAGUI_HYFAA_IMAGE.",
        )

    def _owner(self) -> str:
        return self.options.user or f"{os.getuid()}:{os.getgid()}"

    def _source(self, workdir: Path) -> str:
        return self.options.host_workdir or str(workdir)

    def _label(self, workdir: Path) -> str:
        return hashlib.sha256(self._source(workdir).encode()).hexdigest()[:16]

    @contextmanager
    def _engine(self) -> Iterator[docker.DockerClient]:
        try:
            if self.base_url is None:
                engine = docker.from_env(timeout=_API_S)
            else:
                engine = docker.DockerClient(base_url=self.base_url, timeout=_API_S)
        except DockerException as error:
            raise _no_engine(error) from error
        with contextlib.closing(engine):
            try:
                yield engine
            except (requests.exceptions.RequestException, ConnectionError, ProtocolError) as error:
                raise _no_engine(error) from error


def _inside(order: Order, path: Path) -> str:
    """Where a path of the working directory lies in the container."""
    return str(WORK / path.relative_to(order.workdir))


def _is_for_hyfaa(variable: str) -> bool:
    """Whether a variable of the platform's environment means something to HYFAA; its key is given as a file."""
    is_proxy = variable.lower() in ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy")
    return is_proxy or (variable.startswith(("PROM_", "EODAG__")) and variable != API_KEY)


def _no_engine(error: Exception) -> EngineUnavailable:
    return EngineUnavailable(
        os.environ.get("DOCKER_HOST", "Docker Engine"),
        f"does not answer ({error})",
        "Start Docker, and let Dagster's account use it (group docker, or DOCKER_HOST).",
    )


def _refused(error: APIError) -> ImageUnavailable:
    return ImageUnavailable(
        "Docker Engine",
        f"refused the container: {error.explanation or error}",
        "Correct SAGUI_HYFAA_IMAGE, SAGUI_HYFAA_HOST_WORKDIR or SAGUI_HYFAA_MOUNTS.",
    )


def _mount(source: str, target: str, *, read_only: bool) -> Mount:
    return Mount(target, source, type="bind" if source.startswith("/") else "volume", read_only=read_only)


def _archive(secrets: Any, owner: str) -> bytes:
    """Files that hold a secret each, named after its variable, readable by the step's user only."""
    user, _, group = owner.partition(":")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, value in secrets.items():
            content = value.encode()
            entry = tarfile.TarInfo(str(_SECRETS / name).lstrip("/"))
            entry.size, entry.mode, entry.uid, entry.gid = len(content), 0o400, int(user), int(group or user)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _read_output(container: Any, lines: queue.SimpleQueue[str | Exception | None]) -> None:
    """Put every line of a container's output into a queue, then None when it has ended."""
    rest = b""
    try:
        for block in container.logs(stream=True, follow=True):
            *whole, rest = (rest + block).replace(b"\r\n", b"\n").split(b"\n")
            for line in whole:
                lines.put(line.decode(errors="replace"))
        if rest:
            lines.put(rest.decode(errors="replace"))
        lines.put(None)
    except (requests.exceptions.RequestException, DockerException, OSError, ProtocolError) as error:
        lines.put(error)


def _remove(container: Any, stop_s: float) -> None:
    """Interrupt a container that still runs, kill it after the grace, and remove it."""
    try:
        container.stop(timeout=max(1, round(stop_s)))
        container.remove(force=True)
    except NotFound:
        return


def _top(container: Any) -> dict[int, str]:
    """Processes of a container: their numbers, as its Engine's machine knows them, and their command lines."""
    try:
        answer = container.top(ps_args="-eo pid,args")
    except APIError:  # it has ended meanwhile
        return {}
    return {int(row[0]): " ".join(row[1:]) for row in answer["Processes"] or ()}


def _is_hyfaa(command: str) -> bool:
    return any(name in command for name in processes.PROGRAMS)
