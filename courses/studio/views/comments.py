"""Comments: written, answered, dealt with."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from courses.catalogue.models import CourseVersion
from courses.studio.forms.review import AnswerForm, CommentForm
from courses.studio.models import Comment
from courses.studio.services import comments, reviews
from courses.studio.views.fetching import version_of
from learning.people.access import PersonRequest, requires
from learning.portal.forms import form_page


@require_POST
@requires("people.use")
def say(request: PersonRequest, code: str, number: int) -> HttpResponse:
    """Write a comment; a reviewer thereby begins to review."""
    found = version_of(request, code, number, "studio.see")
    form = CommentForm(request.POST, version=found)
    if not form.is_valid():
        return form_page(
            request, "studio/comment.html", {"form": form, "version": found, "course": found.course}
        )
    if reviews.may_decide(found, request.user):
        reviews.begin(found, actor=request.user)
    made = comments.say(found, form.cleaned_data["text"], unit=form.cleaned_data["unit"], actor=request.user)
    return _to(request, found, made)


@require_POST
@requires("people.use")
def answer(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Answer a comment."""
    found, comment = _comment(request, code, number, pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "version": found, "course": found.course, "comment": comment}
        return form_page(request, "studio/comment.html", context)
    comments.answer(comment, form.cleaned_data["text"], actor=request.user)
    return _to(request, found, comment)


@require_POST
@requires("people.use")
def resolve(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Note that a comment has been dealt with."""
    found, comment = _comment(request, code, number, pk)
    comments.resolve(comment, actor=request.user, now=timezone.now())
    return _to(request, found, comment)


@require_POST
@requires("people.use")
def unresolve(request: PersonRequest, code: str, number: int, pk: int) -> HttpResponse:
    """Note that a comment has not been dealt with after all."""
    found, comment = _comment(request, code, number, pk)
    comments.unresolve(comment, actor=request.user)
    return _to(request, found, comment)


def _comment(request: PersonRequest, code: str, number: int, pk: int) -> tuple[CourseVersion, Comment]:
    found = version_of(request, code, number, "studio.see")
    threads = Comment.objects.select_related("version")
    return found, get_object_or_404(threads, version=found, parent=None, pk=pk)


def _to(request: PersonRequest, version: CourseVersion, comment: Comment) -> HttpResponse:
    """Go back to where the comments were read: the unit's page, or the version's."""
    if request.POST.get("back") == "unit" and comment.unit_id is not None:
        response = redirect("studio:unit", version.course.code, version.number, comment.unit_id)
    else:
        response = redirect("studio:version", version.course.code, version.number)
    response["Location"] += f"#comment-{comment.pk}"
    return response
