"""Pages of the item bank, for exam officers and reviewers."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from exams.bank import exchange, reports, services
from exams.bank.errors import CodeTaken, EditConflict, InvalidItem, NothingChanged, VersionInWork
from exams.bank.figures import UnfitFigure
from exams.bank.forms import FilterForm, ItemForm, StepForm, UploadForm, initial_of
from exams.bank.history import history
from exams.bank.models import Difficulty, Figure, Item, ItemBank, ItemImport, ItemStatus, ItemVersion
from exams.bank.steps import STEPS, open_steps
from learning.errors import DomainError
from learning.people.access import PersonRequest, fetch, requires
from learning.spreadsheets import CONTENT_TYPES, Format, SpreadsheetError

PER_PAGE = 25
_VERSIONS = ItemVersion.objects.select_related("item__bank", "topic", "author", "reviewed_by", "approved_by")


@requires("bank.view")
def banks(request: HttpRequest) -> HttpResponse:
    """List the banks; where there is but one, go to it."""
    found = ItemBank.objects.annotate(
        approved=Count("items__versions", filter=Q(items__versions__status=ItemStatus.APPROVED))
    ).order_by("code")
    if len(found) == 1:
        return redirect("bank:items", found[0].code)
    return render(request, "bank/banks.html", {"banks": found})


@requires("bank.view")
def items(request: HttpRequest, bank: str) -> HttpResponse:
    """List a bank's versions, filtered, with what the bank holds."""
    found = get_object_or_404(ItemBank, code=bank)
    form = FilterForm(request.GET, bank=found)
    versions = form.apply(_VERSIONS.filter(item__bank=found))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "bank": found,
        "form": form,
        "page": Paginator(versions, PER_PAGE).get_page(request.GET.get("page")),
        "query": query.urlencode(),
        "may_export": request.user.has_perm("bank.export_items"),
        "statuses": [(s, ItemStatus(s).label, n) for s, n in reports.status_counts(found).items()],
    }
    return render(request, "bank/items.html", context)


@requires("bank.view")
def counts(request: HttpRequest, bank: str) -> HttpResponse:
    """Show how many versions there are per topic, difficulty and status."""
    found = get_object_or_404(ItemBank, code=bank)
    context = {
        "bank": found,
        "rows": reports.count_table(found),
        "statuses": ItemStatus.choices,
        "difficulties": Difficulty.choices,
    }
    return render(request, "bank/counts.html", context)


@requires("bank.view")
def item(request: PersonRequest, bank: str, pk: int) -> HttpResponse:
    """Show all versions of an item, what may be done with each, and the item's history."""
    found = get_object_or_404(Item.objects.select_related("bank"), bank__code=bank, pk=pk)
    versions = list(_VERSIONS.select_related("figure").filter(item=found).order_by("-number"))
    in_work = next((version for version in versions if version.status in services.IN_WORK), None)
    context = {
        "bank": found.bank,
        "item": found,
        "versions": [(version, open_steps(version, request.user)) for version in versions],
        "may_edit": in_work is None or request.user.has_perm("bank.edit_version", in_work),
        "in_work": in_work,
        "history": history(found),
    }
    return render(request, "bank/item.html", context)


@requires("bank.view")
def preview(request: PersonRequest, bank: str, pk: int, number: int) -> HttpResponse:
    """Show a version as a candidate sees it."""
    versions = _VERSIONS.select_related("figure")
    version = fetch(request.user, versions, "bank.view", item__bank__code=bank, item_id=pk, number=number)
    return render(request, "bank/preview.html", {"version": version, "bank": version.item.bank})


@requires("bank.write_items")
def create(request: PersonRequest, bank: str) -> HttpResponse:
    """Write a new item."""
    found = get_object_or_404(ItemBank, code=bank)
    form = ItemForm(_posted(request), request.FILES or None, bank=found, has_code=True)
    if request.method == "POST" and form.is_valid() and _takes_figure(form):
        try:
            version = services.create_item(
                found, form.content, author=request.user, code=form.cleaned_data["code"]
            )
        except InvalidItem as error:
            form.add_problems(error.problems)
        except CodeTaken as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, _("The item is kept as a draft. Somebody else reviews it next."))
            return redirect("bank:item", bank, version.item_id)
    return render(request, "bank/edit.html", {"bank": found, "form": form, "figure": _figure(form)})


@requires("bank.write_items")
def edit(request: PersonRequest, bank: str, pk: int) -> HttpResponse:
    """Edit the version in work; where there is none, write the next version."""
    found = get_object_or_404(Item.objects.select_related("bank"), bank__code=bank, pk=pk)
    newest = _VERSIONS.filter(item=found).latest("number")
    if request.method != "POST" and newest.status in services.IN_WORK:
        fetch(request.user, _VERSIONS, "bank.edit_version", pk=newest.pk)
    form = ItemForm(_posted(request), request.FILES or None, bank=found.bank, initial=initial_of(newest))
    context = {"bank": found.bank, "item": found, "newest": newest, "form": form}
    if request.method == "POST" and form.is_valid() and _takes_figure(form):
        seen = {name: form.cleaned_data[name] for name in ("number", "revision")}
        try:
            services.rewrite(found, form.content, author=request.user, **seen)
        except InvalidItem as error:
            form.add_problems(error.problems)
        except NothingChanged as error:
            form.add_error(None, str(error))
        except (EditConflict, VersionInWork) as error:
            # Nobody loses what they typed: it stays in the form, beside the text as it is now.
            _show_conflict(form, error, newest)
            context["conflict"] = newest
        else:
            messages.success(request, _("The draft is saved."))
            return redirect("bank:item", bank, pk)
    return render(request, "bank/edit.html", context | {"figure": _figure(form)})


