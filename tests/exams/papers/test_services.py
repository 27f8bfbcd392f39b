"""Forms made from a bank: pinned, provable, and without the key."""

import json
from hashlib import sha256

import pytest
from django.utils import translation

from exams.bank.models import ItemStatus
from exams.papers import services
from exams.papers.assembly import DrawRule, NotEnoughItems, Section
from exams.papers.models import Form, Pool
from tests.exams.bank.factories import fill_bank, make_bank, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def bank():
    bank = make_bank()
    fill_bank(bank)
    return bank


@pytest.fixture
def rules(bank):
    first, second = bank.topics.all()
    return [DrawRule(first.pk, "easy", 2), DrawRule(first.pk, "", 3), DrawRule(second.pk, "", 4)]


def test_a_form_holds_what_the_rules_ask_for(bank, rules):
    form = services.make_form(title="ชุดทดสอบ", bank=bank, rules=rules)
    versions = services.positions(form)
    assert len({version.pk for version in versions}) == 9
    assert [version.topic.code for version in versions].count("t1") == 5
    assert [item["n"] for item in form.paper["items"]] == list(range(1, 10))
    assert [item["stem"] for item in form.paper["items"]] == [version.stem for version in versions]


def test_the_key_points_at_the_option_as_shown(bank, rules):
    form = services.make_form(title="ชุดทดสอบ", bank=bank, rules=rules)
    shown = [item["options"] for item in form.paper["items"]]
    right = [options[choice - 1] for options, choice in zip(shown, services.answer_key(form), strict=True)]
    assert right == [version.options[version.key] for version in services.positions(form)]


def test_the_paper_tells_neither_key_nor_topic_nor_difficulty_nor_explanation(bank, rules):
    form = services.make_form(title="ชุดทดสอบ", bank=bank, rules=rules)
    assert set(form.paper) == {"title", "items"}
    assert {frozenset(item) for item in form.paper["items"]} == {frozenset({"n", "stem", "options"})}
    text = json.dumps(form.paper, ensure_ascii=False)
    assert "มาตรา 11" not in text
    assert "หัวข้อที่" not in text


def test_without_a_seed_two_forms_differ_and_each_records_its_own(bank, rules):
    forms = [services.make_form(title="ชุด", bank=bank, rules=rules) for _ in range(2)]
    assert len({form.seed for form in forms}) == len({form.sha256 for form in forms}) == 2
    assert all(len(form.seed) == 32 for form in forms)


def test_the_same_seed_gives_the_same_form(bank, rules):
    forms = [services.make_form(title="ชุด", bank=bank, rules=rules, seed="a") for _ in range(2)]
    assert forms[0].sha256 == forms[1].sha256
    assert forms[0].layout == forms[1].layout


def test_a_form_is_rebuilt_exactly_even_after_the_bank_has_changed(bank, rules):
    form = services.make_form(title="ชุด", bank=bank, rules=rules)
    for version in services.positions(form)[:3]:
        version.status = ItemStatus.RETIRED
        version.save(update_fields=["status"])
    make_version(bank)
    layout = services.rebuild(Form.objects.get(pk=form.pk))
    assert [(p.version, p.order) for p in layout.positions] == [
        (entry["version"], entry["order"]) for entry in form.layout
    ]


@pytest.mark.parametrize("field", ["layout", "paper", "sha256", "seed"])
def test_a_form_that_was_tampered_with_is_found_out(bank, rules, field):
    form = services.make_form(title="ชุด", bank=bank, rules=rules)
    other = services.make_form(title="ชุด", bank=bank, rules=rules)
    setattr(form, field, getattr(other, field))
    with pytest.raises(services.FormAltered):
        services.rebuild(form)


def test_a_changed_item_text_is_found_out(bank, rules):
    form = services.make_form(title="ชุด", bank=bank, rules=rules)
    version = services.positions(form)[0]
    version.stem = "เปลี่ยนไปแล้ว"
    version.save()
    with pytest.raises(services.FormAltered):
        services.rebuild(form)


