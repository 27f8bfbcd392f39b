"""Application configuration."""

from django.apps import AppConfig


class StudioConfig(AppConfig):
    """Register the app under its short label, with its panels."""

    name = "courses.studio"
    label = "studio"

    def ready(self) -> None:
        """Put the studio onto the portal's pages."""
        from courses.content.registry import Destination, add_destination
        from courses.studio import arrivals, history, panels
        from learning.people import audit
        from learning.portal.registry import Panel, add_panel, add_section

        audit.name_actions(history.LABELS)
        audit.name_targets("catalogue.course", history.course_names)
        audit.name_targets("catalogue.courseversion", history.version_names)
        audit.name_targets("content.storedpackage", history.package_names)
        add_destination("studio", Destination(arrivals.owner, arrivals.take))
        # Who only reviews has no staff page.
        add_section("studio:index", "portal:staff", "portal:my")
        add_panel(Panel("staff", "studio/panels/staff.html", panels.staff, "studio.build", order=19))
        add_panel(Panel("staff", "studio/panels/banks.html", panels.staff, "studio.open_banks", order=31))
        add_panel(Panel("agency", "studio/panels/agency.html", panels.agency, "studio.build", order=20))
        add_panel(Panel("my", "studio/panels/reviews.html", panels.reviews, "people.use", order=18))
        add_panel(Panel("learning", "studio/panels/preview.html", panels.preview, "people.use", order=5))
