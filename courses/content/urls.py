"""Addresses of uploads, under ``/uploads/``."""

from django.urls import path

from courses.content import views

app_name = "content"
urlpatterns = [
    path("", views.index, name="uploads"),
    path("<uuid:pk>/", views.upload, name="upload"),
]
