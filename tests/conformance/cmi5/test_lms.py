"""The public suite for cmi5 learning management systems, run against this platform.

``CMI5_SUITE=<CATAPULT>/lts pytest tests/conformance/cmi5``; docs/records.md says where the suite comes from.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from learning.people.models import Agency
from learning.records.services.credentials import create_client
from tests.conformance.cmi5.office import Office, serving
from tests.conftest import CHROMIUM
from tests.server import PlatformServer

_HERE = Path(__file__).parent
_SUITE = Path(os.environ.get("CMI5_SUITE", ""))
_TESTS = 87


def _npx(*command: str, at: Path = _SUITE, **variables: str) -> None:
    subprocess.run(["npx", *command], cwd=at, env=os.environ | variables, check=False)


@pytest.mark.skipif(not os.environ.get("CMI5_SUITE"), reason="CMI5_SUITE names no suite")
@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_public_suite_passes(server: PlatformServer, department: Agency, tmp_path: Path):
    if not (_SUITE / "pkg" / "dist").is_dir():
        # Its bundler is older than the hashes that OpenSSL has left.
        _npx("webpack", at=_SUITE / "pkg", NODE_OPTIONS="--openssl-legacy-provider")
    reader = create_client("suite", ["all/read"])
    result = tmp_path / "result.json"
    with serving(Office(server, department)) as address:
        _npx(
            # On a busy machine every test gets the time it needs.
            *("jest", "--runInBand", "--testTimeout=300000", "--json", f"--outputFile={result}"),
            CATAPULT_LMS=str(_HERE / "lms.cjs"),
            JEST_PUPPETEER_CONFIG=str(_HERE / "browser.cjs"),
            CHROMIUM=CHROMIUM,
            CMI5_OFFICE=address,
            CMI5_ENDPOINT=f"{server.origin}/xapi",
            CMI5_AUTHORIZATION=reader.basic,
        )
    counted = json.loads(result.read_text())
    assert (counted["numPassedTests"], counted["numTotalTests"]) == (_TESTS, _TESTS)
