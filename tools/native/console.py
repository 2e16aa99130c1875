"""What people see: one line per step with its time; a moving sign only on a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)


@contextmanager
def step(title: str) -> Iterator[list[str]]:
    """Show a step while it runs and its elapsed time when it is done.

    Yields:
        a list; words added to it appear after the title.
    """
    notes: list[str] = []
    begun = time.monotonic()
    if console.is_terminal:
        with console.status(title):
            yield notes
    else:
        yield notes
    text = f"{title}: {', '.join(notes)}" if notes else title
    console.print(f"  [green]ok[/]  {text} [dim]({time.monotonic() - begun:.1f} s)[/]")


def say(text: str) -> None:
    """One plain line."""
    console.print(text)


def warn(text: str) -> None:
    """One line that must not be overlooked."""
    console.print(f"  [bold yellow]!![/]  {text}")
