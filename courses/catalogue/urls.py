"""URLs of the app."""

from django.urls import path

from courses.catalogue.views import catalogue

app_name = "catalogue"
urlpatterns = [
    path("", catalogue.index, name="index"),
    path("suggest/", catalogue.suggest, name="suggest"),
    path("curricula/", catalogue.curricula, name="curricula"),
    path("curricula/<slug:code>/", catalogue.curriculum, name="curriculum"),
    path("covers/<str:name>", catalogue.cover, name="cover"),
    path("<slug:code>/", catalogue.course, name="course"),
]
