"""Pytest plugin: which tests of a parallel run stay together.

A file stays in one process, as its database does; all tests on the running stack stay in one, so that only one starts it.
They take longest, so they come first (with `--no-loadscope-reorder`).
"""

from __future__ import annotations

import pytest

_SHARED = "tests/stack/"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test its group, for `--dist loadgroup`, and the groups their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(_SHARED))
    for item in items:
        file, _, _ = item.nodeid.partition("::")
        on_stack = file.startswith(_SHARED) and "stack" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("stack" if on_stack else file))
