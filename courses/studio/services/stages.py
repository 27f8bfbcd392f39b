"""How an agency reviews its courses: stages with named persons."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from courses.studio.errors import InvalidReviewers
from courses.studio.models import AgencyStage
from courses.studio.services.writing import compare, digest
from learning.people import audit
from learning.people.models import Agency, Person

MOST_STAGES = 5


@dataclass(frozen=True)
class StagePlan:
    """A stage as it is written."""

    name: str
    quorum: str
    reviewers: tuple[Person, ...]


def own_stages(agency: Agency) -> list[AgencyStage]:
    """Return the stages that the agency itself has, with their reviewers."""
    return list(AgencyStage.objects.filter(agency=agency).prefetch_related("reviewers"))


def stages_seen(agency: Agency) -> str:
    """Return what stands for the stages as they are."""
    return digest(
        [
            (stage.name, stage.quorum, sorted(person.pk for person in stage.reviewers.all()))
            for stage in own_stages(agency)
        ]
    )


@transaction.atomic
def set_stages(agency: Agency, stages: Sequence[StagePlan], *, seen: str, actor: Person) -> None:
    """Say how an agency reviews; without stages it reviews as the agency above it does.

    Reviews that are going on keep the stages they began with. Raises ChangedMeanwhile, InvalidReviewers.
    """
    Agency.objects.select_for_update(no_key=True).get(pk=agency.pk)
    compare(seen, stages_seen(agency))
    if len(stages) > MOST_STAGES:
        raise InvalidReviewers(_("A review has at most %(most)d stages.") % {"most": MOST_STAGES})
    for stage in stages:
        if not stage.reviewers:
            raise InvalidReviewers(
                _("Name at least one reviewer in the stage “%(name)s”.") % {"name": stage.name}
            )
    AgencyStage.objects.filter(agency=agency).delete()
    for order, stage in enumerate(stages):
        row = AgencyStage.objects.create(agency=agency, order=order, name=stage.name, quorum=stage.quorum)
        row.reviewers.set(stage.reviewers)
    audit.record(
        actor,
        "studio.stages_set",
        agency,
        stages=[
            {
                "name": stage.name,
                "quorum": stage.quorum,
                "reviewers": [person.pk for person in stage.reviewers],
            }
            for stage in stages
        ],
    )
