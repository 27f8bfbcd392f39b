"""A mail server that refuses every address."""

import smtplib

from django.core.mail.backends.base import BaseEmailBackend


class Backend(BaseEmailBackend):
    def send_messages(self, email_messages: object) -> int:  # noqa: ARG002
        raise smtplib.SMTPRecipientsRefused({})
