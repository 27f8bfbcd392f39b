"""The form with which a file is sent in one go."""

from django import forms
from django.utils.translation import gettext_lazy as _

ACCEPTED = ".zip,.h5p,.mp4,.pdf,.xml"


class UploadForm(forms.Form):
    """A file: a package, a video or a document."""

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "SCORM 1.2 and 2004, cmi5, xAPI or pages as .zip, H5P as .h5p, a video as .mp4, "
            "a document as .pdf, a cmi5 course structure by itself as .xml; up to 2 GB."
        ),
        widget=forms.FileInput({"accept": ACCEPTED}),
    )
