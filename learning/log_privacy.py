"""What log lines do not say: search texts, which may be names, and links that open something."""

import re
from collections.abc import MutableMapping
from typing import Any

_QUERY = re.compile(r"(/[^\s?]*)\?\S*")
# Whoever holds the last part of these paths may set a password, confirm an address, open an invitation, stop
# somebody's reminders or write records for a learner.
_LINK = re.compile(
    r"(/(?:accounts/password/reset/key|accounts/confirm-email|tests/i|enrol/reminders|learn/run/fetch)/)[^/\s]+"
)
# Where django-structlog, Django's own lines and the seat service write an address.
_FIELDS = ("event", "request", "path")


def without_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Cut queries and the secret part of links out of a log line's addresses (a structlog processor)."""
    for name in _FIELDS:
        text = event.get(name)
        if isinstance(text, str) and "/" in text:
            event[name] = _LINK.sub(r"\1…", _QUERY.sub(r"\1", text))
    return event
