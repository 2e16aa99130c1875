"""Steps in containers, on a real Docker Engine: who they are, what they may, and what is left of them: nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from sagui_pipelines.hyfaa.runner import Step
from sagui_pipelines.hyfaa.running.container import STEP_LABEL, WORK, WORKDIR_LABEL, ContainerExecutor
from sagui_pipelines.hyfaa.running.guarded import ExecutingRunner
from sagui_pipelines.hyfaa.running.plan import Store
from sagui_pipelines.hyfaa.step_errors import (
    EngineUnavailable,
    ImageUnavailable,
    MemoryExceeded,
    StepFailed,
    StepKilled,
    StoreBusy,
)
from tests.runners.conftest import DAY, IMAGE, KEY, ROOT, TODAY, Place, container_options
from tests.runners.test_self_repair import wait_until
from tools.docker_engine import Engine, answers, docker_engine

IN_DOCKER = pytest.mark.parametrize("executor", ["docker"], indirect=True)
MGB = Step.MGBSTANDARD_PROCESSING


@pytest.fixture
def client(engine: Engine) -> Iterator[docker.DockerClient]:
    """A connection to the Engine."""
    client = engine.client()
    yield client
    client.close()


def ours(client: docker.DockerClient, place: Place) -> list[Any]:
    """Containers of this place's steps, running or not."""
    found = client.containers.list(all=True, filters={"label": STEP_LABEL})
    return [c for c in found if any(m["Source"] == str(place.workdir) for m in c.attrs["Mounts"])]


def with_container(place: Place, **changes: object) -> Place:
    """The same place with other containers."""
    runner = place.runner
    assert isinstance(runner, ExecutingRunner)
    assert isinstance(runner.executor, ContainerExecutor)
    executor = replace(runner.executor, options=container_options(**changes))
    return replace(place, runner=replace(runner, executor=executor))


def while_it_runs(place: Place, client: docker.DockerClient, step: Step) -> Any:
    """Description of the container of a step that hangs; it is interrupted afterwards."""
    errors: list[Exception] = []

    def run() -> None:
        try:
            place.run(step)
        except (StepFailed, StepKilled) as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: "working" in place.ear.printed)
    [container] = ours(client, place)
    described = container.attrs | {"top": container.top()}
    container.kill("SIGINT")
    thread.join(timeout=30)
    assert len(errors) == 1
    return described


@IN_DOCKER
def test_a_container_is_limited_labelled_and_knows_no_secret(
    place: Place, client: docker.DockerClient
) -> None:
    place.wish(altimetry="hang")
    limited = with_container(place, user="1234:2345", cpus=0.5, memory_gb=0.5)
    for path in (place.workdir, *place.workdir.rglob("*")):
        os.chown(path, 1234, 2345)
    described = while_it_runs(limited, client, Step.ALTIMETRY)
    assert described["Config"]["User"] == "1234:2345"
    assert described["Config"]["Labels"][STEP_LABEL] == "altimetry"
    assert len(described["Config"]["Labels"][WORKDIR_LABEL]) == 16
    assert described["Config"]["StopSignal"] == "SIGINT"
    assert described["Config"]["WorkingDir"] == str(WORK / "sagui_steps/current/altimetry")
    host = described["HostConfig"]
    assert (host["NanoCpus"], host["Memory"]) == (500_000_000, 2**29)
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert host["NetworkMode"] == "none"
    assert not host["AutoRemove"], "its status and output are read before it goes"
    assert KEY not in json.dumps(described)
    assert ours(client, place) == []


@IN_DOCKER
def test_files_belong_to_the_user_of_the_containers(place: Place) -> None:
    for path in (place.workdir, *place.workdir.rglob("*")):
        os.chown(path, 1234, 2345)
    place.next_day()
    with_container(place, user="1234:2345").run(Step.FORCING)
    newest = max(
        place.path(Store.FORCING).parent.glob("data_store/*.nc"), key=lambda path: path.stat().st_mtime
    )
    assert (newest.stat().st_uid, newest.stat().st_gid) == (1234, 2345)


