"""URL map. Apps above this one are included by string, so that imports still run one way."""

from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("learning.portal.urls")),
    path("", include("learning.people.urls")),
    path("accounts/", include("learning.people.account_urls")),
    path("staff/records/", include("learning.records.urls")),
    path("bank/", include("exams.bank.urls")),
    path("tests/", include("exams.knowledge.urls")),
    path("exams/", include("exams.registration.urls")),
    path("room/", include("exams.room.urls")),
    path("exams/", include("exams.results.urls")),
    path("courses/", include("courses.catalogue.urls")),
    path("uploads/", include("courses.content.urls")),
    path("enrol/", include("enrollment.urls")),
    path("learn/", include("courses.player.urls")),
    path("partners/", include("courses.partners.urls")),
    path("studio/", include("courses.studio.urls")),
    path("", include("certificates.urls")),
]

handler500 = "learning.portal.errors.server_error"
