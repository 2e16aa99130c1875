"""How gunicorn serves the backend; the same file natively and in containers."""

import os

bind = os.environ.get("SAGUI_BACKEND_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("SAGUI_BACKEND_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("SAGUI_BACKEND_THREADS", "4"))
wsgi_app = "sagui_backend.config.wsgi"
timeout = 60
# A little longer than the cache keeps its connections, so that the cache is the one that closes them.
keepalive = 75
max_requests = 5000
max_requests_jitter = 500
loglevel = os.environ.get("SAGUI_LOG_LEVEL", "info").lower()
# Development in containers: changed source is loaded again.
reload = os.environ.get("SAGUI_BACKEND_RELOAD", "") == "yes"
