"""URLs of the app."""

from django.urls import path

from learning.people.views import imports, profile, registration, staff

app_name = "people"
urlpatterns = [
    path("register/", registration.step, name="register"),
    path("register/check/", registration.check, name="register_check"),
    path("register/done/", registration.done, name="register_done"),
    path("register/<slug:step>/", registration.step, name="register_step"),
    path("my/profile/", profile.show, name="profile"),
    path("my/profile/about/", profile.edit_about, name="profile_about"),
    path("my/profile/notice/", profile.notice, name="profile_notice"),
    path("my/profile/group/", profile.choose_group, name="profile_group"),
    path("my/profile/work/<slug:group>/", profile.edit_work, name="profile_work"),
    path("staff/persons/", staff.persons, name="persons"),
    path("staff/persons/<uuid:public_id>/", staff.person, name="person"),
    path("staff/persons/<uuid:public_id>/national-id/", staff.reveal, name="person_reveal"),
    path("staff/persons/<uuid:public_id>/roles/", staff.grant, name="role_grant"),
    path("staff/persons/<uuid:public_id>/roles/<int:pk>/revoke/", staff.revoke, name="role_revoke"),
    path("staff/persons/<uuid:public_id>/close/", staff.close, name="person_close"),
    path("staff/persons/<uuid:public_id>/password-link/", staff.send_link, name="person_link"),
    path("staff/persons/export/", imports.export, name="export"),
    path("staff/imports/", imports.imports, name="imports"),
    path("staff/imports/template.<slug:kind>", imports.template, name="import_template"),
    path("staff/imports/<uuid:public_id>/", imports.batch, name="import"),
    path("staff/imports/<uuid:public_id>/decide/", imports.decide, name="import_decide"),
    path("staff/imports/<uuid:public_id>/undo/", imports.confirm_undo, name="import_undo"),
    path("staff/imports/<uuid:public_id>/rows-to-correct.xlsx", imports.faults, name="import_faults"),
    path("staff/audit/", staff.audit_log, name="audit_log"),
]
