"""What a unit page carries to say later, signed: whose it is, of which unit, on which device, from when on.

Reports of learning time name their stretch from this moment on, on the clock of the page. A report that comes
twice, or hours later, therefore names the same stretch, whatever the clock of the device says.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core import signing

from courses.player.errors import ReportUnreadable

# What a device kept while it had no connection is taken for so long.
LASTS = timedelta(days=7)
_SALT = "courses.player.page"


@dataclass(frozen=True)
class Page:
    """A unit page as it was given out."""

    registration: UUID
    unit: int
    session: str
    opened_at: datetime

    def token(self) -> str:
        """Return the page in a form that nobody else can make."""
        return signing.dumps(
            [self.registration.hex, self.unit, self.session, int(self.opened_at.timestamp() * 1000)],
            salt=_SALT,
        )


def read(token: str) -> Page:
    """Read what `Page.token` made. Raises ReportUnreadable."""
    try:
        registration, unit, session, milliseconds = signing.loads(token, salt=_SALT, max_age=LASTS)
    except signing.BadSignature as error:
        raise ReportUnreadable from error
    return Page(UUID(registration), unit, session, datetime.fromtimestamp(milliseconds / 1000, UTC))