def test_a_paper_set_by_hand_has_no_draw_to_repeat(db):
    form = Form.objects.create(sha256="0" * 64, seed="", title="ชุด", layout=[], paper={})
    with pytest.raises(services.FormNotDrawn):
        services.rebuild(form)


def test_only_approved_versions_of_this_bank_are_drawn(bank):
    topic = bank.topics.get(code="t1")
    approved = set(bank.items.filter(versions__topic=topic).values_list("versions__pk", flat=True))
    for status in (ItemStatus.DRAFT, ItemStatus.REVIEWED, ItemStatus.RETIRED):
        make_version(bank, topic=topic, status=status)
    other = make_bank("other")
    make_version(other)
    form = services.make_form(title="ชุด", bank=bank, rules=[DrawRule(topic.pk, "", len(approved))])
    assert {version.pk for version in services.positions(form)} == approved


def test_asking_for_more_than_the_bank_has_names_topic_difficulty_wanted_and_available(bank):
    first, second = bank.topics.all()
    rules = [DrawRule(first.pk, "hard", 5), DrawRule(second.pk, "", 13)]
    with translation.override("th"), pytest.raises(NotEnoughItems) as caught:
        services.make_form(title="ชุด", bank=bank, rules=rules)
    assert str(caught.value) == (
        "คลังข้อสอบมีข้อสอบที่อนุมัติแล้วไม่พอ “หัวข้อที่ 1” ระดับยาก ต้องการ 5 ข้อ มี 4 ข้อ; "
        "“หัวข้อที่ 2” ระดับใดก็ได้ ต้องการ 13 ข้อ มี 12 ข้อ"
    )
    assert not Form.objects.exists()


def test_rules_that_ask_for_nothing_are_refused(bank):
    for rules in ([], [DrawRule(bank.topics.all()[0].pk, "", 0)]):
        with pytest.raises(services.NothingToDraw):
            services.make_form(title="ชุด", bank=bank, rules=rules)


def test_rules_can_be_checked_before_anybody_sits(bank, rules):
    services.check_rules(bank, rules)
    with pytest.raises(NotEnoughItems):
        services.check_rules(bank, [DrawRule(rules[0].topic, "", 99)])


def test_forms_of_one_state_of_the_bank_share_the_record_of_the_pool(bank, rules):
    forms = [services.make_form(title="ชุด", bank=bank, rules=rules) for _ in range(3)]
    assert {form.pool_id for form in forms} == {Pool.objects.get().pk}
    make_version(bank)
    assert services.make_form(title="ชุด", bank=bank, rules=rules).pool_id != forms[0].pool_id


def test_making_a_form_takes_four_statements_whatever_its_size(bank, rules, django_assert_num_queries):
    services.make_form(title="ชุด", bank=bank, rules=rules)
    # With the savepoint's two.
    with django_assert_num_queries(6):
        form = services.make_form(title="ชุด", bank=bank, rules=rules)
    with django_assert_num_queries(1):
        services.answer_key(form)
    with django_assert_num_queries(1):
        assert {version.topic.bank_id for version in services.positions(form)} == {bank.pk}


@pytest.fixture
def sections(bank):
    """Two subjects, the second from another bank."""
    english = make_bank("english", max_section=None)
    fill_bank(english)
    first, second = bank.topics.all()
    (other, _) = english.topics.all()
    return [
        Section("ความรู้ความสามารถในการคิดวิเคราะห์", [DrawRule(first.pk, "", 4), DrawRule(second.pk, "hard", 2)]),
        Section("ภาษาอังกฤษ", [DrawRule(other.pk, "", 3)]),
    ]


def test_sections_keep_their_order_and_their_items(bank, sections):
    form = services.make_form(title="ชุด", sections=sections)
    assert form.paper["sections"] == [
        {"title": "ความรู้ความสามารถในการคิดวิเคราะห์", "first": 1, "count": 6},
        {"title": "ภาษาอังกฤษ", "first": 7, "count": 3},
    ]
    banks = [version.item.bank.code for version in services.positions(form)]
    assert banks == ["law"] * 6 + ["english"] * 3
    assert [item["n"] for item in form.paper["items"]] == list(range(1, 10))
    assert len(services.answer_key(form)) == 9
    services.rebuild(Form.objects.get(pk=form.pk))


