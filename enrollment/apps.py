"""Application configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    """Register the app with its navigation and its panels."""

    name = "enrollment"

    def ready(self) -> None:
        """Put enrolment onto the pages of courses and of the portal."""
        from courses.partners.registry import on_completion
        from courses.player.registry import on_excusing, on_progress
        from enrollment import audit_words, panels
        from enrollment.services import completion
        from learning.people import audit
        from learning.portal.registry import (
            NavigationEntry,
            Panel,
            add_navigation,
            add_panel,
            add_section,
        )

        audit.name_actions(audit_words.ACTIONS)
        audit.name_targets("enrollment.courseround", audit_words.round_names)
        audit.name_targets("enrollment.enrolment", audit_words.enrolment_names)
        audit.name_targets("enrollment.job", audit_words.job_names)
        on_progress(completion.weigh)
        on_excusing(completion.excused)
        on_completion(completion.reported)
        add_navigation(NavigationEntry(_("My courses"), "enrollment:mine", "people.use", order=16))
        add_section("/learn/", "enrollment:mine")
        add_panel(Panel("course", "enrollment/panels/course.html", panels.course, order=10))
        add_panel(Panel("studio", "enrollment/panels/studio.html", panels.studio, order=10))
        add_panel(Panel("curriculum", "enrollment/panels/curriculum.html", panels.curriculum, order=10))
        add_panel(Panel("learning", "enrollment/panels/learning.html", panels.learning_page, order=10))
        add_panel(Panel("home", "enrollment/panels/home.html", panels.home, "people.use", order=5))
        add_panel(Panel("my", "enrollment/panels/my.html", panels.my, "people.use", order=10))
        add_panel(Panel("staff", "enrollment/panels/staff.html", panels.staff, "people.staff", order=21))
