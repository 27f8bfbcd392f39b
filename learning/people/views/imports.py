"""Import of a list of persons, from upload to undo, and export."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from learning.people.access import PersonRequest, fetch, officer_agencies, requires
from learning.people.directory import persons_visible_to
from learning.people.imports import batches, files
from learning.people.imports.resource import HEADINGS, REQUIRED
from learning.people.models import (
    Agency,
    BatchStatus,
    ImportBatch,
    PositionLevel,
    Role,
    RowState,
)
from learning.people.staff_forms import ExportForm, PersonFilterForm, UploadForm
from learning.people.tasks import run, send_links, start_work
from learning.people.views.staff import agencies_of, filtered
from learning.spreadsheets import CONTENT_TYPES, Format, SpreadsheetError

PAGE = 25
PREVIEW = 10
DECISIONS = {
    "accept": batches.accept_batch,
    "cancel": batches.cancel_batch,
    "undo": batches.undo_batch,
}


def _download(content: bytes, name: str, kind: Format) -> HttpResponse:
    response = HttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{slugify(name)}.{kind}"'
    return response


@require_http_methods(["GET", "POST"])
@requires("people.import_persons")
def imports(request: PersonRequest) -> HttpResponse:
    """List the imports, and take in a new file."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        batch = _take_in(request, form)
        if batch:
            start_work(batch)
            return redirect("people:import", batch.public_id)
    mine = ImportBatch.objects.select_related("officer")
    if not request.user.has_role(Role.ADMINISTRATOR):
        mine = mine.filter(officer=request.user)
    scope = (
        Agency.objects.all() if request.user.has_role(Role.ADMINISTRATOR) else officer_agencies(request.user)
    )
    context = {
        "form": form,
        "page": Paginator(mine, PAGE).get_page(request.GET.get("page")),
        "columns": [(heading, name in REQUIRED, files.ADVICE[name]) for name, heading in HEADINGS.items()],
        "agencies": scope,
        "levels": PositionLevel.objects.select_related("position_type").order_by(
            "position_type__order", "order"
        ),
        "max_rows": settings.IMPORT_MAX_ROWS,
        "max_megabytes": settings.IMPORT_MAX_BYTES // 2**20,
    }
    return render(request, "people/imports.html", context, status=422 if form.errors else 200)


def _take_in(request: PersonRequest, form: UploadForm) -> ImportBatch | None:
    """Return the new batch, or None with the reason at the form's field."""
    upload: UploadedFile = form.cleaned_data["file"]
    try:
        return batches.upload_batch(request.user, upload, upload.name or "")  # type: ignore[arg-type]
    except SpreadsheetError as error:
        form.add_error("file", str(error))
        return None


@require_safe
@requires("people.import_persons")
def template(request: PersonRequest, kind: Format) -> HttpResponse:  # noqa: ARG001
    """Give an empty list with the headings."""
    if kind not in CONTENT_TYPES:
        raise Http404
    return _download(files.template(kind), "persons-template", kind)


def _batch(request: PersonRequest, public_id: UUID) -> ImportBatch:
    return fetch(
        request.user, ImportBatch.objects.select_related("officer"), "people.use_import", public_id=public_id
    )


@never_cache
@require_safe
@requires("people.import_persons")
def batch(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Show how far an import is, what was found, and what can be decided."""
    found = _batch(request, public_id)
    counts = batches.counts(found)
    faulty = Paginator(found.rows.filter(state=RowState.FAULTY), PAGE).get_page(request.GET.get("page"))
    good = found.rows.exclude(state__in=[RowState.FAULTY, RowState.UNCHANGED])
    is_done = found.status == BatchStatus.IMPORTED
    to_do = sum(counts.get(state, 0) for state in (RowState.TO_CREATE, RowState.TO_UPDATE))
    context = {
        "batch": found,
        "counts": [(RowState(state).label, counts[state]) for state in RowState.values if state in counts],
        "to_do": to_do,
        "total": batches.work_total(found, counts),
        "faulty": faulty,
        "preview": good[:PREVIEW] if not found.is_working else [],
        "without_link": batches.rows_without_link(found).count() if is_done else 0,
        "is_stalled": batches.is_stalled(found, now=timezone.now()),
    }
    return render(request, "people/import.html", context)


@require_POST
@requires("people.import_persons")
def decide(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Import the good rows, import nothing, undo, or go on with work that died."""
    found = _batch(request, public_id)
    action = request.POST.get("action", "")
    if action == "links":
        batches.ask_links(request.user, found)
        run(send_links, found)
        messages.success(request, _("The links are being sent."))
        return redirect("people:import", found.public_id)
    if action in DECISIONS:
        DECISIONS[action](request.user, found)
        found.refresh_from_db()
    elif action != "resume" or not batches.is_stalled(found, now=timezone.now()):
        raise batches.BatchNotReady
    if found.is_working:
        start_work(found)
    return redirect("people:import", found.public_id)


@require_safe
@requires("people.import_persons")
def confirm_undo(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Ask before an import is undone."""
    found = _batch(request, public_id)
    if found.status != BatchStatus.IMPORTED:
        raise batches.BatchNotReady
    return render(request, "people/import_undo.html", {"batch": found})


@require_safe
@requires("people.import_persons")
def faults(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Give the faulty rows with what is wrong, to be put right and imported again."""
    found = _batch(request, public_id)
    return _download(files.faulty_rows(found), "rows-to-correct", "xlsx")


@require_http_methods(["GET", "POST"])
@requires("people.list_persons")
def export(request: PersonRequest) -> HttpResponse:
    """Give the list of persons as filtered; the whole national ID only to administrators, and audited."""
    filters = PersonFilterForm(request.GET, agencies=agencies_of(request.user))
    persons = filtered(filters, persons_visible_to(request.user))
    may_reveal = request.user.has_perm("people.reveal_national_id")
    form = ExportForm(request.POST or None, may_reveal=may_reveal)
    if request.method == "POST" and form.is_valid():
        kind: Format = form.cleaned_data["format"]
        content = files.export_persons(
            request.user, persons, kind, show_national_id=bool(form.cleaned_data.get("full"))
        )
        return _download(content, f"persons-{timezone.localdate():%Y%m%d}", kind)
    context = {"form": form, "count": persons.count(), "query": request.GET.urlencode()}
    return render(request, "people/export.html", context)
