"""Django settings; every value that differs between installations comes from `environment`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sagui_backend.administration import conf as admin_conf
from sagui_backend.api import conf as api_conf
from sagui_backend.config.environment import DatabaseRole, database_settings, load_environment, require
from sagui_backend.config.libraries import gdal_library, geos_library

_environment = load_environment()
_role = _environment.database_role

DEBUG = False
SECRET_KEY = _environment.signing_key()
if _role is DatabaseRole.API:
    require("SAGUI_SECRET_KEY or SAGUI_SECRET_KEY_FILE", SECRET_KEY)

_DATABASES = {
    DatabaseRole.API: ("SAGUI_API_DATABASE_URL", _environment.api_database_url),
    DatabaseRole.OWNER: ("SAGUI_OWNER_DATABASE_URL", _environment.owner_database_url),
}
DATABASES = (
    {"default": database_settings(_DATABASES[_role][0], require(*_DATABASES[_role]))}
    if _role in _DATABASES
    else {"default": {"ENGINE": "django.contrib.gis.db.backends.postgis", "NAME": "none"}}
)

GDAL_LIBRARY_PATH = gdal_library(_environment.gdal_library)
GEOS_LIBRARY_PATH = geos_library(_environment.geos_library)

INSTALLED_APPS = [
    # Before Django's admin, whose templates it replaces.
    "sagui_backend.administration.apps.AdministrationConfig",
    "sagui_backend.administration.apps.SaguiAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "sagui_backend.config.staticfiles.PackagedStaticFilesConfig",
    "django.contrib.gis",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "sagui_backend.sagui",
    "sagui_backend.api",
    "sagui_backend.dashboards",
    "sagui_backend.portal",
    "sagui_backend.light",
    "axes",
]
MIDDLEWARE = [
    "sagui_backend.api.middleware.ApiMiddleware",
    "sagui_backend.administration.middleware.PrivatePagesMiddleware",
    "sagui_backend.administration.middleware.AdminDoorMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "sagui_backend.dashboards.language.PageLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
ROOT_URLCONF = "sagui_backend.config.urls"
WSGI_APPLICATION = "sagui_backend.config.wsgi.application"
# API paths of the contract have no trailing slash.
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

ALLOWED_HOSTS = list(_environment.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(_environment.csrf_trusted_origins)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _environment.tls
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _environment.tls else None
SECURE_HSTS_SECONDS = _environment.hsts_seconds if _environment.tls else 0
SECURE_REFERRER_POLICY = "same-origin"
# The redirect to https, and what HSTS says of other host names, belong to the proxy in front: a redirect from here
# would be kept by the cache and shown to https visitors too.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English"), ("pt-br", "Português (Brasil)")]
LOCALE_PATHS = [Path(__file__).resolve().parents[1] / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/backend_static/"
STATIC_ROOT = _environment.static_root
STATICFILES_DIRS = admin_conf.packaged_assets()

REST_FRAMEWORK = api_conf.REST_FRAMEWORK
SPECTACULAR_SETTINGS = api_conf.SPECTACULAR_SETTINGS

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
# By address only: locking names would let anybody lock out the administrators.
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_CLIENT_IP_CALLABLE = "sagui_backend.administration.client_address.client_address"
AXES_LOCKOUT_TEMPLATE = "administration/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

CONTENT_SECURITY_POLICY = admin_conf.content_security_policy(_environment.admin_basemap_url)
SAGUI_ADMIN_HOSTS = frozenset(host.lower() for host in _environment.admin_hosts)
SAGUI_ADMIN_NETWORKS = _environment.admin_networks
SAGUI_ADMIN_BASEMAP_URL = _environment.admin_basemap_url
SAGUI_ADMIN_BASEMAP_ATTRIBUTION = _environment.admin_basemap_attribution
SAGUI_MAP_BASEMAP_URL = _environment.map_basemap_url
SAGUI_MAP_BASEMAP_ATTRIBUTION = _environment.map_basemap_attribution
SAGUI_TRUSTED_PROXIES = _environment.trusted_proxies
SAGUI_STALE_AFTER_DAYS = _environment.stale_after_days
SAGUI_PURGE_URL = _environment.purge_url
SAGUI_PATH_TO_ATMO_FILES = _environment.path_to_atmo_files
SAGUI_ATMO_ZONES_FILE = _environment.atmo_zones_file

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": _environment.log_level},
}
