"""URLs of the app."""

from django.urls import path

from exams.results import views

app_name = "results"
urlpatterns = [
    path("rounds/<int:pk>/root/", views.root, name="root"),
    path("results/<int:pk>/", views.own_result, name="own"),
    path("results/<int:pk>/receipt.json", views.receipt, name="receipt"),
    path("results/office/", views.rounds, name="office"),
    path("results/office/<int:pk>/", views.round_, name="round"),
    path("results/office/<int:pk>/conclude/", views.conclude, name="conclude"),
    path("results/office/<int:pk>/release/", views.release, name="release"),
    path("results/office/<int:pk>/results.<str:kind>", views.export, name="export"),
    path("results/office/candidates/<int:pk>/", views.candidate, name="candidate"),
    path("results/office/candidates/<int:pk>/withhold/", views.withhold, name="withhold"),
    path("results/office/candidates/<int:pk>/set-free/", views.set_free, name="set-free"),
]
