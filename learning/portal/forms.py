"""How the portal draws forms."""

from django.forms.renderers import TemplatesSetting


class PortalRenderer(TemplatesSetting):
    """Draw every form field with the portal's field group."""

    form_template_name = "portal/forms/form.html"
    field_template_name = "portal/forms/field.html"
