"""URLs of the app."""

from django.urls import path

from learning.people.views import profile, registration

app_name = "people"
urlpatterns = [
    path("register/", registration.step, name="register"),
    path("register/check/", registration.check, name="register_check"),
    path("register/done/", registration.done, name="register_done"),
    path("register/<slug:step>/", registration.step, name="register_step"),
    path("my/profile/", profile.show, name="profile"),
    path("my/profile/about/", profile.edit_about, name="profile_about"),
    path("my/profile/group/", profile.choose_group, name="profile_group"),
    path("my/profile/work/<slug:group>/", profile.edit_work, name="profile_work"),
]
