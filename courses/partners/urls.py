"""URLs of the app."""

from django.urls import path

from courses.partners.views import learner, lti, office, records, tools

app_name = "partners"
urlpatterns = [
    path("open/<slug:code>/", learner.open_course, name="open"),
    path("lti/keys/", lti.keys, name="keys"),
    path("lti/authorise/", lti.authorise, name="authorise"),
    path("lti/token/", lti.token, name="token"),
    path("lti/<uuid:pk>/items/", lti.line_items, name="line-items"),
    path("lti/<uuid:pk>/item/", lti.line_item, name="line-item"),
    path("lti/<uuid:pk>/item/scores", lti.scores, name="scores"),
    path("lti/<uuid:pk>/item/results", lti.results, name="results"),
    path("office/", office.courses, name="office"),
    path("office/template.xlsx", office.template, name="template"),
    path("office/<slug:code>/", office.course, name="office-course"),
    path("office/<slug:code>/report/", office.report, name="report"),
    path("office/<slug:code>/report/confirm/", office.confirm, name="confirm"),
    path("records/", records.partners, name="records"),
    path("records/new/", records.new, name="records-new"),
    path("records/<int:pk>/courses/", records.connect, name="records-connect"),
    path("tools/", tools.tools, name="tools"),
    path("tools/new/", tools.new, name="new-tool"),
    path("tools/<int:pk>/", tools.tool, name="tool"),
    path("tools/<int:pk>/courses/", tools.connect, name="connect"),
    path("tools/<int:pk>/courses/<slug:code>/remove/", tools.disconnect, name="disconnect"),
]
