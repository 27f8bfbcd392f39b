"""Links with which a person sets a password, for those whom an officer or an import added."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from learning.people.models import Person


def password_link(person: Person) -> str:
    """Return the address at which the person sets a password; it works once, for PASSWORD_RESET_TIMEOUT."""
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    return f"{settings.PUBLIC_ORIGIN}{reverse('account_reset_password_from_key', kwargs=key)}"


def send_password_link(person: Person) -> None:
    """Send the link to the person's address, in the words of allauth's own reset. Raises OSError."""
    prefix = "account/email/password_reset_key"
    subject = render_to_string(f"{prefix}_subject.txt").strip()
    body = render_to_string(f"{prefix}_message.txt", {"password_reset_url": password_link(person)})
    send_mail(subject, body.strip(), None, [person.email])
