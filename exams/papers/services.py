"""Make forms from the item bank, prove that they can be made again, seal them, give their answer key."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, IntegerField
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

from exams.bank.models import Difficulty, Figure, ItemBank, ItemStatus, ItemVersion, Topic
from exams.papers import sealing
from exams.papers.assembly import (
    Draw,
    DrawRule,
    Layout,
    NotEnoughItems,
    Paper,
    PaperFigure,
    Parallel,
    PoolItem,
    Position,
    Section,
    Shortage,
    Wording,
    digest,
    lay_out,
    pool_digest,
    render,
    shortages,
)
from exams.papers.models import MAX_FORMS, Envelope, Form, Pool, SealedPaper
from learning.errors import DomainError
from learning.people.sealing import derive, seal_with, unseal_with


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


class WrongNumberOfForms(DomainError):
    """An envelope holds from one to MAX_FORMS forms that differ."""

    code = "wrong_number_of_forms"
    message = _("An envelope holds from 1 to 24 papers, and no two of them may be the same.")


class FormsAlike(DomainError):
    """The blueprint leaves no room for so many forms that differ."""

    code = "forms_alike"
    message = _(
        "Two of the papers came out the same. Ask for fewer papers, let them be shuffled, "
        "or add items to the bank."
    )


class AlreadySealed(DomainError):
    """A form is in an envelope for good."""

    code = "form_already_sealed"
    message = _("One of these papers is in an envelope already. Make new papers for this one.")


class PaperTooLarge(DomainError):
    """The bundle would be too much for a slow line."""

    code = "paper_too_large"
    message = _("A sealed paper may have 8 MB at most. Use fewer or smaller figures.")


class PaperKeyUnreadable(DomainError):
    """SEAT_KEY is not the one with which the envelope was made."""

    code = "paper_key_unreadable"
    status = 500
    message = _(
        "This server cannot read the key of this envelope. Tell the system administrator: "
        "SEAT_KEY must be the one with which the papers were sealed."
    )


class NoSuchBundle(DomainError):
    """No bundle has this name."""

    code = "no_such_bundle"
    status = 404
    message = _("There is no sealed paper of this name.")


class _OptionCount(Func):
    """Number of options, counted by the database so that the pool need not carry the texts."""

    function = "JSON_ARRAY_LENGTH"
    output_field = IntegerField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, function="JSONB_ARRAY_LENGTH", **context)


def pool_of(bank: ItemBank | None, rules: Sequence[DrawRule]) -> list[PoolItem]:
    """Return the approved versions of the rules' topics, by bank and item code; one query.

    With a bank, a rule that names a topic of another finds nothing.
    """
    versions = ItemVersion.objects.filter(
        status=ItemStatus.APPROVED, topic__in={rule.topic for rule in rules}
    )
    if bank is not None:
        versions = versions.filter(item__bank=bank)
    rows = versions.order_by("item__bank_id", "item__code").values_list(
        "pk", "topic_id", "difficulty", _OptionCount("options")
    )
    return [PoolItem(*row) for row in rows]


def check_rules(bank: ItemBank | None, rules: Sequence[DrawRule]) -> None:
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
    bank: ItemBank | None = None,
    rules: Sequence[DrawRule] = (),
    sections: Sequence[Section] = (),
    seed: str | None = None,
    shuffle_items: bool = True,
    shuffle_options: bool = True,
) -> Form:
    """Draw, render and keep a form of `rules`, or of `sections`; without a seed a random one is recorded.

    With a bank, rules that name topics of another find nothing.

    Costs four statements whatever the size of bank and paper: the pool, its record, the texts of what was
    drawn, and the form. Raises NothingToDraw, NotEnoughItems.
    """
    seed = secrets.token_hex(16) if seed is None else seed
    draw = Draw(
        rules=list(rules),
        sections=list(sections),
        shuffle_items=shuffle_items,
        shuffle_options=shuffle_options,
    )
    [form] = _make(title, [(seed, draw)], bank)
    return form


@transaction.atomic
def make_parallel_forms(
    title: str,
    sections: Sequence[Section],
    count: int,
    seed: str | None = None,
    *,
    same_items: bool = False,
    shuffle_items: bool = True,
    shuffle_options: bool = True,
) -> list[Form]:
    """Make the 1 to MAX_FORMS parallel forms of a round under one blueprint, all from one seed.

    Each form draws items of its own, or, with `same_items`, all show the same ones in orders of their own.
    Every form records the round's seed and its place, so that each can be rebuilt, and it can be shown
    that none was chosen by hand. The statements are those of `make_form`, whatever the count. Raises
    WrongNumberOfForms, NothingToDraw, NotEnoughItems, FormsAlike.
    """
    if not 1 <= count <= MAX_FORMS:
        raise WrongNumberOfForms
    seed = secrets.token_hex(16) if seed is None else seed
    blueprint = Draw(sections=list(sections), shuffle_items=shuffle_items, shuffle_options=shuffle_options)
    places = [Parallel(seed, index, same_items) for index in range(count)]
    draws = [(place.form_seed, msgspec.structs.replace(blueprint, parallel=place)) for place in places]
    forms = _make(title, draws)
    if len({form.sha256 for form in forms}) < count:
        raise FormsAlike
    return forms


def _make(title: str, draws: Sequence[tuple[str, Draw]], bank: ItemBank | None = None) -> list[Form]:
    """Make a form per (seed, draw); all draws ask for the same rules."""
    rules = draws[0][1].all_rules
    pool = pool_of(bank, rules)
    _check(pool, rules)
    layouts = [lay_out(pool, draw, seed=seed) for seed, draw in draws]
    texts, record = _texts(*layouts), _recorded(pool)
    papers = [
        render(title, layout, texts, draw.sections)
        for layout, (_seed, draw) in zip(layouts, draws, strict=True)
    ]
    return Form.objects.bulk_create(
        Form(
            sha256=digest(paper),
            seed=seed,
            title=title,
            layout=msgspec.to_builtins(layout.positions),
            paper=msgspec.to_builtins(paper),
            pool=record,
            draw=msgspec.to_builtins(draw),
        )
        for (seed, draw), layout, paper in zip(draws, layouts, papers, strict=True)
    )


def _recorded(pool: Sequence[PoolItem]) -> Pool:
    # get_or_create settles the race of two first starters on the unique hash.
    entries = [msgspec.structs.astuple(item) for item in pool]
    return Pool.objects.only("pk").get_or_create(sha256=pool_digest(pool), defaults={"entries": entries})[0]


def _texts(*layouts: Layout) -> dict[int, Wording]:
    drawn = {position.version for layout in layouts for position in layout.positions}
    rows = ItemVersion.objects.filter(pk__in=drawn).values_list(
        "pk", "stem", "options", "figure_id", "figure_alt", "figure__width", "figure__height"
    )
    return {
        pk: Wording(stem, options, PaperFigure(name, alt, width, height) if name else None)
        for pk, stem, options, name, alt, width, height in rows
    }


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
    try:
        draw = msgspec.convert(form.draw, Draw)
    except msgspec.ValidationError as error:
        raise FormAltered from error
    layout = lay_out(pool, draw, seed=form.seed)
    paper = render(form.title, layout, _texts(layout), draw.sections)
    is_same = (
        pool_digest(pool) == form.pool.sha256
        and (draw.parallel is None or draw.parallel.form_seed == form.seed)
        and layout == layout_of(form)
        and msgspec.to_builtins(paper) == form.paper
        and digest(paper) == form.sha256
    )
    if not is_same:
        raise FormAltered
    return layout


def positions(form: Form) -> list[ItemVersion]:
    """Return the pinned version at each position of the form, with item, topic and figure; one query."""
    layout = layout_of(form)
    versions = ItemVersion.objects.select_related("item", "topic", "figure").in_bulk(
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


MAX_BUNDLE_BYTES = 8 * 1024 * 1024
_LANGUAGE = "th"
_SHA256_DIGITS = 64


@transaction.atomic
def seal_forms(
    title: str, forms: Sequence[Form], *, tell: Callable[[int], None] = lambda _sealed: None
) -> Envelope:
    """Seal forms into one envelope, in the order given, and prove that its key opens every one.

    `tell` is called with how many are sealed. A form that is not what its name says is not sealed. Raises
    WrongNumberOfForms, AlreadySealed, PaperTooLarge, FormAltered.
    """
    if not 0 < len({form.sha256 for form in forms}) == len(forms) <= MAX_FORMS:
        raise WrongNumberOfForms
    secret = sealing.new_secret()
    envelope = Envelope.objects.create(title=title, sealed_secret=seal_with(_envelope_key(), secret.encode()))
    bundles = []
    for form in forms:
        bundles.append(sealing.seal(_contents(form), secret))
        tell(len(bundles))
    if max(map(len, bundles)) > MAX_BUNDLE_BYTES:
        raise PaperTooLarge
    try:
        with transaction.atomic():
            SealedPaper.objects.bulk_create(
                SealedPaper(
                    envelope=envelope, form=form, index=index, sha256=sealing.name_of(data), size=len(data)
                )
                for index, (form, data) in enumerate(zip(forms, bundles, strict=True))
            )
    except IntegrityError as error:
        raise AlreadySealed from error
    # Before the commit: a name that anybody can learn leads to a file. What a rollback leaves behind is
    # a file that nobody can open, since its secret is gone.
    for data in bundles:
        storages["papers"].save(sealing.name_of(data), ContentFile(data))
    check_envelope(envelope)
    return envelope


def _contents(form: Form) -> sealing.Contents:
    paper = msgspec.convert(form.paper, Paper)
    if digest(paper) != form.sha256:
        raise FormAltered
    return sealing.Contents(form.sha256, _LANGUAGE, paper, figures_of(form))


def figures_of(form: Form) -> dict[str, str]:
    """Return the form's figures as data URLs by SHA-256; one query, none for a paper without figures.

    Raises FormAltered when one is missing or is not what its name says.
    """
    wanted = {item["figure"]["sha256"] for item in form.paper["items"] if "figure" in item}
    if not wanted:
        return {}
    figures = Figure.objects.in_bulk(sorted(wanted))
    for name in wanted:
        if name not in figures or hashlib.sha256(figures[name].data).hexdigest() != name:
            raise FormAltered
    return {name: figure.data_url for name, figure in figures.items()}


def _envelope_key() -> bytes:
    return derive(settings.SEAT_KEY, b"paper-key")


def paper_key(envelope: Envelope) -> str:
    """Return the envelope's code as people see it, 20 letters and a check letter in groups of five.

    Whoever calls this answers for whom it is shown to, and when. Raises PaperKeyUnreadable.
    """
    try:
        return sealing.spelled(unseal_with(_envelope_key(), envelope.sealed_secret).decode())
    except InvalidTag as error:
        raise PaperKeyUnreadable from error


def open_bundle(data: bytes, code: str, form_sha: str) -> Paper:
    """Return the paper in a bundle, opened with a code as people type it.

    Raises MistypedPaperKey, WrongPaperKey, BundleAltered.
    """
    return sealing.open_sealed(data, sealing.parse_key(code), form_sha).paper


def form_of_bundle(data: bytes) -> str:
    """Return the SHA-256 of the form that this very file was sealed from here. Raises NoSuchBundle."""
    sealed = SealedPaper.objects.select_related("form").filter(sha256=sealing.name_of(data)).first()
    if sealed is None:
        raise NoSuchBundle
    return sealed.form.sha256


def check_envelope(envelope: Envelope) -> None:
    """Prove from the stored files that the envelope's key opens every paper, and that it is its form's.

    Raises PaperKeyUnreadable, NoSuchBundle, BundleAltered, WrongPaperKey.
    """
    code = paper_key(envelope)
    for sealed in envelope.papers.select_related("form"):
        data = _read_bundle(sealed.sha256)
        if len(data) != sealed.size:
            raise sealing.BundleAltered
        if msgspec.to_builtins(open_bundle(data, code, sealed.form.sha256)) != sealed.form.paper:
            raise FormAltered


def rebuild_forms(envelope: Envelope) -> tuple[int, int]:
    """Draw and print every paper of an envelope again from its recorded seed; return drawn and set by hand.

    Together with `check_envelope` it shows that what lies sealed is what the seed gives, item by item and
    option by option. A paper set by hand has no draw to repeat. Raises FormAltered.
    """
    drawn = by_hand = 0
    for sealed in envelope.papers.select_related("form__pool"):
        try:
            rebuild(sealed.form)
        except FormNotDrawn:
            by_hand += 1
        else:
            drawn += 1
    return drawn, by_hand


def restore_bundles(envelope: Envelope) -> int:
    """Write again the files of an envelope that are missing or damaged; return how many there were.

    Sealing is repeatable: the same form and secret give the same bytes, so the file that comes back has
    the name that seats already know. Raises PaperKeyUnreadable, FormAltered, and BundleAltered where it
    would be another file, which another release of zlib could make.
    """
    secret, restored = sealing.parse_key(paper_key(envelope)), 0
    for sealed in envelope.papers.select_related("form"):
        try:
            _read_bundle(sealed.sha256)
        except (NoSuchBundle, sealing.BundleAltered):
            data = sealing.seal(_contents(sealed.form), secret)
            if sealing.name_of(data) != sealed.sha256:
                raise sealing.BundleAltered from None
            storages["papers"].delete(sealed.sha256)
            storages["papers"].save(sealed.sha256, ContentFile(data))
            restored += 1
    return restored


def bundle_url(sha256: str) -> str:
    """Return the address from which a bundle is fetched; it may be another server's."""
    return f"{settings.PAPERS_URL}{sha256}"


@lru_cache(maxsize=32)
def bundle(sha256: str) -> bytes:
    """Return the bytes of a bundle. Raises NoSuchBundle, BundleAltered.

    Bundles never change, so each process keeps those of the rounds in progress in memory.
    """
    return _read_bundle(sha256)


def _read_bundle(sha256: str) -> bytes:
    if len(sha256) != _SHA256_DIGITS or not set(sha256) <= set("0123456789abcdef"):
        raise NoSuchBundle
    try:
        with storages["papers"].open(sha256) as file:
            data: bytes = file.read()
    except FileNotFoundError as error:
        raise NoSuchBundle from error
    if sealing.name_of(data) != sha256:
        raise sealing.BundleAltered
    return data
