"""URLs of the staff pages; the store itself is at /xapi/, in front of Django."""

from django.urls import path

from learning.records.views import clients, explorer, forwarding

app_name = "records"
urlpatterns = [
    path("", explorer.statements, name="statements"),
    path("saved/", explorer.save, name="save"),
    path("saved/<int:pk>/delete/", explorer.forget, name="forget"),
    path("statements/<uuid:uuid>/", explorer.statement, name="statement"),
    path("persons/<uuid:public_id>/", explorer.timeline, name="timeline"),
    path("persons/<uuid:public_id>/erase/", explorer.erase, name="erase"),
    path("forwarding/", forwarding.destinations, name="destinations"),
    path("forwarding/new/", forwarding.destination, name="destination_new"),
    path("forwarding/<int:pk>/", forwarding.destination, name="destination"),
    path("forwarding/<int:pk>/remove/", forwarding.destination_remove, name="destination_remove"),
    path("forwarding/<int:pk>/try/", forwarding.destination_try, name="destination_try"),
    path("forwarding/<int:pk>/again/", forwarding.undelivered_all, name="undelivered_all"),
    path("forwarding/undelivered/<int:pk>/", forwarding.undelivered_decide, name="undelivered_decide"),
    path("clients/", clients.clients, name="clients"),
    path("clients/new/", clients.client_new, name="client_new"),
    path("clients/<int:pk>/revoke/", clients.client_revoke, name="client_revoke"),
    path("outbox/", explorer.outbox_page, name="outbox"),
    path("outbox/<int:pk>/", explorer.outbox_decide, name="outbox_decide"),
]
