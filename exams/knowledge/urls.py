"""URLs of the app."""

from django.urls import path

from exams.knowledge.views import office, report, roster, support, taking

app_name = "knowledge"
urlpatterns = [
    path("", taking.index, name="index"),
    path("<int:pk>/", taking.round_page, name="round"),
    path("<int:pk>/start/", taking.start, name="start"),
    path("results/<int:pk>/", taking.result, name="result"),
    path("results/<int:pk>/explanations/", taking.explanations, name="explanations"),
    path("i/<str:token>/", taking.invitation, name="invitation"),
    path("office/", office.tests, name="office"),
    path("office/new/", office.new_test, name="new-test"),
    path("office/<int:pk>/", office.test, name="office-test"),
    path("office/<int:pk>/definition/", office.new_definition, name="new-definition"),
    path("office/<int:pk>/definition/check/", office.check_definition, name="check-definition"),
    path("office/<int:pk>/round/", office.new_round, name="new-round"),
    path("office/definitions/<int:pk>/", office.definition, name="definition"),
    path("office/rounds/<int:pk>/", office.round_, name="office-round"),
    path("office/rounds/<int:pk>/change/", office.change_round, name="change-round"),
    path("office/rounds/<int:pk>/close/", office.close_round, name="close-round"),
    path("support/", support.requests, name="support"),
    path("support/ask/", support.ask, name="ask"),
    path("support/<int:pk>/", support.detail, name="support-request"),
    path("support/<int:pk>/asked/", support.asked, name="asked"),
    path("support/<int:pk>/approve/", support.approve, name="approve"),
    path("support/<int:pk>/decline/", support.decline, name="decline"),
    path("lists/<int:pk>/", roster.watch, name="watch"),
    path("lists/<int:pk>/import/", roster.import_list, name="import-list"),
    path("lists/<int:pk>/import/add/", roster.add, name="add-to-list"),
    path("lists/<int:pk>/template.xlsx", roster.template, name="list-template"),
    path("lists/<int:pk>/links.xlsx", roster.links_file, name="links-file"),
    path("lists/<int:pk>/links/", roster.links_sheet, name="links-sheet"),
    path("lists/<int:pk>/progress.xlsx", roster.progress_file, name="progress-file"),
    path("lists/<int:pk>/send/", roster.send, name="send-links"),
    path("lists/<int:pk>/remind/", roster.remind, name="remind"),
    path("lists/<int:pk>/summary/", roster.summary, name="summary"),
    path("lists/<int:pk>/remove/<int:invitation>/", roster.remove, name="remove"),
    path("report/", report.report, name="report"),
    path("report.xlsx", report.report_xlsx, name="report-xlsx"),
    path("report.pdf", report.report_pdf_file, name="report-pdf"),
]
