"""URLs of the app."""

from django.urls import path

from exams.room.views import acting, checkin, console, incidents, lost_time, overview, release

app_name = "room"
ROOM = "<int:round_pk>/rooms/<int:room_pk>/"
CENTRE = "<int:round_pk>/centres/<int:centre_pk>/"
urlpatterns = [
    path("", overview.index, name="index"),
    path("live", console.poll, name="live"),
    path("<int:round_pk>/", overview.round_, name="round"),
    path("<int:round_pk>/pass", console.renew_pass, name="round-pass"),
    path("<int:round_pk>/act/<slug:kind>/", acting.act, name="round-act"),
    path("<int:round_pk>/lost-time/", lost_time.ledger, name="round-ledger"),
    path("<int:round_pk>/lost-time/file", lost_time.export, name="round-ledger-file"),
    path("<int:round_pk>/release/", release.release, name="release"),
    path(f"{CENTRE}lost-time/", lost_time.ledger, name="centre-ledger"),
    path(f"{CENTRE}lost-time/file", lost_time.export, name="centre-ledger-file"),
    path(f"{ROOM}lost-time/", lost_time.ledger, name="room-ledger"),
    path(f"{ROOM}lost-time/file", lost_time.export, name="room-ledger-file"),
    path(CENTRE, overview.centre, name="centre"),
    path(f"{CENTRE}pass", console.renew_pass, name="centre-pass"),
    path(f"{CENTRE}act/<slug:kind>/", acting.act, name="centre-act"),
    path(ROOM, console.room, name="room"),
    path(f"{ROOM}pass", console.renew_pass, name="room-pass"),
    path(f"{ROOM}act/<slug:kind>/", acting.act, name="room-act"),
    path(f"{ROOM}check-in/", checkin.check_in, name="room-check-in"),
    path(f"{ROOM}codes/", checkin.codes, name="room-codes"),
    path(f"{ROOM}seats/<int:placement_pk>/", console.seat, name="seat"),
    path(f"{ROOM}seats/<int:placement_pk>/photograph", console.photograph, name="photograph"),
    path(f"{ROOM}incidents/", incidents.incidents, name="room-incidents"),
    path(f"{ROOM}incidents/new/", incidents.new_incident, name="room-new-incident"),
    path(f"{ROOM}incidents/<int:incident_pk>/picture", incidents.picture, name="incident-picture"),
]