@requires("bank.view")
def step(request: PersonRequest, bank: str, pk: int, number: int, name: str) -> HttpResponse:
    """Ask for confirmation of a step in the version's life, and take it."""
    if name not in STEPS:
        raise Http404
    wanted = STEPS[name]
    version = fetch(
        request.user, _VERSIONS, wanted.permission, item__bank__code=bank, item_id=pk, number=number
    )
    form = StepForm(
        _posted(request),
        initial={"revision": version.revision},
        note_label=wanted.note_label,
        note_needed=wanted.is_note_needed,
    )
    if request.method == "POST" and form.is_valid():
        try:
            wanted.take(version, request.user, form.cleaned_data["revision"], form.cleaned_data["note"])
        except InvalidItem as error:
            form.add_error(None, " ".join(problem.message for problem in error.problems))
        except EditConflict as error:
            _show_conflict(form, error, version)
        else:
            messages.success(request, str(wanted.done))
            return redirect("bank:item", bank, pk)
    context = {"bank": version.item.bank, "version": version, "step": wanted, "form": form}
    return render(request, "bank/step.html", context)


@requires("bank.import_items")
def upload(request: PersonRequest, bank: str) -> HttpResponse:
    """Take a list of items and go to its dry run."""
    found = get_object_or_404(ItemBank, code=bank)
    form = UploadForm(_posted(request), request.FILES)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            uploaded = exchange.upload(found, file, file.name, actor=request.user)
        except SpreadsheetError as error:
            form.add_error("file", str(error))
        else:
            return redirect("bank:import", bank, uploaded.pk)
    context = {"bank": found, "form": form, "columns": exchange.columns()}
    return render(request, "bank/upload.html", context)


@requires("bank.import_items")
def import_items(request: PersonRequest, bank: str, pk: int) -> HttpResponse:
    """Show what importing an uploaded list would do, and do it."""
    imports = ItemImport.objects.select_related("bank")
    uploaded = fetch(request.user, imports, "bank.import_items", bank__code=bank, pk=pk)
    if request.method == "POST":
        done = exchange.apply(uploaded, actor=request.user)
        text = _("%(created)d items created, %(changed)d changed. They are drafts until reviewed.")
        changed = done["edit"] + done["revise"]
        messages.success(request, text % {"created": done["create"], "changed": changed})
        return redirect("bank:items", bank)
    context: dict[str, Any] = {"bank": uploaded.bank, "uploaded": uploaded}
    if uploaded.applied_at is None:
        plan = exchange.plan(uploaded, actor=request.user)
        context |= {"plan": plan, "summary": plan.summary}
    return render(request, "bank/import.html", context)


@requires("bank.import_items")
def template(_request: HttpRequest, bank: str, file_format: Format) -> HttpResponse:
    """Give the empty table to fill in."""
    found = get_object_or_404(ItemBank, code=bank)
    return _download(exchange.template_table(found, file_format), f"{bank}-template", file_format)


@requires("bank.export_items")
def export(request: PersonRequest, bank: str, file_format: Format) -> HttpResponse:
    """Give the versions that the filters keep, as a table."""
    found = get_object_or_404(ItemBank, code=bank)
    versions = FilterForm(request.GET, bank=found).apply(_VERSIONS.filter(item__bank=found))
    return _download(
        exchange.export(found, versions, file_format, actor=request.user), f"{bank}-items", file_format
    )


def _show_conflict(form: Form, error: DomainError, present: ItemVersion) -> None:
    """Say that the text has changed; going on after reading it is meant for the present revision."""
    form.add_error(None, str(error))
    form.data = dict(form.data.items()) | {"number": present.number, "revision": present.revision}


def _takes_figure(form: ItemForm) -> bool:
    """Keep the uploaded figure, if there is one; say at the field what is wrong with it."""
    file = form.cleaned_data["figure"]
    if file is None:
        return True
    try:
        form.keep_figure(services.keep_figure(file.read()).pk)
    except UnfitFigure as error:
        form.add_error("figure", str(error))
        return False
    return True


def _figure(form: ItemForm) -> Figure | None:
    """Return the figure that the form holds, to be looked at."""
    return Figure.objects.filter(pk=form["figure_kept"].value() or "").first()


def _posted(request: HttpRequest) -> QueryDict | None:
    """Return what was posted, even nothing: an empty form is told what it lacks."""
    return request.POST if request.method == "POST" else None


def _download(content: bytes, name: str, file_format: Format) -> HttpResponse:
    response = HttpResponse(content, content_type=CONTENT_TYPES[file_format])
    response["Content-Disposition"] = f'attachment; filename="{name}.{file_format}"'
    return response
