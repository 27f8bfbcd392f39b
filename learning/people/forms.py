"""allauth's forms in our words, signing in with a national ID or an e-mail address."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from learning.people.auth import login_key
from learning.people.models import Person


def _current(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
        error_messages={"required": _("Write your password.")},
    )


class LoginForm(allauth_forms.LoginForm):
    """Sign in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("National ID or e-mail"),
            widget=forms.TextInput(
                {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
            ),
            error_messages={"required": _("Write your national ID or e-mail address.")},
        )
        self.fields["password"] = _current(_("Password"))
        self.fields["remember"] = forms.BooleanField(
            label=_("Keep me signed in on this device"), required=False
        )
        self.order_fields(["login", "password", "remember"])

    def user_credentials(self) -> dict[str, str]:
        """Return the credentials; the national ID only as its blind index."""
        return {"email": login_key(self.cleaned_data["login"]), "password": self.cleaned_data["password"]}


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    """Write the password again before something that matters."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = _current(_("Password"))


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    """Change the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"] = _current(_("Current password"))
        self.fields["password1"].label = _("New password")
        self.fields["password2"].label = _("New password again")


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """Ask for a link to set a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = forms.EmailField(
            label=_("E-mail"),
            widget=forms.EmailInput({"autocomplete": "email"}),
            error_messages={"required": _("Write your e-mail address.")},
        )


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):
    """Set a new password with the link from the e-mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = _("New password")
        self.fields["password2"].label = _("New password again")


class AddEmailForm(allauth_forms.AddEmailForm):
    """Change the e-mail address; it counts once its owner has followed the link sent to it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"] = forms.EmailField(
            label=_("New e-mail address"),
            widget=forms.EmailInput({"autocomplete": "email"}),
            error_messages={"required": _("Write your e-mail address.")},
        )

    def clean_email(self) -> str:
        """Refuse an address that another person has, imported persons included."""
        email = str(super().clean_email())
        if Person.objects.filter(email__iexact=email).exclude(pk=self.user.pk).exists():
            raise ValidationError(_("Another account uses this e-mail address."), code="taken")
        return email
