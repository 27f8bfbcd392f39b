"""The cluster test serves what is deployed: nginx's configuration with other addresses."""

import pytest

from loadtest.network import FRONT, adapted
from loadtest.processes import ROOT

DEPLOYED = (ROOT / "deploy/nginx.conf").read_text()


def test_the_deployed_configuration_is_kept_but_for_addresses_and_tls():
    config = adapted(DEPLOYED, 8399, ["198.18.77.2:8300", "198.18.77.3:8300"])
    seat = config.partition("upstream seat {")[2].partition("}")[0]
    assert seat.split() == [
        *("hash", "$sitting", "consistent;"),
        *("server", "198.18.77.2:8300;", "server", "198.18.77.3:8300;"),
        *("keepalive", "256;"),
    ]
    assert f"listen {FRONT}:8399 backlog=4096;" in config
    assert "ssl" not in config
    assert "proxy_next_upstream error timeout non_idempotent;" in config


def test_a_deployed_configuration_that_lost_its_parts_is_refused():
    with pytest.raises(ValueError, match="nothing like"):
        adapted(DEPLOYED.replace("listen 443 ssl http2", "listen 443"), 8399, ["198.18.77.2:8300"])
