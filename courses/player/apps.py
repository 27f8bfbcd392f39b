"""Application configuration."""

from django.apps import AppConfig

# What runs beside packages, on their origin.
_SHARED = ("player/runtime/", "vendor/scorm-again/", "vendor/h5p-standalone/")


class PlayerConfig(AppConfig):
    """Register the app under its short label, with its panel and what it puts on the content origin."""

    name = "courses.player"
    label = "player"

    def ready(self) -> None:
        """Put the courses being learnt onto the person's page, and let packages reach their run-times."""
        from django.contrib.auth.signals import user_logged_out

        from courses.content.registry import share
        from courses.player import panels
        from courses.player.services import cmi5, xapi
        from courses.player.views import places
        from learning.portal.registry import Panel, add_panel
        from learning.records.launches import add_launch_rules

        add_panel(Panel("my", "player/panels/my.html", panels.my, "people.use", order=5))
        user_logged_out.connect(places.leave, dispatch_uid="player.leave")
        add_launch_rules(cmi5.RULES, cmi5.Rules())
        add_launch_rules(xapi.RULES, xapi.Rules())
        for prefix in _SHARED:
            share(prefix)
