"""URLs of the app."""

from django.urls import path, re_path

from certificates import views

app_name = "certificates"
urlpatterns = [
    # The QR code is in capitals, which take fewer modules, so both cases lead to the page.
    path("v/", views.check_form, name="check_form"),
    path("v/<str:code>", views.check, name="check"),
    re_path(r"^[vV]/(?P<code>[^/]+)/?$", views.check),
    re_path(r"^V/?$", views.check_form),
    path("my/certificates/", views.mine, name="mine"),
    path("certificates/<int:pk>.pdf", views.download, name="download"),
    path("staff/certificates/", views.staff_list, name="staff_list"),
    path("staff/certificates/print/", views.print_selection, name="print_selection"),
    path("staff/certificates/signatories/", views.signatories, name="signatories"),
    path("staff/certificates/<int:pk>/", views.detail, name="detail"),
    path("staff/certificates/<int:pk>/revoke/", views.revoke, name="revoke"),
    path("staff/certificates/<int:pk>/replace/", views.replace, name="replace"),
]
