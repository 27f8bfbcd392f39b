"""Sign-in with a national ID or an e-mail address."""

from allauth.account.auth_backends import AuthenticationBackend


class NationalIdOrEmailBackend(AuthenticationBackend):
    """Authenticate through allauth."""
