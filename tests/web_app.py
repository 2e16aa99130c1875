"""What the tests' gunicorn serves: the backend and, in place of nginx, its static files."""

from __future__ import annotations

from django.contrib.staticfiles.handlers import StaticFilesHandler

from sagui_backend.config.wsgi import application as backend

application = StaticFilesHandler(backend)
