"""URLs of the portal."""

from django.urls import path

from learning.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("my/", views.my, name="my"),
    path("staff/", views.staff, name="staff"),
    path("agency/<int:pk>/", views.agency, name="agency"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("numerals/", views.numerals, name="numerals"),
]
