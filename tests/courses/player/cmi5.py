"""An assignable unit of cmi5, as far as it speaks with the platform."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from courses.player import cmi5
from courses.player.services.cmi5 import fetch
from learning.records.api.messages import Reply
from learning.records.services.credentials import KeyAndSecret, authenticate
from learning.records.services.store import Submission, read_statement, store
from learning.records.xapi.versions import Version
from tests.learning.records.client import Sender

_ADL = "http://adlnet.gov/expapi/verbs/"


class Content:
    """What a unit does after it was opened: fetch its credential, and send statements."""

    def __init__(self, address: str, *, reads: bool = True) -> None:
        self.given = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        token = fetch(self.given["fetch"].rpartition("/")[2])
        self.credential = authenticate("Basic " + token)
        self.lrs = Sender(KeyAndSecret(*base64.b64decode(token).decode().split(":")))
        if reads:
            self.data = self.launch_data()
            self.preferences = self.read_preferences()

    def launch_data(self) -> Any:
        return json.loads(self.state("GET", cmi5.LAUNCH_DATA).body)

    def read_preferences(self) -> Any:
        agent, name = self.given["actor"], cmi5.PREFERENCES
        return json.loads(self.lrs.send("GET", "agents/profile", agent=agent, profileId=name).body)

    def state(self, method: str, name: str, body: Any = None) -> Reply:
        given = {key: self.given[key] for key in ("activityId", "registration")}
        return self.lrs.send(
            method, "activities/state", body, agent=self.given["actor"], stateId=name, **given
        )

    def statement(self, verb: str, *, judges: bool = False, **result: Any) -> dict[str, Any]:
        template = json.loads(json.dumps(self.data["contextTemplate"]))
        categories = [cmi5.CMI5, cmi5.MOVE_ON] if judges else [cmi5.CMI5]
        template["contextActivities"]["category"] = [{"id": each} for each in categories]
        if judges and "masteryScore" in self.data:
            template["extensions"][cmi5.MASTERY] = self.data["masteryScore"]
        return {
            "id": str(uuid4()),
            "actor": json.loads(self.given["actor"]),
            "verb": {"id": _ADL + verb},
            "object": {"id": self.given["activityId"]},
            "context": {**template, "registration": self.given["registration"]},
            "timestamp": datetime.now(UTC).isoformat(),
            **({"result": result} if result else {}),
        }

    def completed(self) -> dict[str, Any]:
        return self.statement("completed", judges=True, completion=True, duration="PT1S")

    def passed(self, scaled: float = 0.9) -> dict[str, Any]:
        return self.statement("passed", judges=True, success=True, duration="PT1S", score={"scaled": scaled})

    def failed(self, scaled: float = 0.1) -> dict[str, Any]:
        return self.statement("failed", judges=True, success=False, duration="PT1S", score={"scaled": scaled})

    def experienced(self) -> dict[str, Any]:
        statement = self.statement("experienced")
        del statement["context"]["contextActivities"]["category"]
        return statement

    def terminated(self) -> dict[str, Any]:
        return self.statement("terminated", duration="PT1S")

    def send(self, *statements: dict[str, Any]) -> None:
        incoming = [read_statement(json.dumps(each).encode(), Version.V1) for each in statements]
        (outcome,) = store([Submission(self.credential, incoming)])
        if isinstance(outcome, Exception):
            raise outcome
