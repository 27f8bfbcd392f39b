"""The curricula of the demonstration: what a visitor is sent to complete can be completed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import courses.catalogue

DATA = Path(courses.catalogue.__file__).parent / "data"


def test_the_curriculum_of_probationers_asks_for_courses_with_lessons():
    with (DATA / "curricula.toml").open("rb") as file:
        (found,) = [each for each in tomllib.load(file)["curriculum"] if each["code"] == "001M"]
    asked = {code for group in found["groups"].values() for code in group}
    assert asked <= {folder.name for folder in (DATA / "lessons").iterdir()}
