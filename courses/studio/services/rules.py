"""In which order a version is learnt, and what completes it."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from courses.catalogue.models import CompletionRule, CourseVersion, VersionStatus
from courses.studio.errors import RuleImpossible, WrongStep
from courses.studio.services import readiness
from courses.studio.services.outline import units_in_order
from courses.studio.services.writing import compare, lock, open_for_writing, rule_seen
from learning.people import audit
from learning.people.models import Person

RULE = ("units_needed", "min_minutes", "test_mark", "needs_survey")


def held_by(version: CourseVersion) -> tuple[Any, ...]:
    """Return in which order a version is learnt and what completes it, to be compared with another's."""
    rule = CompletionRule.objects.filter(version=version).first() or CompletionRule()
    return (version.is_sequential, *(getattr(rule, name) for name in RULE))


def can_change(version: CourseVersion) -> bool:
    """Say whether its rule can change: while a version is written, and again when people learn in it."""
    return version.is_in_writing or version.status == VersionStatus.PUBLISHED


@transaction.atomic
def set_rule(
    version: CourseVersion, values: Mapping[str, Any], *, is_sequential: bool, seen: str, actor: Person
) -> None:
    """Say what completes a version that is being written, and in which order it is learnt.

    Of a published version only the completion rule changes; whoever has completed it keeps that. A draft
    may ask for what is still to be written, and is looked at when it is submitted.
    Raises WrongStep, ChangedMeanwhile, RuleImpossible.
    """
    locked = lock(version)
    if not can_change(locked):
        raise WrongStep(locked.get_status_display())
    compare(seen, rule_seen(locked))
    if locked.is_in_writing:
        open_for_writing(locked, actor=actor)
        if locked.is_sequential != is_sequential:
            CourseVersion.objects.filter(pk=locked.pk).update(is_sequential=is_sequential)
            audit.record(actor, "studio.order_changed", locked, is_sequential=is_sequential)
    elif found := readiness.rule_problems(CompletionRule(version=locked, **values), units_in_order(locked)):
        raise RuleImpossible(found)
    rule = CompletionRule.objects.filter(version=locked).first() or CompletionRule(version=locked)
    if rule.pk and all(getattr(rule, name) == values[name] for name in RULE):
        return
    for name in RULE:
        setattr(rule, name, values[name])
    if rule.pk:
        rule.revision = F("revision") + 1
    rule.updated_at = timezone.now()
    rule.save()
    audit.record(actor, "studio.rule_changed", locked, **{name: str(values[name]) for name in RULE})
