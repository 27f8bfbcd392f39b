"""Sign-in with a national ID or an e-mail address."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from learning.people import national_id
from learning.people.models import Person


def login_key(login: str) -> str:
    """Return what stands for a typed login in rate limits and the session: an e-mail or a blind index.

    allauth keeps the credentials that signed a person in inside the session, where no national ID may lie.
    """
    login = login.strip()
    # Upper first, as a database compares without case: ſ and ı are S and I there, and must not be other keys.
    return login.upper().lower() if "@" in login else national_id.blind_index(national_id.clean(login))


def _at_home(url: str) -> str:
    return str(settings.PUBLIC_ORIGIN) + urlsplit(url).path


class NationalIdOrEmailBackend(AuthenticationBackend):
    """Authenticate through allauth, which hashes a password even where nobody has the login."""

    def _authenticate(self, _request: HttpRequest | None, **credentials: Any) -> Person | None:
        key = credentials.get("email") or ""
        match = {"email__iexact": key} if "@" in key else {"national_id_index": key}
        person = Person.objects.filter(**match).first()
        if person is None or not self._check_password(person, credentials.get("password") or ""):
            return None
        return person


class AccountAdapter(DefaultAccountAdapter):
    """What our accounts do otherwise than allauth's."""

    error_messages = DefaultAccountAdapter.error_messages | {
        # The same words whether the login or the password is wrong, or the account is closed.
        "email_password_mismatch": _(
            "The national ID or e-mail address and the password do not match. Check both."
        ),
        "too_many_login_attempts": _(
            "Too many attempts to sign in. Wait five minutes, or reset your password."
        ),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your current password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Close allauth's own sign-up; registration is ours."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ARG002
        """Count failures by account alone.

        allauth's key holds the request's host, in which the port is the visitor's to choose.
        """
        return login_key(credentials.get("email") or "")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Lead to the platform itself, not to the host and port that whoever asked for the mail named."""
        return _at_home(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Lead to the platform itself, as above."""
        return _at_home(super().get_email_confirmation_url(request, emailconfirmation))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        """Go back to the profile."""
        return reverse("people:profile")
