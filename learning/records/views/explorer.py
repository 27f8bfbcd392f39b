"""Staff pages that read: statements in words, one as received, somebody's timeline; and the outbox."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from learning.people.access import PersonRequest, requires
from learning.people.directory import is_number, search
from learning.people.models import Person
from learning.portal.paging import page_of
from learning.records.forms import EraseForm, SaveForm, SearchForm
from learning.records.models import OutboxEntry, SavedQuery
from learning.records.services import explorer, outbox, removal
from learning.records.services.actors import person_of
from learning.records.services.explorer import Wanted
from learning.records.services.search import exact

_MOST_CHOICES = 20
_LONGEST_POSITION = 18


@require_http_methods(["GET", "HEAD", "POST"])
@requires("records.explore")
def statements(request: PersonRequest) -> HttpResponse:
    """List statements in words; in the address a person's public ID stands for what was typed."""
    form = SearchForm(request.POST or request.GET)
    if not form.is_valid():
        return render(request, "records/statements.html", {"form": form})
    text = form.cleaned_data["person"]
    found = list(search(Person.objects.all(), text)[: _MOST_CHOICES + 1]) if text else []
    if request.method == "POST" and (len(found) == 1 or not is_number(text)):
        asked = {name: str(value) for name, value in request.POST.items() if name in form.fields and value}
        if len(found) == 1:
            asked["person"] = str(found[0].public_id)
        return redirect(reverse("records:statements", query=asked))
    context: dict[str, Any] = {"form": form, "saved": SavedQuery.objects.filter(owner=request.user)}
    if text and len(found) != 1:
        # Without a person there is nothing to list; with several, one has to be chosen.
        context |= {"choices": found[:_MOST_CHOICES], "asked": _without(request, "person")}
        return render(request, "records/statements.html", context)
    if found:
        # As telling as the timeline, each page of it.
        explorer.note_view(request.user, found[0])
        context["form"] = SearchForm(_naming(request, found[0]))
    wanted = Wanted(found[0] if found else None, *(form.cleaned_data[name] for name in _CRITERIA))
    lines, following = explorer.page(wanted, before=_position(request))
    counts = explorer.counts_by_day(wanted)
    most = max((count for _day, count in counts), default=0)
    context |= {
        "wanted": wanted,
        "lines": lines,
        "older": _with(request, before=str(following)) if following else "",
        "days": [(day, count, round(100 * count / most, 1) if most else 0) for day, count in counts],
        "total": sum(count for _day, count in counts),
        "save_form": SaveForm(),
        "parameters": _without(request, "before"),
    }
    return render(request, "records/statements.html", context)


_CRITERIA = ("activity", "verb", "since", "until")


def _naming(request: PersonRequest, person: Person) -> QueryDict:
    """Return what was asked for with the person as people write them: the address has the public ID."""
    query = request.GET.copy()
    query["person"] = " ".join(filter(None, (person.first_name, person.last_name, person.email)))
    return query


def _position(request: PersonRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST_POSITION else None


def _with(request: PersonRequest, **changes: str) -> str:
    query = request.GET.copy()
    for name, value in changes.items():
        query[name] = value
    return query.urlencode()


def _without(request: PersonRequest, name: str) -> str:
    query = request.GET.copy()
    query.pop(name, None)
    return query.urlencode()


@require_POST
@requires("records.explore")
def save(request: PersonRequest) -> HttpResponse:
    """Save the search that is shown, under a name."""
    form = SaveForm(request.POST)
    if form.is_valid():
        known = SearchForm.base_fields
        asked = {name: str(value) for name, value in request.GET.items() if name in known and value}
        explorer.save_query(request.user, form.cleaned_data["name"], asked)
        messages.success(request, _("The search was saved."))
        return redirect(reverse("records:statements", query=asked))
    messages.error(request, _("Give the search a name of at most 80 letters."))
    return redirect(reverse("records:statements") + "?" + request.GET.urlencode())


@require_POST
@requires("records.explore")
def forget(request: PersonRequest, pk: int) -> HttpResponse:
    """Delete a saved search of one's own."""
    explorer.delete_query(request.user, pk)
    messages.success(request, _("The search was deleted."))
    return redirect("records:statements")


@require_GET
@requires("records.explore")
def statement(request: PersonRequest, uuid: UUID) -> HttpResponse:
    """Show one statement: in words, as it was received, and as it goes out."""
    found = explorer.statement(uuid)
    if found is None:
        raise Http404
    (line,) = explorer.lines([found])
    whole = json.dumps(json.loads(exact(found)), ensure_ascii=False, indent=2)
    person = person_of(json.loads(found.received)["actor"])
    context = {"line": line, "whole": whole, "person": person}
    return render(request, "records/statement.html", context)


@require_GET
@requires("records.explore")
def timeline(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Show what one learner did, in words; that somebody looked is noted."""
    person = get_object_or_404(Person, public_id=public_id)
    explorer.note_view(request.user, person)
    lines, following = explorer.page(Wanted(person), before=_position(request))
    older = _with(request, before=str(following)) if following else ""
    context = {
        "person": person,
        "lines": lines,
        "older": older,
        "removals": explorer.removals(person),
        "may_erase": request.user.has_perm("records.operate"),
    }
    return render(request, "records/timeline.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("records.operate")
def erase(request: PersonRequest, public_id: UUID) -> HttpResponse:
    """Remove the records of a person, once it was confirmed with a reason."""
    person = get_object_or_404(Person, public_id=public_id)
    form = EraseForm(request.POST or None)
    if form.is_valid():
        trace = removal.erase_person(person, actor=request.user, reason=form.cleaned_data["reason"])
        messages.success(
            request,
            _("%(count)s records were removed. In %(others)s records of others the person is still named.")
            % {"count": trace.statement_count, "others": trace.mention_count},
        )
        return redirect("records:timeline", public_id)
    context = {
        "title": _("Remove the records of %(name)s") % {"name": person.full_name},
        "text": _(
            "Everything this person did, with bookmarks and preferences of lessons, is deleted for ever. "
            "Results, enrolments and certificates stay. That it was done, by whom and why is noted."
        ),
        "action": _("Remove the records"),
        "danger": True,
        "form": form,
        "cancel_url": reverse("records:timeline", args=[public_id]),
    }
    return render(request, "portal/confirm.html", context)


@require_GET
@requires("records.operate")
def outbox_page(request: PersonRequest) -> HttpResponse:
    """Show what waits to be delivered, what failed and why."""
    page = page_of(request, explorer.outbox_entries())
    rows = [explorer.described(entry) for entry in page.object_list]
    context = {"page": page, "rows": rows, "counts": explorer.outbox_counts()}
    return render(request, "records/outbox.html", context)


@require_POST
@requires("records.operate")
def outbox_decide(request: PersonRequest, pk: int) -> HttpResponse:
    """Try a failed statement again, or set it aside."""
    entry = get_object_or_404(OutboxEntry, pk=pk)
    if request.POST.get("decision") == "set_aside":
        outbox.set_aside(entry, request.user)
        messages.success(request, _("The statement was set aside. Later ones of this person go out now."))
    else:
        outbox.try_again(entry, request.user)
        messages.success(request, _("The statement is tried again now."))
    return redirect("records:outbox")
