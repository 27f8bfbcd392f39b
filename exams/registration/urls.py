"""URLs of the app."""

from django.urls import path

from exams.registration.views import candidates, office, own, rooms, venues

app_name = "registration"
ROUND = "office/rounds/<int:pk>/"
ROOM = f"{ROUND}rooms/<int:room>/"
CANDIDATE = "office/candidates/<int:pk>/"
urlpatterns = [
    path("<int:pk>/", own.candidacy, name="candidacy"),
    path("<int:pk>/admission-card.pdf", own.card, name="card"),
    path("<int:pk>/photograph", own.photograph, name="photograph"),
    path("office/", office.rounds_list, name="office"),
    path("office/new/", office.new_round, name="new-round"),
    path("office/examinations/", office.examinations_list, name="examinations"),
    path("office/examinations/<int:pk>/", office.examination, name="examination"),
    path(ROUND, office.round_, name="round"),
    path(f"{ROUND}change/", office.change_round, name="change-round"),
    path(f"{ROUND}move/", office.move_round, name="move-round"),
    path(f"{ROUND}recall/", office.recall_round, name="recall-round"),
    path(f"{ROUND}papers/", office.papers, name="papers"),
    path(f"{ROUND}seats/", office.place, name="place"),
    path(f"{ROUND}rooms/", rooms.rooms, name="rooms"),
    path(f"{ROUND}duties/", rooms.duties, name="duties"),
    path(f"{ROUND}duties/import/", rooms.import_duties, name="import-duties"),
    path(f"{ROUND}duties/import/add/", rooms.add_duties, name="add-duties"),
    path(f"{ROUND}duties/template.xlsx", rooms.duties_template, name="duties-template"),
    path(f"{ROUND}duties/<int:duty>/remove/", rooms.relieve, name="relieve"),
    path(f"{ROUND}door-lists.pdf", rooms.door_lists, name="door-lists"),
    path(f"{ROUND}seat-plans.pdf", rooms.seat_plans, name="seat-plans"),
    path(f"{ROUND}centres/<int:centre>/door-lists.pdf", rooms.door_lists, name="centre-door-lists"),
    path(f"{ROUND}centres/<int:centre>/seat-plans.pdf", rooms.seat_plans, name="centre-seat-plans"),
    path(f"{ROOM}door-list.pdf", rooms.door_list, name="door-list"),
    path(f"{ROOM}seat-plan.pdf", rooms.seat_plan, name="seat-plan"),
    path(f"{ROUND}candidates/", candidates.candidates, name="candidates"),
    path(f"{ROUND}candidates/import/", candidates.import_list, name="import-candidates"),
    path(f"{ROUND}candidates/import/add/", candidates.add, name="add-candidates"),
    path(f"{ROUND}candidates/photographs/", candidates.photographs_file, name="import-photographs"),
    path("office/candidates/template.xlsx", candidates.template, name="candidate-template"),
    path(CANDIDATE, candidates.candidate, name="candidate"),
    path(f"{CANDIDATE}photograph/", candidates.set_photograph, name="set-photograph"),
    path(f"{CANDIDATE}remove/", candidates.remove, name="remove-candidate"),
    path("office/centres/", venues.centres, name="centres"),
    path("office/centres/new/", venues.new_centre, name="new-centre"),
    path("office/centres/<int:pk>/", venues.centre, name="centre"),
    path("office/rooms/<int:pk>/", venues.room, name="room-seats"),
]
