"""Texts are translated, and the compiled catalogues are those of the sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

from sagui_pipelines.geography import reference_flow
from tests.conftest import ROOT

CATALOGUES = sorted((ROOT / "sagui_backend" / "locale").glob("*/LC_MESSAGES/django.po"))
LANGUAGES = ["fr", "pt_BR"]


def texts(catalogue: polib.POFile | polib.MOFile) -> dict[str, object]:
    """Translation by text."""
    return {entry.msgid: entry.msgstr_plural or entry.msgstr for entry in catalogue}


def test_there_is_a_catalogue_for_each_language_but_the_source() -> None:
    assert [path.parents[1].name for path in CATALOGUES] == LANGUAGES


@pytest.mark.parametrize("path", CATALOGUES, ids=LANGUAGES)
def test_every_text_is_translated_and_compiled(path: Path) -> None:
    source = polib.pofile(path)
    assert source.untranslated_entries() == []
    assert source.fuzzy_entries() == []
    assert texts(polib.mofile(path.with_suffix(".mo"))) == texts(source), "run `manage.py compilemessages`"


def marked_in_code(path: Path) -> Iterator[str]:
    """Texts that a module hands to gettext."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in {"_", "gettext", "ngettext"}:
            yield from (part.value for part in node.args[:1] if isinstance(part, ast.Constant))


def marked_in_template(path: Path) -> Iterator[str]:
    """Texts of a template's `translate` and one-line `blocktranslate` tags."""
    text = path.read_text("utf-8")
    for double, single in re.findall(r"""{%\s*translate (?:"([^"]+)"|'([^']+)')""", text):
        yield double or single
    yield from re.findall(r"{% blocktranslate[^%]*%}([^{]*){% endblocktranslate %}", text)


def test_catalogues_hold_every_text_of_code_and_templates() -> None:
    backend = ROOT / "sagui_backend"
    wanted = {text for path in backend.rglob("*.py") for text in marked_in_code(path)}
    wanted |= {text for path in backend.rglob("*.html") for text in marked_in_template(path)}
    assert len(wanted) > 150
    for path in CATALOGUES:
        assert wanted - texts(polib.pofile(path)).keys() == set()


@pytest.mark.parametrize("path", CATALOGUES, ids=LANGUAGES)
def test_translations_keep_the_places_of_values(path: Path) -> None:
    for entry in polib.pofile(path):
        places = set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", entry.msgid + entry.msgid_plural))
        for text in entry.msgstr_plural.values() or [entry.msgstr]:
            used = set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", text))
            # "until tomorrow" needs no number.
            assert used == places or (entry.msgid_plural and used <= places), entry.msgid


@pytest.mark.parametrize("path", CATALOGUES, ids=LANGUAGES)
def test_catalogues_hold_the_readers_sentences(path: Path) -> None:
    known = texts(polib.pofile(path))
    sentences = {
        value for name, value in vars(reference_flow).items() if name.isupper() and isinstance(value, str)
    }
    assert len([text for text in sentences if "%(" in text]) == 6
    assert [text for text in sentences if "%(" in text and text not in known] == []
