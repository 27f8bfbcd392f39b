"""Pages of administrators: tools and the courses opened through them."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.partners.forms import ConnectForm, ToolForm
from courses.partners.models import Placement, Tool
from courses.partners.services import keys
from courses.partners.services import tools as tool_service
from learning.people.access import PersonRequest, requires
from learning.portal.forms import form_page
from learning.portal.paging import page_of


@require_safe
@requires("partners.manage_tools")
def tools(request: PersonRequest) -> HttpResponse:
    """List the tools."""
    page = page_of(request, Tool.objects.annotate(courses=Count("placements")).order_by("name", "pk"))
    return render(request, "partners/tools/tools.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("partners.manage_tools")
def new(request: PersonRequest) -> HttpResponse:
    """Register a tool."""
    form = ToolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        tool = tool_service.save(form.save(commit=False), actor=request.user)
        messages.success(request, _("The tool was registered. Give its provider the values below."))
        return redirect("partners:tool", tool.pk)
    return form_page(request, "partners/tools/new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@requires("partners.manage_tools")
def tool(request: PersonRequest, pk: int) -> HttpResponse:
    """Show a tool with what its provider needs from us, and change it."""
    found = get_object_or_404(Tool, pk=pk)
    form = ToolForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        tool_service.save(form.save(commit=False), actor=request.user)
        messages.success(request, _("The changes were saved."))
        return redirect("partners:tool", pk)
    return form_page(
        request, "partners/tools/tool.html", _context(Tool.objects.get(pk=pk), form, ConnectForm())
    )


def _context(found: Tool, form: ToolForm, connect_form: ConnectForm) -> dict[str, object]:
    return {
        "tool": found,
        "form": form,
        "connect_form": connect_form,
        "placements": list(found.placements.select_related("course")),
        "values": [
            (_("Issuer (platform ID)"), keys.absolute("")),
            (_("Client ID"), found.client_id),
            (_("Deployment ID"), found.deployment_id),
            (_("Authentication request URL"), keys.absolute(reverse("partners:authorise"))),
            (_("Access token URL"), keys.absolute(reverse("partners:token"))),
            (_("Public keyset URL"), keys.absolute(reverse("partners:keys"))),
        ],
    }


@require_POST
@requires("partners.manage_tools")
def connect(request: PersonRequest, pk: int) -> HttpResponse:
    """Open a course through a tool."""
    found = get_object_or_404(Tool, pk=pk)
    form = ConnectForm(request.POST)
    if not form.is_valid():
        context = _context(found, ToolForm(instance=found), form)
        return render(request, "partners/tools/tool.html", context, status=422)
    course = form.cleaned_data["course"]
    tool_service.connect(found, course, pass_mark=form.pass_mark, actor=request.user)
    messages.success(request, _("%(course)s is opened through this tool from now on.") % {"course": course})
    return redirect("partners:tool", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@requires("partners.manage_tools")
def disconnect(request: PersonRequest, pk: int, code: str) -> HttpResponse:
    """Ask, then open a course through a tool no longer."""
    placements = Placement.objects.select_related("course", "tool")
    placement = get_object_or_404(placements, tool=pk, course__code=code)
    if request.method == "POST":
        tool_service.disconnect(placement, actor=request.user)
        messages.success(request, _("The course is no longer opened through this tool."))
        return redirect("partners:tool", pk)
    return render(request, "partners/tools/disconnect.html", {"placement": placement})
