from __future__ import annotations

from collections.abc import Iterator

import pytest

from learning.records.services import credentials, pace, positions, search, store
from tests.learning.records.client import Sender


@pytest.fixture(autouse=True)
def _nobody_remembered() -> Iterator[None]:
    # A rolled back test gives its numbers to the next one; in a database that lives, nothing does.
    credentials.forget()
    pace.forget()
    search._authorities.clear()
    store._described.clear()
    positions._settled = 0
    yield
    credentials.forget()


@pytest.fixture
def lrs(db: None) -> Sender:
    """A client that may do everything, speaking 1.0.3."""
    return Sender(credentials.create_client("everything", ["all"]))


@pytest.fixture
def lrs2(lrs: Sender) -> Sender:
    """The same, speaking 2.0."""
    return Sender(lrs.secret, "2.0.0")
