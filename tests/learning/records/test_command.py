from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from learning.records.models import Client
from learning.records.services.credentials import KeyAndSecret
from tests.learning.records.client import Sender


def _run(*arguments: str) -> dict[str, str]:
    out = StringIO()
    call_command("lrs_client", *arguments, stdout=out)
    (line,) = out.getvalue().splitlines()
    printed: dict[str, str] = json.loads(line)
    return printed


def test_the_command_prints_a_credential_once_and_revokes_it(db: None):
    printed = _run("content", "--scope", "all")
    sender = Sender(KeyAndSecret(**printed))
    assert sender.send("GET", "statements").status == 200
    assert printed["secret"].encode() not in bytes(Client.objects.get().secret_sha256)
    _run("content", "--revoke")
    assert sender.send("GET", "statements").status == 401


@pytest.mark.parametrize("arguments", [("x",), ("y", "--revoke"), ("z", "--scope", "nothing")])
def test_the_command_says_what_is_missing(db: None, arguments: tuple[str, ...]):
    with pytest.raises(CommandError):
        _run(*arguments)
