"""Pytest plugin: on the integration server (CI set) a skipped test is a failure."""

from __future__ import annotations

import os

import pytest


def _is_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _skipped(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return list(reporter.stats.get("skipped", [])) if reporter else []


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn success into failure when something was skipped; workers of a parallel run leave it to their head."""
    is_worker = hasattr(session.config, "workerinput")
    if _is_ci() and not is_worker and session.exitstatus == pytest.ExitCode.OK and _skipped(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say why the run failed."""
    count = len(_skipped(config))
    if _is_ci() and count:
        terminalreporter.section("skips are failures here", red=True)
        terminalreporter.line(f"{count} skipped with CI set; each reason stands in the short summary.")
