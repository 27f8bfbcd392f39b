"""What officers read: figures of their courses, and lists of learners."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from courses.catalogue.models import Course
from enrollment.models import CourseRound, Job, JobKind, JobState
from enrollment.services import figures, jobs
from enrollment.tasks import run_job
from learning.people.access import PersonRequest, fetch, requires
from learning.portal.paging import page_of
from learning.portal.search import SearchForm
from learning.spreadsheets import CONTENT_TYPES

COURSES = Course.objects.select_related("owner__parent__parent")


@require_safe
@requires("enrollment.manage_rounds")
@never_cache
def courses(request: PersonRequest) -> HttpResponse:
    """List the courses of the person's agencies with their figures."""
    found = Course.objects.looked_after_by(request.user)
    form = SearchForm(request.GET)
    if form.is_valid():
        found = found.matching(form.cleaned_data["q"])
    page = page_of(request, found)
    counted = figures.by_course(page.object_list, now=timezone.now())
    rows = [(course, counted.get(course.pk, figures.Counts())) for course in page]
    return render(request, "enrollment/office/courses.html", {"page": page, "rows": rows, "form": form})


@require_safe
@login_required
@never_cache
def course(request: PersonRequest, code: str) -> HttpResponse:
    """Show the figures of a course or of one of its rounds; where that takes long, first that it does."""
    found = fetch(request.user, COURSES, "enrollment.manage_rounds", code=code)
    rounds = list(CourseRound.objects.filter(course=found))
    wanted = request.GET.get("round", "")
    chosen = next((each for each in rounds if str(each.pk) == wanted), None)
    if wanted and chosen is None:
        raise Http404
    if "count" not in request.GET and figures.takes_long(found):
        return render(request, "enrollment/office/counting.html", {"course": found, "chosen": chosen})
    counted = figures.of_course(found, now=timezone.now())
    nothing = figures.Figures()
    context = {
        "course": found,
        "chosen": chosen,
        "counted": counted,
        "figures": counted.rounds.get(chosen.pk, nothing) if chosen else counted.total,
        "rounds": [(each, counted.rounds.get(each.pk, nothing).counts) for each in rounds],
        "at_least": figures.AT_LEAST,
    }
    return render(request, "enrollment/office/figures.html", context)


@require_POST
@login_required
def export(request: PersonRequest, code: str) -> HttpResponse:
    """Have the list of learners of a course or round written."""
    found = fetch(request.user, COURSES, "enrollment.manage_rounds", code=code)
    wanted = request.POST.get("round", "")
    round_ = get_object_or_404(found.rounds, pk=wanted) if wanted.isdecimal() else None
    kind = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    made = jobs.ask(
        JobKind.EXPORT, found, actor=request.user, queue=run_job.delay, round_=round_, file_format=kind
    )
    return redirect("enrollment:job", made.pk)


@require_safe
@login_required
@never_cache
def job_file(request: PersonRequest, pk: UUID) -> FileResponse | HttpResponseRedirect:
    """Give the list that a job has written; of one that is not there the job's page says why."""
    job = fetch(
        request.user,
        Job.objects.select_related("course__owner__parent__parent"),
        "enrollment.watch_job",
        pk=pk,
    )
    if job.state != JobState.DONE or not job.file:
        return redirect("enrollment:job", job.pk)
    return FileResponse(
        job.file.open(),
        as_attachment=True,
        filename=f"learners-{job.course.code}.{job.format}",
        content_type=CONTENT_TYPES["xlsx" if job.format == "xlsx" else "csv"],
    )