@IN_DOCKER
def test_a_container_is_removed_however_its_step_ends(place: Place, client: docker.DockerClient) -> None:
    place.run(Step.FORCING)
    assert ours(client, place) == []
    place.wish(mgbstandard_processing="orphans")
    with pytest.raises(StepFailed, match="workers poll for ever"):
        place.run(MGB)
    assert ours(client, place) == []


@IN_DOCKER
def test_a_step_that_takes_too_much_memory_is_told_as_such(place: Place) -> None:
    place.wish(forcing="hungry")
    with pytest.raises(MemoryExceeded, match=r"more than the 0\.2 GB"):
        with_container(place, memory_gb=0.2).run(Step.FORCING)


@IN_DOCKER
def test_a_killed_runner_s_container_is_found_ended_and_removed(
    place: Place, client: docker.DockerClient, engine: Engine
) -> None:
    """A container does not go with the runner that started it: the next runner finds it by its label."""
    place.next_day()
    place.run(Step.FORCING)
    place.wish(mgbstandard_processing="hang")
    code = (
        "import sys; from pathlib import Path\n"
        "from sagui_pipelines.hyfaa.runner import PlainTeller, Step\n"
        "from sagui_pipelines.hyfaa.running.container import ContainerExecutor\n"
        "from sagui_pipelines.hyfaa.running.guarded import ExecutingRunner\n"
        "from sagui_pipelines.hyfaa.running.options import ContainerOptions, RunOptions\n"
        "options = ContainerOptions(image=sys.argv[2], network='none', mounts=tuple(sys.argv[4:]))\n"
        "executor = ContainerExecutor(options, base_url=sys.argv[3])\n"
        "runner = ExecutingRunner(Path(sys.argv[1]), RunOptions(), executor)\n"
        "runner.run(Step.MGBSTANDARD_PROCESSING, PlainTeller(print))\n"
    )
    words = [str(place.workdir), IMAGE, engine.host, *container_options().mounts]
    other = subprocess.Popen([sys.executable, "-c", code, *words], cwd=ROOT)
    wait_until(lambda: len(ours(client, place)) == 1 and place.lock(Store.MGBSTANDARD_STATES).exists())
    wait_until(lambda: "working" in place.log_of(MGB))
    other.send_signal(signal.SIGKILL)
    other.wait(timeout=20)
    [left] = ours(client, place)
    assert left.status == "running"
    place.wish()
    place.run(MGB)
    assert any(
        f"the container {left.name} of an abandoned mgbstandard_processing is ended" in s
        for s in place.ear.said
    )
    assert ours(client, place) == []
    assert max(place.states()) == TODAY + DAY


@IN_DOCKER
def test_hyfaa_in_somebody_else_s_container_is_respected(place: Place, client: docker.DockerClient) -> None:
    place.wish(forcing="hang")
    mounts = [mount.rsplit(":", 2) for mount in container_options().mounts]
    stranger = client.containers.run(
        IMAGE,
        [
            "hyfaa_preprocessing_forcing.py",
            "--input_yaml_file",
            str(WORK / "config/input_assimilated_solution.yaml"),
        ],
        environment={"hyfaa_workdir": str(WORK), "hyfaa_temp_dir": str(WORK / "temp")},
        working_dir=str(WORK),
        network_mode="none",
        volumes={source: {"bind": target, "mode": mode} for source, target, mode in mounts}
        | {str(place.workdir): {"bind": str(WORK), "mode": "rw"}},
        detach=True,
    )
    try:
        wait_until(lambda: place.lock(Store.FORCING, 0).exists())
        with pytest.raises(StoreBusy, match=rf"without the platform: .*the container {stranger.name}"):
            place.run(Step.FORCING)
        assert place.lock(Store.FORCING, 0).exists()
    finally:
        stranger.remove(force=True)


@IN_DOCKER
def test_an_image_that_cannot_be_had(place: Place) -> None:
    with pytest.raises(
        ImageUnavailable, match=r"sagui-test-nothing:1: is not on this machine and cannot be fetched"
    ):
        with_container(place, image="sagui-test-nothing:1").run(Step.FORCING)


