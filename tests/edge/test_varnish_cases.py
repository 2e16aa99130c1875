"""The cache's rules, case by case, by Varnish's own test program on the VCL that runs in production."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

HERE = Path(__file__).parent
VARNISH = HERE.parents[1] / "compose" / "varnish"
CASES = sorted(HERE.glob("*.vtc"))
# Each case compiles the rules: without optimization that takes a third of the time. The trace says which lines ran.
QUICK = "-p vsl_mask=+VCL_trace -p 'cc_command=exec gcc -w -O0 -fpic -shared -o %o %s'"
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Rules:
    """A copy of the rules that the cache's own user may read, wherever the project lies.

    Attributes:
        folder: holds the rules and what the cases need beside them.
        output: what the test program said, per case.
    """

    folder: Path
    output: dict[str, str]

    @cached_property
    def included(self) -> list[str]:
        """Files of the rules in the order in which they are included."""
        main = (self.folder / "default.vcl").read_text()
        return ["default.vcl", *re.findall(r'^include "([^"]+)"', main, re.MULTILINE)]

    def places(self) -> set[Place]:
        """File, line and column of every branch of the rules, as the compiler numbers them."""
        backends = self.folder / "backends.vcl"
        command = [self.folder / "make_backends.sh", f"{backends}.template", "127.0.0.1", "127.0.0.1", "1"]
        backends.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        compiler = ["varnishd", "-C", "-f", str(self.folder / "default.vcl"), "-p", f"vcl_path={self.folder}"]
        code = subprocess.run(compiler, capture_output=True, text=True, check=True).stderr
        names = re.search(r"srcname\[VGC_NSRCS\] = \{(.*?)\};", code, re.DOTALL)
        assert names, code[-2000:]
        files = [Path(name).name for name in re.findall(r'"([^"]+)"', names[1])]
        found = re.findall(r"\[ *\d+\] = \{ *(\d+), *\d+, *(\d+), *(\d+),", code)
        places = {(files[int(number)], int(line), int(column)) for number, line, column in found}
        return {place for place in places if place[0] in self.included}

    def visited(self) -> set[Place]:
        """File, line and column of every branch that some case ran through."""
        places: set[Place] = set()
        for case in CASES:
            known = ["known_layers.vcl"] if "known_layers.vcl" in case.read_text() else []
            files = ["", *known, *self.included]
            for number, line, column in re.findall(
                r"VCL_trace +\S vcl1 \d+ (\d+)\.(\d+)\.(\d+)", self.output[case.stem]
            ):
                if int(number) < len(files):
                    places.add((files[int(number)], int(line), int(column)))
        return places


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    """All cases, run once, four at a time: they mostly wait."""
    program = shutil.which("varnishtest")
    assert program, "varnishtest is not installed; run `make setup`"
    # The program makes a private folder below TMPDIR and binds sockets in it: keep the path short.
    with tempfile.TemporaryDirectory(prefix="sagui-vcl-") as name:
        folder = Path(name)
        shutil.copytree(VARNISH, folder, dirs_exist_ok=True)
        for file in ("make_backends.sh", "known_layers.vcl"):
            shutil.copy(HERE / file, folder)
        folder.chmod(0o755)
        macros = {
            "vcl": folder,
            "template": folder / "backends.vcl.template",
            "make_backends": folder / "make_backends.sh",
            "quick": QUICK,
        }
        options = [f"-D{name}={value}" for name, value in macros.items()]
        done = subprocess.run(
            [program, "-v", "-k", "-j", "4", "-t", "60", *options, *map(str, CASES)],
            capture_output=True,
            text=True,
            errors="replace",
            cwd=folder,
        )
        yield Rules(folder, _by_case(done.stdout))


def _by_case(output: str) -> dict[str, str]:
    """Each case's part of the output: it ends with the line that tells its result."""
    told = re.split(r"(?m)^(# +top +TEST .*\n)", output)
    return {
        Path(result.split()[3]).stem: text + result
        for text, result in zip(told[::2], told[1::2], strict=False)
    }


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_varnish(case: Path, rules: Rules) -> None:
    output = rules.output[case.stem]
    assert re.search(rf"^# +top +TEST .*{case.name} passed", output, re.MULTILINE), output[-6000:]


def test_every_branch_of_the_rules_is_run(rules: Rules) -> None:
    places = rules.places()
    assert len(places) > 150
    assert sorted(places - rules.visited()) == []
