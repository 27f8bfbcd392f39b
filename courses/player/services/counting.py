"""From the items of a package to its unit: the one way in which what they reached counts."""

from datetime import datetime

from courses.player.models import ItemProgress, UnitProgress
from courses.player.outcomes import Outcome, roll_up
from courses.player.services.launches import Contents
from courses.player.services.progress import advance


def count(contents: Contents, *, now: datetime) -> UnitProgress:
    """Bring the unit up to what its items say; where rules of the package roll them up, to what these say."""
    items = [
        outcome_of(contents.progress[unit.id]) if unit.id in contents.progress else Outcome()
        for unit in contents.package.launchable
        if contents.sequence is not None or unit.scorm is None or unit.scorm.is_visible
    ]
    whole = contents.sequence.outcome(items) if contents.sequence is not None else roll_up(items)
    return advance(
        contents.registration,
        contents.unit,
        completed=whole.is_completed,
        passed=whole.is_passed,
        score=whole.score,
        now=now,
    )


def outcome_of(progress: ItemProgress) -> Outcome:
    """Return what an item's row says."""
    return Outcome(progress.is_completed, progress.is_passed, progress.score)
