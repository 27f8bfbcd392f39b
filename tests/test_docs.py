"""The documentation agrees with itself and with the code."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path):
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    broken = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert broken == []


def test_the_index_lists_every_page():
    index = ROOT / "docs/index.md"
    linked = {(index.parent / t).resolve() for t in re.findall(r"\]\(([^)#]+)\)", index.read_text())}
    missing = [
        str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md") if page not in linked | {index}
    ]
    assert missing == []


def test_the_picture_of_the_layers_is_the_one_the_linter_enforces():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    # A layer may hold several apps side by side, "a | b".
    layers = {
        contract["name"]: [
            [name.split(".")[-1] for name in layer.split(" | ")] for layer in contract["layers"]
        ]
        for contract in contracts
    }
    expected = {
        f"{above} --> {below}"
        for name in ("Applications import one way", "Inside the examinations", "Inside the courses")
        for upper, lower in pairwise(layers[name])
        for above in upper
        for below in lower
    }
    page = (ROOT / "docs/architecture.md").read_text().partition("## What may import what")[2]
    drawn = set(re.findall(r"^ +(\w+ --> \w+)$", page.split("```")[1], re.MULTILINE))
    assert drawn == expected


def test_pictures_of_the_readme_are_small_enough_to_load_on_a_bad_line():
    large = [path.name for path in ROOT.glob("docs/images/*.png") if path.stat().st_size > 300 * 1024]
    assert large == []


def test_what_proves_that_bad_input_is_met_is_there():
    page = (ROOT / "docs/bad-input.md").read_text()
    named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", page)
    tests = {file: (ROOT / "tests" / file) for file, _name in named} if named else {}
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not tests[file].exists() or (name and f"def {name}(" not in tests[file].read_text())
    ]
    assert named
    assert missing == []
