"""WSGI entry point."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "learning.settings")

from django.core.wsgi import get_wsgi_application

from learning.checks import refuse_unsafe_production

application = get_wsgi_application()
refuse_unsafe_production()
