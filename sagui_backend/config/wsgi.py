"""What gunicorn serves."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "sagui_backend.config.settings"
os.environ["SAGUI_DATABASE_ROLE"] = "api"

application = get_wsgi_application()
