"""SIGKILL or SIGTERM at any moment: whatever was acknowledged is in the journal."""

from __future__ import annotations

import http.client
import json
import threading
import time

import pytest
from django.utils import timezone

from exams.seat.journal import read_sheets
from exams.seat.models import EntryKind, JournalEntry, Presence, Sitting
from exams.seat.services import take_seat
from learning.people.models import Person
from tests.server import PlatformServer

from .conftest import ITEMS, OPTIONS, make_sitting

pytestmark = pytest.mark.django_db(transaction=True)

CANDIDATES = 6
KILLS = 3


class Candidate(threading.Thread):
    """Answers as fast as it can and resends what was not acknowledged, as the exam page does."""

    def __init__(self, server: PlatformServer, sitting: Sitting, over: threading.Event) -> None:
        super().__init__()
        self.server, self.sitting, self.over = server, sitting, over
        self.token = take_seat(sitting, now=timezone.now()).token
        self.acknowledged: dict[int, tuple[int, int]] = {}

    def run(self) -> None:
        seq = 2
        while not self.over.is_set():
            item, choice = seq % ITEMS + 1, seq % OPTIONS + 1
            try:
                status = [0, seq, 0, 0, 1, 0, True]
                reply = self._post({"entries": [[seq, item, choice, False, seq]], "status": status})
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.05)
                continue
            if reply.get("acked") == seq:
                self.acknowledged[seq] = (item, choice)
                seq += 1

    def _post(self, body: object) -> dict[str, int]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5)
        try:
            headers = {"Authorization": f"Bearer {self.token}"}
            connection.request("POST", f"/seat/{self.sitting.pk}/entries", json.dumps(body), headers)
            reply: dict[str, int] = json.loads(connection.getresponse().read())
            return reply
        finally:
            connection.close()


@pytest.mark.parametrize("how", ["kill", "stop"])
def test_no_acknowledged_answer_is_lost_however_often_the_server_is_ended(server, learner: Person, how: str):
    """Power cuts, and restarts in good order, which also write down what was last heard of each machine."""
    over = threading.Event()
    candidates = [Candidate(server, make_sitting(learner), over) for _ in range(CANDIDATES)]
    for candidate in candidates:
        candidate.start()

    def acknowledged() -> int:
        return sum(len(candidate.acknowledged) for candidate in candidates)

    for _ in range(KILLS):
        before = acknowledged()
        while acknowledged() < before + 10 * CANDIDATES:
            time.sleep(0.01)
        getattr(server, how)()
        server.start()
    over.set()
    for candidate in candidates:
        candidate.join()
    getattr(server, how)()
    read_sheets([candidate.sitting.pk for candidate in candidates])  # raises where a chain is broken
    for candidate in candidates:
        rows = JournalEntry.objects.filter(sitting=candidate.sitting, kind=EntryKind.ANSWER)
        stored = {seq: (item, choice) for seq, item, choice in rows.values_list("seq", "item", "choice")}
        lost = {seq: answer for seq, answer in candidate.acknowledged.items() if stored.get(seq) != answer}
        assert lost == {}
        assert len(candidate.acknowledged) >= KILLS
        if how == "stop":
            told = Presence.objects.get(sitting=candidate.sitting).answered
            assert told >= max(candidate.acknowledged)
