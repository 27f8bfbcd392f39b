"""URLs of the staff pages; the store itself is at /xapi/, in front of Django."""

from django.urls import path

from learning.records import views

app_name = "records"
urlpatterns = [
    path("", views.statements, name="statements"),
    path("saved/", views.save, name="save"),
    path("saved/<int:pk>/delete/", views.forget, name="forget"),
    path("statements/<uuid:uuid>/", views.statement, name="statement"),
    path("persons/<uuid:public_id>/", views.timeline, name="timeline"),
    path("persons/<uuid:public_id>/erase/", views.erase, name="erase"),
    path("forwarding/", views.destinations, name="destinations"),
    path("forwarding/new/", views.destination, name="destination_new"),
    path("forwarding/<int:pk>/", views.destination, name="destination"),
    path("forwarding/<int:pk>/remove/", views.destination_remove, name="destination_remove"),
    path("forwarding/<int:pk>/try/", views.destination_try, name="destination_try"),
    path("forwarding/undelivered/<int:pk>/", views.undelivered_decide, name="undelivered_decide"),
    path("outbox/", views.outbox_page, name="outbox"),
    path("outbox/<int:pk>/", views.outbox_decide, name="outbox_decide"),
]
