"""Demonstration data: the courses and curricula that come with the platform. Never loaded in production."""

from courses.catalogue.lesson_files import DATA
from courses.catalogue.services.loading import load_folder
from learning.people import demo as people_demo


def load() -> None:
    """Load whatever of the demonstration is not there yet."""
    people_demo.load()
    load_folder(DATA, owner_code=people_demo.OCSC)