@IN_DOCKER
def test_an_engine_that_does_not_answer(place: Place) -> None:
    runner = place.runner
    assert isinstance(runner, ExecutingRunner)
    nowhere = ContainerExecutor(container_options(), base_url=f"unix://{place.folder}/no.sock")
    with pytest.raises(EngineUnavailable, match="does not answer") as caught:
        replace(runner, executor=nowhere).run(Step.FORCING, place.ear)
    assert caught.value.retryable


@pytest.fixture
def mortal_engine(
    tmp_path: Path, engine: Engine
) -> Iterator[tuple[str, Callable[[], subprocess.Popen[bytes]]]]:
    """An Engine of its own that a test may kill: its address, and how to start it."""
    state = Path(tempfile.mkdtemp(prefix="sagui-mortal-"))
    host = f"unix://{state}/sock"
    daemons: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        folders = [f"--{name}={state / name}" for name in ("data-root", "exec-root", "pidfile")]
        for stale in ("pidfile", "exec-root/containerd/containerd.pid"):
            (state / stale).unlink(missing_ok=True)
        plain = ["--iptables=false", "--ip6tables=false", "--bridge=none", f"--host={host}"]
        with (state / "log").open("ab") as log:
            daemons.append(subprocess.Popen(["dockerd", *folders, *plain], stdout=log, stderr=log))
        wait_until(lambda: answers(host), within_s=90)
        return daemons[-1]

    start()
    whole, mortal = engine.client(), docker.DockerClient(base_url=host)
    mortal.images.load(b"".join(whole.images.get(IMAGE).save(named=True)))
    whole.close()
    mortal.close()
    yield host, start
    if not answers(host):
        start()
    mortal = docker.DockerClient(base_url=host)
    for container in mortal.containers.list(all=True):
        container.remove(force=True)
    mortal.close()
    daemons[-1].terminate()
    for daemon in daemons:
        daemon.wait(timeout=60)
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for point in reversed([point for point in mounted if point.startswith(str(state))]):
        subprocess.run(["umount", "--lazy", point], check=True)  # the killed daemon's
    shutil.rmtree(state)


@IN_DOCKER
def test_an_engine_that_dies_in_the_middle_of_a_step(
    place: Place, mortal_engine: tuple[str, Callable[[], subprocess.Popen[bytes]]]
) -> None:
    """The step's container outlives its Engine; the next run finds it there again, ends it, and goes on."""
    host, start = mortal_engine
    runner = place.runner
    assert isinstance(runner, ExecutingRunner)
    place = replace(
        place, runner=replace(runner, executor=ContainerExecutor(container_options(), base_url=host))
    )
    place.next_day()
    place.run(Step.FORCING)
    place.wish(mgbstandard_processing="hang")
    errors: list[Exception] = []

    def run() -> None:
        try:
            place.run(MGB)
        except EngineUnavailable as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: "working" in place.ear.printed)
    pid = int(Path(host.removeprefix("unix://")).with_name("pidfile").read_text())
    os.kill(pid, signal.SIGKILL)
    thread.join(timeout=30)
    assert len(errors) == 1
    start()
    place.wish()
    place.run(MGB)
    assert any("of an abandoned mgbstandard_processing is ended" in sentence for sentence in place.ear.said)
    assert max(place.states()) == TODAY + DAY


@IN_DOCKER
def test_a_mount_that_is_not_there_is_told(place: Place) -> None:
    with pytest.raises(ImageUnavailable, match="refused the container"):
        with_container(place, mounts=(*container_options().mounts, "/no/such/folder:/x:ro")).run(Step.FORCING)


@IN_DOCKER
def test_the_working_directory_may_have_another_name_on_the_engine_s_machine(place: Place) -> None:
    alias = place.folder / "elsewhere"
    alias.symlink_to(place.workdir)
    place.next_day()
    report = with_container(place, host_workdir=str(alias)).run(Step.FORCING)
    assert report.facts["newest_rain_day"] == str(TODAY)


def test_an_engine_is_shared_and_stops_with_its_last_user(engine: Engine) -> None:
    with docker_engine() as other:
        assert other == engine
    assert answers(engine.host)
