"""Make forms from the item bank, prove that they can be made again, and give their key for marking."""

import secrets
from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, IntegerField
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

from exams.bank.models import Difficulty, ItemBank, ItemStatus, ItemVersion, Topic
from exams.papers.assembly import (
    DrawRule,
    Layout,
    NotEnoughItems,
    PoolItem,
    Position,
    Shortage,
    assemble,
    digest,
    pool_digest,
    render,
    shortages,
)
from exams.papers.models import Form, Pool
from learning.errors import DomainError


class NothingToDraw(DomainError):
    """The rules ask for no item at all."""

    code = "nothing_to_draw"
    message = _("The test has no rule that asks for an item. Set how many items each topic gives.")


class FormNotDrawn(DomainError):
    """A paper set by hand has no draw to repeat."""

    code = "form_not_drawn"
    message = _("This paper was set by hand, so there is no draw to repeat.")


class FormAltered(DomainError):
    """Repeating the draw, or printing the paper again, gives something else than what was recorded."""

    code = "form_altered"
    status = 500
    message = _("This paper no longer agrees with its record. Tell an exam officer before it is used.")


class _OptionCount(Func):
    """Number of options, counted by the database so that the pool need not carry the texts."""

    function = "JSON_ARRAY_LENGTH"
    output_field = IntegerField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, function="JSONB_ARRAY_LENGTH", **context)


def pool_of(bank: ItemBank, rules: Sequence[DrawRule]) -> list[PoolItem]:
    """Return the approved versions of the rules' topics, by item code; one query."""
    rows = (
        ItemVersion.objects.filter(
            item__bank=bank, status=ItemStatus.APPROVED, topic__in={rule.topic for rule in rules}
        )
        .order_by("item__code")
        .values_list("pk", "topic_id", "difficulty", _OptionCount("options"))
    )
    return [PoolItem(*row) for row in rows]


def check_rules(bank: ItemBank, rules: Sequence[DrawRule]) -> None:
    """Raise NothingToDraw or NotEnoughItems, the latter with the names of the topics that fall short."""
    _check(pool_of(bank, rules), rules)


def _check(pool: Sequence[PoolItem], rules: Sequence[DrawRule]) -> None:
    if not sum(rule.count for rule in rules):
        raise NothingToDraw
    if short := shortages(pool, rules):
        raise NotEnoughItems(short, _names(short))


def _names(short: Sequence[Shortage]) -> dict[int | str, str]:
    topics = Topic.objects.filter(pk__in={shortage.topic for shortage in short})
    names: dict[int | str, str] = {topic.pk: topic.name for topic in topics}
    return names | {difficulty.value: str(difficulty.label) for difficulty in Difficulty}


@transaction.atomic
def make_form(
    *,
    title: str,
    bank: ItemBank,
    rules: Sequence[DrawRule],
    seed: str | None = None,
    shuffle_items: bool = True,
    shuffle_options: bool = True,
) -> Form:
    """Draw, render and keep a form; without a seed a random one is taken and recorded.

    Costs four statements whatever the size of bank and paper: the pool, its record, the texts of what was
    drawn, and the form. Raises NothingToDraw, NotEnoughItems.
    """
    pool = pool_of(bank, rules)
    _check(pool, rules)
    seed = secrets.token_hex(16) if seed is None else seed
    layout = assemble(pool, rules, seed=seed, shuffle_items=shuffle_items, shuffle_options=shuffle_options)
    paper = render(title, layout, _texts(layout))
    return Form.objects.create(
        sha256=digest(paper),
        seed=seed,
        title=title,
        layout=msgspec.to_builtins(layout.positions),
        paper=msgspec.to_builtins(paper),
        pool=_recorded(pool),
        draw={
            "rules": [msgspec.structs.astuple(rule) for rule in rules],
            "shuffle_items": shuffle_items,
            "shuffle_options": shuffle_options,
        },
    )


def _recorded(pool: Sequence[PoolItem]) -> Pool:
    # get_or_create settles the race of two first starters on the unique hash.
    entries = [msgspec.structs.astuple(item) for item in pool]
    return Pool.objects.only("pk").get_or_create(sha256=pool_digest(pool), defaults={"entries": entries})[0]


def _texts(layout: Layout) -> dict[int, tuple[str, list[str]]]:
    rows = ItemVersion.objects.filter(pk__in=[position.version for position in layout.positions])
    return {pk: (stem, options) for pk, stem, options in rows.values_list("pk", "stem", "options")}


def layout_of(form: Form) -> Layout:
    """Return the form's layout as recorded."""
    return Layout(msgspec.convert(form.layout, list[Position]))


def rebuild(form: Form) -> Layout:
    """Draw the form again from its seed, pool and rules, and print it again from the pinned versions.

    Returns the layout; raises FormNotDrawn, or FormAltered when either result differs from the record.
    """
    if form.pool is None:
        raise FormNotDrawn
    pool = [PoolItem(*entry) for entry in form.pool.entries]
    layout = assemble(
        pool,
        [DrawRule(*rule) for rule in form.draw["rules"]],
        seed=form.seed,
        shuffle_items=form.draw["shuffle_items"],
        shuffle_options=form.draw["shuffle_options"],
    )
    paper = render(form.title, layout, _texts(layout))
    is_same = (
        pool_digest(pool) == form.pool.sha256
        and layout == layout_of(form)
        and msgspec.to_builtins(paper) == form.paper
        and digest(paper) == form.sha256
    )
    if not is_same:
        raise FormAltered
    return layout


def positions(form: Form) -> list[ItemVersion]:
    """Return the pinned version at each position of the form, with its item and topic; one query."""
    layout = layout_of(form)
    versions = ItemVersion.objects.select_related("item", "topic").in_bulk(
        [position.version for position in layout.positions]
    )
    return [versions[position.version] for position in layout.positions]


def answer_key(form: Form) -> list[int]:
    """Return the right option at each position, counted from 1 as the candidate saw them; one query."""
    layout = layout_of(form)
    keys = dict(
        ItemVersion.objects.filter(pk__in=[position.version for position in layout.positions]).values_list(
            "pk", "key"
        )
    )
    return [position.order.index(keys[position.version]) + 1 for position in layout.positions]
