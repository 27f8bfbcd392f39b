"""The service is started as it is deployed."""

from __future__ import annotations

import re
import shlex

from loadtest.processes import ROOT, service_arguments

UNIT = (ROOT / "deploy/systemd/learning-seat@.service").read_text()


def test_the_service_runs_with_the_flags_of_its_systemd_unit():
    [started] = re.findall(r"^ExecStart=\S+/python (.*)$", UNIT, re.MULTILINE)
    values = {"${SEAT_HOST}": "127.0.0.1", "${FORWARDED_ALLOW_IPS}": "127.0.0.1", "%i": "8201"}
    deployed = [values.get(argument, argument) for argument in shlex.split(started)]
    assert service_arguments("127.0.0.1:8201", "127.0.0.1") == deployed


def test_the_unit_says_what_its_variables_are_where_nobody_sets_them():
    [line] = re.findall(r"^Environment=(.*)$", UNIT, re.MULTILINE)
    assert set(re.findall(r"\$\{(\w+)\}", UNIT)) == {pair.split("=")[0] for pair in line.split()}
    assert UNIT.index("\nEnvironment=") < UNIT.index("\nEnvironmentFile=")
