"""`manage.py check_papers`: found the day before, not at the start."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command

from exams.bank.models import ItemVersion
from exams.papers import services
from exams.papers.assembly import DrawRule
from exams.papers.models import Form
from tests.exams.bank.factories import fill_bank, make_bank

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_memory():
    services.bundle.cache_clear()


@pytest.fixture
def envelope():
    bank = make_bank()
    fill_bank(bank)
    rules = [DrawRule(bank.topics.all()[0].pk, "", 4)]
    return services.seal_forms("รอบเช้า", [services.make_form(title="ชุด", rules=rules) for _ in range(2)])


def run(*args):
    out = io.StringIO()
    call_command("check_papers", *map(str, args), stdout=out, stderr=out)
    return out.getvalue()


def damage(envelope):
    """Lose one file and alter the other; return their names."""
    first, second = envelope.papers.values_list("sha256", flat=True)
    storages["papers"].delete(first)
    storages["papers"].delete(second)
    storages["papers"].save(second, ContentFile(b"SEAL1\nsomething else"))
    return first, second


def test_papers_that_open_are_counted_and_no_key_is_printed(envelope):
    printed = run()
    assert printed == f"{envelope.pk} รอบเช้า: 2 papers open\n"
    assert services.paper_key(envelope) not in printed


def test_a_missing_or_damaged_file_fails_the_check(envelope):
    damage(envelope)
    with pytest.raises(CommandError, match="1 envelopes are not in order"):
        run(envelope.pk)


def test_files_come_back_under_the_names_that_seats_know(envelope):
    before = {paper.sha256: services.bundle(paper.sha256) for paper in envelope.papers.all()}
    names = damage(envelope)
    services.bundle.cache_clear()
    assert "2 papers open, 2 written again" in run("--restore")
    assert {name: services.bundle(name) for name in names} == before
    assert run("--restore") == f"{envelope.pk} รอบเช้า: 2 papers open\n"


def test_a_form_that_was_changed_is_not_sealed_again(envelope):
    damage(envelope)
    form = envelope.papers.first().form
    form.paper["title"] = "อื่น"
    form.save()
    with pytest.raises(CommandError, match="not in order"):
        run("--restore")


def test_every_paper_is_drawn_again_from_its_seed_and_compared(envelope):
    printed = run("--rebuild")
    assert printed == f"{envelope.pk} รอบเช้า: 2 papers open, 2 drawn again and the same\n"


@pytest.mark.parametrize("change", [{"seed": "another"}, {"draw": {"rules": [], "sections": []}}])
def test_a_paper_that_its_seed_does_not_give_fails_the_check(envelope, change):
    Form.objects.filter(pk=envelope.papers.first().form_id).update(**change)
    run()
    with pytest.raises(CommandError, match="1 envelopes are not in order"):
        run("--rebuild")


def test_an_item_reworded_behind_the_papers_back_fails_the_check(envelope):
    version = services.positions(envelope.papers.first().form)[0]
    ItemVersion.objects.filter(pk=version.pk).update(stem="คำถามอื่น")
    run()
    with pytest.raises(CommandError, match="not in order"):
        run("--rebuild")


def test_a_paper_set_by_hand_is_counted_apart(envelope):
    Form.objects.filter(pk=envelope.papers.first().form_id).update(pool=None, draw={})
    assert "2 papers open, 1 drawn again and the same, 1 set by hand" in run("--rebuild")


def test_an_envelope_that_does_not_exist_is_named(envelope):
    with pytest.raises(CommandError, match="No such envelope: 999"):
        run(envelope.pk, 999)
