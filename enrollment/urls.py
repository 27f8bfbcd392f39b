"""URLs of the app."""

from django.urls import path

from enrollment.views import curricula, figures, learner, office, own, staff, supervisor

app_name = "enrollment"
urlpatterns = [
    path("", learner.mine, name="mine"),
    path("curricula/", curricula.curricula, name="curricula"),
    path("curricula/<slug:code>/", curricula.curriculum, name="curriculum"),
    path("rounds/<int:pk>/", learner.enrol, name="enrol"),
    path("<int:pk>/", learner.progress, name="progress"),
    path("<int:pk>/withdraw/", learner.withdraw, name="withdraw"),
    path("staff/list.xlsx", staff.template, name="list-template"),
    path("staff/rounds/<int:pk>/", staff.upload, name="upload-list"),
    path("staff/rounds/<int:pk>/apply/", staff.apply, name="apply-list"),
    path("record/", own.training_record, name="record"),
    path("record.xlsx", own.record_file, {"kind": "xlsx"}, name="record-xlsx"),
    path("record.csv", own.record_file, {"kind": "csv"}, name="record-csv"),
    path("reminders/", own.choose_reminders, name="reminders"),
    path("reminders/<str:token>/", own.stop_reminders, name="stop-reminders"),
    path("<int:pk>/calendar.ics", own.calendar, name="calendar"),
    path("approvals/", supervisor.approvals, name="approvals"),
    path("approvals/<int:pk>/", supervisor.approval, name="approval"),
    path("approvals/<int:pk>/approve/", supervisor.approve, name="approve"),
    path("approvals/<int:pk>/refuse/", supervisor.refuse, name="refuse"),
    path("office/courses/<slug:code>/", office.course_rounds, name="rounds"),
    path("office/courses/<slug:code>/open/", office.open_to_all, name="open-to-all"),
    path("office/courses/<slug:code>/new/", office.new_round, name="new-round"),
    path("office/rounds/<int:pk>/", office.round_page, name="round"),
    path("office/rounds/<int:pk>/change/", office.change_round, name="change-round"),
    path("office/rounds/<int:pk>/delete/", office.delete_round, name="delete-round"),
    path("office/", figures.courses, name="courses"),
    path("office/courses/<slug:code>/figures/", figures.course, name="figures"),
    path("office/courses/<slug:code>/export/", figures.export, name="export"),
    path("office/jobs/<uuid:pk>/file/", figures.job_file, name="job-file"),
    path("office/courses/<slug:code>/weigh/", office.weigh, name="weigh"),
    path("office/jobs/<uuid:pk>/", office.job, name="job"),
    path("office/jobs/<uuid:pk>/resume/", office.resume, name="resume"),
    path("office/rounds/<int:pk>/people/", office.people, name="people"),
    path("office/enrolments/<int:pk>/decide/", office.decide, name="decide"),
    path("office/enrolments/<int:pk>/waive/", office.waive, name="waive"),
    path("office/rounds/<int:pk>/waiting/", office.waiting_list, name="waiting"),
]
