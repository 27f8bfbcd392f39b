"""URLs of the app."""

from django.urls import path

from courses.studio.views import agencies, comments, courses, outline, questions, review, uploads

app_name = "studio"
VERSION = "<slug:code>/<int:number>/"
urlpatterns = [
    path("", courses.index, name="index"),
    path("courses.xlsx", courses.export, {"kind": "xlsx"}, name="export-xlsx"),
    path("courses.csv", courses.export, {"kind": "csv"}, name="export-csv"),
    path("new/", courses.create, name="create"),
    path("markdown/", outline.markdown, name="markdown"),
    path("banks/", agencies.banks, name="banks"),
    path("agencies/", agencies.index, name="agencies"),
    path("agencies/<int:pk>/", agencies.stages, name="stages"),
    path("checks/<int:pk>/", uploads.report, name="report"),
    path("<slug:code>/", courses.course, name="course"),
    path("<slug:code>/edit/", courses.edit, name="edit"),
    path("<slug:code>/copy/", courses.copy, name="copy"),
    path("<slug:code>/start/", courses.start, name="start"),
    path("<slug:code>/retire/", courses.retire, name="retire"),
    path("<slug:code>/uploads/", uploads.index, name="uploads"),
    path(VERSION, outline.version, name="version"),
    path(f"{VERSION}rule/", outline.rule, name="rule"),
    path(f"{VERSION}topics/new/", outline.new_topic, name="topic-new"),
    path(f"{VERSION}topics/<int:pk>/", outline.edit_topic, name="topic"),
    path(f"{VERSION}topics/<int:pk>/move/", outline.move_topic, name="topic-move"),
    path(f"{VERSION}topics/<int:pk>/remove/", outline.remove_topic, name="topic-remove"),
    path(f"{VERSION}topics/<int:topic>/new/<slug:kind>/", outline.new_unit, name="unit-new"),
    path(f"{VERSION}units/<int:pk>/", outline.edit_unit, name="unit"),
    path(f"{VERSION}units/<int:pk>/move/", outline.move_unit, name="unit-move"),
    path(f"{VERSION}units/<int:pk>/remove/", outline.remove_unit, name="unit-remove"),
    path(f"{VERSION}units/<int:pk>/questions/", questions.index, name="questions"),
    path(f"{VERSION}units/<int:pk>/questions/new/", questions.write, name="question-new"),
    path(f"{VERSION}units/<int:pk>/questions/import/", questions.bring, name="questions-import"),
    path(
        f"{VERSION}units/<int:pk>/questions/table.<str:file_format>", questions.table, name="questions-table"
    ),
    path(f"{VERSION}units/<int:pk>/questions/<int:place>/", questions.write, name="question"),
    path(f"{VERSION}units/<int:pk>/questions/<int:place>/move/", questions.move, name="question-move"),
    path(f"{VERSION}units/<int:pk>/questions/<int:place>/remove/", questions.remove, name="question-remove"),
    path(f"{VERSION}steps/<slug:name>/", review.step, name="step"),
    path(f"{VERSION}schedule/", review.schedule, name="schedule"),
    path(f"{VERSION}verdict/", review.verdict, name="verdict"),
    path(f"{VERSION}reviewers/<int:pk>/", review.replace, name="replace"),
    path(f"{VERSION}preview/", review.preview, name="preview"),
    path(f"{VERSION}preview/reset/", review.reset_preview, name="preview-reset"),
    path(f"{VERSION}history/", review.history, name="history"),
    path(f"{VERSION}changes/<int:other>/", review.changes, name="changes"),
    path(f"{VERSION}comments/", comments.say, name="comment"),
    path(f"{VERSION}comments/<int:pk>/answer/", comments.answer, name="comment-answer"),
    path(f"{VERSION}comments/<int:pk>/resolve/", comments.resolve, name="comment-resolve"),
    path(f"{VERSION}comments/<int:pk>/reopen/", comments.unresolve, name="comment-reopen"),
]
