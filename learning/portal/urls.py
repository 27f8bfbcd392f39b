"""URLs of the portal."""

from django.urls import path

from learning.portal import styleguide, views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("my/", views.my, name="my"),
    path("staff/", views.staff, name="staff"),
    path("agency/", views.agencies, name="agencies"),
    path("agency/<int:pk>/", views.agency, name="agency"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("robots.txt", views.robots, name="robots"),
    path("numerals/", views.numerals, name="numerals"),
]