def test_a_section_that_is_not_in_thai_says_so(sections):
    sections[1] = Section(sections[1].title, sections[1].rules, "en")
    form = services.make_form(title="ชุด", sections=sections)
    assert [section.get("lang") for section in form.paper["sections"]] == [None, "en"]
    services.rebuild(Form.objects.get(pk=form.pk))


def test_a_shortage_in_a_later_section_is_named(bank, sections):
    sections[1] = Section("ภาษาอังกฤษ", [DrawRule(sections[1].rules[0].topic, "easy", 9)])
    with pytest.raises(NotEnoughItems) as caught:
        services.make_form(title="ชุด", sections=sections)
    assert [(short.wanted, short.available) for short in caught.value.shortages] == [(9, 4)]


def test_parallel_forms_draw_items_of_their_own_and_can_each_be_rebuilt(sections):
    forms = services.make_parallel_forms("ภาค ก.", sections, 24)
    assert len({form.sha256 for form in forms}) == len({form.seed for form in forms}) == 24
    assert len({frozenset(version.pk for version in services.positions(form)) for form in forms}) > 1
    assert len({form.draw["parallel"]["seed"] for form in forms}) == 1
    for form in Form.objects.filter(pk__in=[form.pk for form in forms]):
        services.rebuild(form)


def test_parallel_forms_may_show_the_same_items_in_orders_of_their_own(sections):
    forms = services.make_parallel_forms("ภาค ก.", sections, 4, same_items=True)
    assert len({frozenset(version.pk for version in services.positions(form)) for form in forms}) == 1
    assert len({form.sha256 for form in forms}) == 4
    for form in forms:
        services.rebuild(form)


def test_the_seed_of_a_round_gives_its_forms_again(sections):
    made = [services.make_parallel_forms("ภาค ก.", sections, 3, "2570-1") for _ in range(2)]
    assert [form.sha256 for form in made[0]] == [form.sha256 for form in made[1]]
    more = services.make_parallel_forms("ภาค ก.", sections, 5, "2570-1")
    assert [form.sha256 for form in more[:3]] == [form.sha256 for form in made[0]]


@pytest.mark.parametrize("change", [{"seed": "other"}, {"index": 1}, {"same_items": True}])
def test_a_form_that_was_not_drawn_from_its_rounds_seed_is_found_out(sections, change):
    [form] = services.make_parallel_forms("ภาค ก.", sections, 1)
    form.draw["parallel"] |= change
    with pytest.raises(services.FormAltered):
        services.rebuild(form)


@pytest.mark.parametrize("count", [0, -1, 25])
def test_a_round_has_1_to_24_parallel_forms(sections, count):
    with pytest.raises(services.WrongNumberOfForms):
        services.make_parallel_forms("ภาค ก.", sections, count)


def test_parallel_forms_that_would_be_the_same_are_refused(sections):
    with pytest.raises(services.FormsAlike):
        services.make_parallel_forms(
            "ภาค ก.", sections, 2, same_items=True, shuffle_items=False, shuffle_options=False
        )
    assert not Form.objects.exists()


def test_a_round_of_forms_takes_as_many_statements_as_one(sections, django_assert_num_queries):
    services.make_parallel_forms("ภาค ก.", sections, 1)
    with django_assert_num_queries(6):
        services.make_parallel_forms("ภาค ก.", sections, 24)


def test_a_form_recorded_before_there_were_sections_is_still_rebuilt(bank, rules):
    form = services.make_form(title="ชุด", bank=bank, rules=rules)
    assert form.draw == {
        "rules": [[rule.topic, rule.difficulty, rule.count] for rule in rules],
        "shuffle_items": True,
        "shuffle_options": True,
    }
    assert set(form.paper) == {"title", "items"}


def test_the_paper_is_kept_in_readable_thai(bank, rules):
    form = services.make_form(title="ชุดทดสอบ", bank=bank, rules=rules)
    assert Form.objects.filter(paper__title="ชุดทดสอบ", pk=form.pk).exists()
    assert len(form.sha256) == len(sha256().hexdigest())
