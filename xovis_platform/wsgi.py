"""Django, as a WSGI application."""

import os

from django.core.wsgi import get_wsgi_application

from xovis_platform import tracing
from xovis_platform.memory import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xovis_platform.settings")

tracing.start()
application = get_wsgi_application()
settle()
