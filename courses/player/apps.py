"""Application configuration."""

from django.apps import AppConfig

# What runs beside packages, on their origin.
_SHARED = ("player/runtime/", "vendor/scorm-again/", "vendor/h5p-standalone/")


class PlayerConfig(AppConfig):
    """Register the app under its short label, with what it puts on the content origin."""

    name = "courses.player"
    label = "player"

    def ready(self) -> None:
        """Let packages reach their run-times, and the record store ask what a launch allows."""
        from django.contrib.auth.signals import user_logged_out

        from courses.content.registry import share
        from courses.player import audit_words
        from courses.player.services import cmi5, xapi
        from courses.player.views import places
        from learning.people import audit
        from learning.records.launches import add_launch_rules

        audit.name_actions(audit_words.ACTIONS)
        audit.name_targets("player.registration", audit_words.registration_names)
        user_logged_out.connect(places.leave, dispatch_uid="player.leave")
        add_launch_rules(cmi5.RULES, cmi5.Rules())
        add_launch_rules(xapi.RULES, xapi.Rules())
        for prefix in _SHARED:
            share(prefix)
