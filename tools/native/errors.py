"""The launcher's error: one clear message with its remedy."""

from __future__ import annotations


class LaunchError(Exception):
    """Something the launcher needs is not there or did not work.

    Args:
        fact: what is wrong, in one or two sentences.
        remedy: what to do about it, as an imperative sentence.
    """

    def __init__(self, fact: str, remedy: str) -> None:
        self.fact = fact
        self.remedy = remedy
        super().__init__(f"{fact}\n{remedy}" if remedy else fact)
