"""URLs of the portal."""

from django.urls import path

from learning.portal import views

app_name = "portal"
urlpatterns = [path("", views.home, name="home"), path("my/", views.home, name="my")]
