"""One learner's walk through a package of SCORM 2004 that has rules, as it is kept between requests."""

from collections.abc import Iterable
from decimal import Decimal
from functools import cached_property
from random import SystemRandom
from typing import Any

from courses.packages.package import Kind, Package
from courses.player import errors
from courses.player.models import ItemProgress
from courses.player.outcomes import Outcome
from courses.player.sequencing.outlook import Outlook, look_ahead, needed_first
from courses.player.sequencing.refusals import Reason, Refused
from courses.player.sequencing.tree import Activity, Tree, is_sequenced, plant
from courses.player.sequencing.walk import Walk

# What a package remembers as a whole is kept under this name among its items.
WHOLE = ""
_KEY = "sequencing"
_PLACES = Decimal("0.0001")


def has_sequence(package: Package) -> bool:
    """Say whether the rules of a package decide what opens."""
    return package.kind in {Kind.SCORM_2004_3, Kind.SCORM_2004_4} and is_sequenced(package)


class WayThrough:
    """The activity tree of a package with what is known of one learner in it."""

    def __init__(self, package: Package, kept: ItemProgress | None) -> None:
        self.package = package
        self._state = kept.state.get(_KEY) if kept else None
        self.tree = self.copy()
        if self._state is None:
            Walk(self.tree, SystemRandom()).prepare()
            self._state = self.tree.state()

    def copy(self) -> Tree:
        """Return the tree as it was kept."""
        tree = plant(self.package)
        if self._state is not None:
            tree.restore(self._state)
        return tree

    @property
    def state(self) -> dict[str, Any]:
        """What is kept of it."""
        return {_KEY: self.tree.state()}

    def changed(self) -> None:
        """Take the tree as it is now for what is kept, and look ahead anew."""
        self._state = self.tree.state()
        self.__dict__.pop("outlook", None)

    @property
    def is_begun(self) -> bool:
        """Whether anything was ever opened."""
        return any(activity.attempts or activity.is_active for activity in self.tree.root.walk())

    @property
    def has_ended(self) -> bool:
        """Whether a walk was begun and came to its end."""
        return self.is_begun and self.tree.current is None and self.tree.suspended is None

    @property
    def open(self) -> Activity | None:
        """The lesson that is being learnt."""
        current = self.tree.current
        return current if current is not None and current.is_active and current.is_leaf else None

    @cached_property
    def outlook(self) -> Outlook:
        """What the learner may do next."""
        return look_ahead(self.copy)

    def closed(self, item: str) -> errors.ItemLocked | None:
        """Return why a lesson may not be opened now, or None for one that may be."""
        if self.open is not None and self.open.id == item:
            return None
        refused = self.outlook.choices.get(item)
        return None if refused is None else self.sentence(refused)

    def sentence(self, refused: Refused) -> errors.ItemLocked:
        """Return a refusal in the words for the learner."""
        if refused.reason is Reason.RULES and (titles := needed_first(self.tree, refused)):
            return errors.ItemNeeds(titles)
        return {
            Reason.RULES: errors.ItemLockedByRules,
            Reason.ATTEMPTS: errors.NoAttemptsLeft,
            Reason.ORDER: errors.ItemsInOrder,
            Reason.FORWARD: errors.OnlyForward,
            Reason.UNFINISHED: errors.FinishFirst,
            Reason.NOTHING: errors.NothingThere,
        }[refused.reason]()

    def outcome(self, items: Iterable[Outcome]) -> Outcome:
        """Return what rolled up to the whole; passed or failed only where a lesson judged."""
        tree, root = self.tree, self.tree.root
        satisfied, measure = tree.value(root, "satisfied"), tree.value(root, "measure")
        is_judged = any(item.is_passed is not None for item in items)
        completed = satisfied is True or (
            satisfied is None
            and tree.value(root, "completed") is True
            and not (is_judged and self._is_about_to_judge)
        )
        score = None if measure is None else Decimal(str(max(measure, 0.0))).quantize(_PLACES)
        return Outcome(completed, satisfied if is_judged else None, score)

    @property
    def _is_about_to_judge(self) -> bool:
        """Whether the open lesson is one that judges, and has not yet.

        Tests often say "completed" as soon as they are shown, and how they went when they are handed in.
        """
        lesson = self.open
        return (
            lesson is not None
            and lesson.rules.objective_by_content
            and self.tree.value(lesson, "satisfied") is None
        )

    def navigation(self) -> dict[str, Any]:
        """Return what content may ask for, in the words of adl.nav.request_valid."""
        outlook = self.outlook
        choices = [item for item, refused in outlook.choices.items() if refused is None]
        return {
            "continue": outlook.onward.is_open,
            "previous": outlook.backward.is_open,
            "choice": choices,
            "jump": [item for item in outlook.choices if self.tree.is_there(item)],
        }
