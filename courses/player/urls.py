"""URLs of the app."""

from django.urls import path

from courses.player.views import outline, reports, runtime, testing, units, watching

app_name = "player"
urlpatterns = [
    path("run/open", runtime.open_, name="run-open"),
    path("run/commit", runtime.commit, name="run-commit"),
    path("run/fetch/<str:token>", runtime.fetch, name="run-fetch"),
    path("preview/<int:version>/", outline.preview, name="preview"),
    path("<uuid:registration>/", outline.outline_page, name="outline"),
    path("<uuid:registration>/time/", outline.time_page, name="time"),
    path("<uuid:registration>/take-over/", outline.take_over, name="take-over"),
    path("<uuid:registration>/reset/", outline.reset, name="reset"),
    path("<uuid:registration>/<int:unit>/", units.unit, name="unit"),
    path("<uuid:registration>/<int:unit>/report/", reports.report, name="report"),
    path("<uuid:registration>/<int:unit>/answers/", testing.answers, name="answers"),
    path("<uuid:registration>/<int:unit>/results/", testing.results, name="results"),
    path("<uuid:registration>/<int:unit>/results/<int:number>/", testing.result, name="result"),
    path("<uuid:registration>/<int:unit>/captions.vtt", watching.captions, name="captions"),
    path("<uuid:registration>/<int:unit>/file", watching.file, name="file"),
]
