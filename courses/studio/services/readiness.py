"""What a version lacks before anybody could learn in it."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from django.utils.translation import gettext as _

from courses.catalogue.contents import TestRole, read_survey, read_test, read_video
from courses.catalogue.models import CompletionRule, CourseVersion, Unit, UnitKind
from courses.studio.services.drawing import count_drawable
from courses.studio.services.outline import units_in_order


def problems(version: CourseVersion) -> list[str]:
    """Return everything that keeps a version from being submitted, in sentences."""
    topics = list(version.topics.all())
    units = units_in_order(version)
    filled = {unit.topic_id for unit in units}
    found = [] if topics else [_("There are no topics yet.")]
    found += [
        _("The topic “%(name)s” has no units.") % {"name": topic.name}
        for topic in topics
        if topic.pk not in filled
    ]
    for unit in units:
        found += _unit_problems(unit)
    rule = CompletionRule.objects.filter(version=version).first()
    return found + rule_problems(rule or CompletionRule(version=version), units)


def hints(units: Iterable[Unit]) -> list[str]:
    """Return what keeps nothing out, and somebody from learning."""
    return [
        _("“%(title)s” has no captions for those who cannot hear it.") % {"title": unit.title}
        for unit in units
        if unit.kind == UnitKind.VIDEO and not read_video(unit.content).captions
    ]


def _unit_problems(unit: Unit) -> Iterator[str]:
    named = {"title": unit.title}
    match unit.kind:
        case UnitKind.TEXT | UnitKind.SLIDES if not unit.body.strip():
            yield _("“%(title)s” has no text.") % named
        case UnitKind.VIDEO | UnitKind.PDF if not unit.file and unit.package_id is None:
            yield _("“%(title)s” has no file.") % named
        case UnitKind.TEST:
            yield from _test_problems(unit)
        case UnitKind.SURVEY:
            try:
                read_survey(unit.content)
            except msgspec.ValidationError:
                yield _("“%(title)s” has no questions.") % named


def _test_problems(unit: Unit) -> Iterator[str]:
    try:
        test = read_test(unit.content)
    except msgspec.ValidationError:
        yield _("“%(title)s” has no questions.") % {"title": unit.title}
        return
    if test.draw is None:
        return
    there = count_drawable(test.draw)
    if there < test.draw.count:
        yield _("“%(title)s” draws %(count)d questions, but only %(there)d can be drawn.") % {
            "title": unit.title,
            "count": test.draw.count,
            "there": there,
        }


def rule_problems(rule: CompletionRule, units: Sequence[Unit]) -> list[str]:
    """Return why a rule cannot complete a version of these units, in sentences."""
    return list(_rule_problems(rule, units))


def _rule_problems(rule: CompletionRule, units: Sequence[Unit]) -> Iterator[str]:
    required = sum(unit.counts for unit in units)
    if not (rule.min_minutes or rule.test_mark or rule.needs_survey):
        # What a partner teaches is completed by its report.
        if units and not required and not rule.version.course.is_external:
            yield _("No unit is required and completion asks for nothing else, so nobody could complete it.")
        elif required and rule.units_needed == 0:
            yield _("Completion asks for nothing, so whoever enrols would have completed it at once.")
    if rule.units_needed is not None and rule.units_needed > required:
        yield _("Completion asks for %(needed)d units, but only %(there)d are required.") % {
            "needed": rule.units_needed,
            "there": required,
        }
    roles = {unit.content.get("role") for unit in units if unit.kind == UnitKind.TEST}
    if rule.test_mark and TestRole.POST.value not in roles:
        yield _("Completion asks for a mark in the post-test, but there is no post-test.")
    if rule.needs_survey and not any(unit.kind == UnitKind.SURVEY for unit in units):
        yield _("Completion asks for the survey, but there is none.")
