"""Several machines on one: network namespaces behind nginx, with the project's own nginx configuration.

Needs root, ``ip`` (iproute2) and nginx; `require` says which of them is missing.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtest.processes import ROOT, NotAvailable, ProgramFailed

# A network that nobody has at home: RFC 2544 sets it aside for measurements.
_NET = "198.18.77"
_BRIDGE = "seat-test"
FRONT, NETWORK = f"{_NET}.1", f"{_NET}.0/24"


@dataclass
class Node:
    """One machine of the network: its namespace and address."""

    name: str
    host: str
    is_cut: bool = False

    @property
    def within(self) -> list[str]:
        """What stands before a command that is to run there."""
        return ["ip", "netns", "exec", self.name]

    def cut(self) -> None:
        """Pull its cable. Raises ProgramFailed."""
        _ip("link", "set", _port(self.name), "down")
        self.is_cut = True

    def mend(self) -> None:
        """Put its cable back. Raises ProgramFailed."""
        _ip("link", "set", _port(self.name), "up")
        self.is_cut = False


def _port(name: str) -> str:
    return f"{name}-p"


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    if done.returncode:
        raise ProgramFailed(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def require() -> None:
    """Find out, before anything is started, whether there can be such a network here. Raises NotAvailable."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise NotAvailable("network namespaces need root and ip (Debian: apt-get install iproute2)")
    if shutil.which("nginx") is None:
        raise NotAvailable("nginx is not installed (Debian: apt-get install nginx-light)")
    try:
        with machines(("try",)):
            pass
    except ProgramFailed as error:
        raise NotAvailable(f"network namespaces are not allowed here: {error}") from error


@contextmanager
def machines(names: Sequence[str]) -> Iterator[list[Node]]:
    """Make a network of machines around this one, which is FRONT in it, and remove it in the end.

    Raises ProgramFailed.
    """
    nodes = [Node(f"{_BRIDGE}-{name}", f"{_NET}.{place}") for place, name in enumerate(names, start=2)]
    try:
        _remove(nodes)
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("address", "add", f"{FRONT}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for node in nodes:
            _connect(node)
        yield nodes
    finally:
        _remove(nodes)


def _connect(node: Node) -> None:
    _ip("netns", "add", node.name)
    # The name of an interface may have 15 letters.
    _ip("link", "add", _port(node.name), "type", "veth", "peer", "name", "eth0", "netns", node.name)
    _ip("link", "set", _port(node.name), "master", _BRIDGE, "up")
    inside = ("netns", "exec", node.name, "ip")
    _ip(*inside, "address", "add", f"{node.host}/24", "dev", "eth0")
    _ip(*inside, "link", "set", "eth0", "up")
    _ip(*inside, "link", "set", "lo", "up")


def _remove(nodes: Sequence[Node]) -> None:
    """Remove what there is of the network; also what an earlier run left behind."""
    for node in nodes:
        subprocess.run(["ip", "netns", "delete", node.name], capture_output=True, check=False)  # noqa: S603, S607
        subprocess.run(["ip", "link", "delete", _port(node.name)], capture_output=True, check=False)  # noqa: S603, S607
    subprocess.run(["ip", "link", "delete", _BRIDGE], capture_output=True, check=False)  # noqa: S603, S607


def nginx_command(folder: Path, port: int, services: Sequence[str]) -> list[str]:
    """Write a configuration for FRONT:`port` into `folder` and return the command that serves it.

    It is ``deploy/nginx.conf`` with other addresses and without TLS, so what is tried is what is deployed.
    """
    program = str(shutil.which("nginx"))
    (folder / "platform.conf").write_text(adapted((ROOT / "deploy/nginx.conf").read_text(), port, services))
    main = folder / "nginx.conf"
    main.write_text(
        f"pid {folder}/nginx.pid;\nerror_log {folder}/nginx-error.log;\nworker_processes 1;\n"
        "events { worker_connections 8192; }\n"
        f"http {{ client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        "include platform.conf; }\n"
    )
    return [program, "-p", str(folder), "-c", str(main), "-g", "daemon off;"]


def adapted(config: str, port: int, services: Sequence[str]) -> str:
    """Return the deployed configuration for a test: these services, plain HTTP on FRONT:`port`, no log.

    Raises ValueError when the configuration no longer has what is to be replaced.
    """
    servers = "".join(f"    server {address};\n" for address in services)
    header = "real_ip_header X-Forwarded-For"
    changes = (
        (r"(upstream seat \{\n(?:    hash [^\n]+\n)?)(?:    server [^\n]+\n)+", rf"\g<1>{servers}"),
        (r"server \{\n    listen 80;.*?\n\}\n", ""),
        # Nobody takes a course on the day.
        (r"server \{\n    listen 443 ssl http2;\n    server_name learning-content.*?\n\}\n", ""),
        # The generator is one machine and plays many: it says which.
        (
            r"listen 443 ssl http2 ([^\n]+)",
            rf"listen {FRONT}:{port} \g<1>\n    set_real_ip_from {FRONT};\n    {header};",
        ),
        (r"    ssl_[^\n]+\n", ""),
        (r"access_log /[^;]+;", "access_log off;"),
        # Bundles are in the throw-away folder of the service here.
        (r"    location /seat/papers/ \{.*?\n    \}\n", ""),
    )
    for pattern, replacement in changes:
        config, count = re.subn(pattern, replacement, config, flags=re.DOTALL)
        if not count:
            raise ValueError(f"deploy/nginx.conf has nothing like {pattern}")
    return config
