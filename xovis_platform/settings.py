"""Settings, all from the environment.

What isn't given is taken from the embedded stack that runs on ``XOVIS_DATA_DIR`` (default ``.data``), so that every
``manage.py`` command talks to the same database and broker as the running platform.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy
from environs import FileAwareEnv, validate

from xovis_platform import logs, openapi
from xovis_platform.stack.given import unusable_files
from xovis_platform.stack.state import read_secrets, read_stack

BASE_DIR = Path(__file__).resolve().parent.parent

# NAME_FILE is read where NAME would be: secrets may come as files.
env = FileAwareEnv(strip_whitespace=True)
if _unusable := unusable_files(os.environ):
    raise ImproperlyConfigured(" ".join(_unusable))

DATA_DIR = Path(env.str("XOVIS_DATA_DIR", str(BASE_DIR / ".data"))).resolve()
_stack = read_stack(DATA_DIR)
_secrets = read_secrets(DATA_DIR)


def _several(name: str) -> list[str]:
    """Keys with commas or white space between them: a file has one a line."""
    return env.str(name, "").replace(",", " ").split()


# --- What must be secret. Without a value the checks say what to set; nothing falls back to a known key. ---
SECRET_KEY = env.str("XOVIS_SECRET_KEY", _secrets.secret_key if _secrets else "")
# What was signed with these still counts; nothing is signed with them.
SECRET_KEY_FALLBACKS = _several("XOVIS_SECRET_KEY_FALLBACKS")
# The first encrypts, all of them decrypt: `manage.py rotate_encryption_key`.
ENCRYPTION_KEYS = _several("XOVIS_ENCRYPTION_KEYS") or (_secrets.encryption_keys if _secrets else [])

DEBUG = env.bool("XOVIS_DEBUG", False)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("XOVIS_TRUSTED_ORIGINS", [])
# The address by which controllers and people reach the platform; webhook URLs are written with it.
PUBLIC_URL = env.str("XOVIS_PUBLIC_URL", f"http://127.0.0.1:{env.int('XOVIS_PORT', 8000)}").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list(
    "XOVIS_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", urlsplit(PUBLIC_URL).hostname or "localhost"]
)

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "auditlog",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "xovis_platform.apps.PlatformConfig",
    "sites_app",
    "ingest",
    "reports",
    "alerts",
    "portal",
]

MIDDLEWARE = [
    "xovis_platform.metrics.counted.Measured",
    "django.middleware.security.SecurityMiddleware",
    "xovis_platform.policy.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "compression_middleware.middleware.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "xovis_platform.language.PersonsLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sites_app.login.sessions.LastUse",
    "sites_app.login.second_factor.SecondFactor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sites_app.audit.Audit",
    "django_htmx.middleware.HtmxMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]

ROOT_URLCONF = "xovis_platform.urls"
WSGI_APPLICATION = "xovis_platform.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]

# --- Data ---
DATABASE_URL = env.str("XOVIS_DATABASE_URL", _stack.database_url if _stack else "")
REDIS_URL = env.str("XOVIS_REDIS_URL", _stack.redis_url if _stack else "")


def _database(url: str) -> dict[str, Any]:
    if not url:
        return {"ENGINE": "django.db.backends.postgresql", "NAME": "xovis"}
    parsed: dict[str, Any] = {**dj_database_url.parse(url)}
    # A pool in each process: a connection costs PostgreSQL a process, and the web server has many threads.
    parsed["OPTIONS"] = {
        **parsed.get("OPTIONS", {}),
        "pool": {"min_size": 0, "max_size": env.int("XOVIS_DATABASE_POOL", 12), "timeout": 10},
        "application_name": "xovis",
    }
    # A cursor on the server would outlive its transaction, and so its connection behind PgBouncer.
    parsed["DISABLE_SERVER_SIDE_CURSORS"] = True
    return parsed


DATABASES = {"default": _database(DATABASE_URL)}
# Reports are read from a replica, as long as it's no more than so many seconds behind.
if REPLICA_URL := env.str("XOVIS_REPLICA_URL", ""):
    DATABASES["replica"] = {**_database(REPLICA_URL), "TEST": {"MIRROR": "default"}}
REPLICA_LAG_S = env.float("XOVIS_REPLICA_LAG_S", 5.0)
DATABASE_ROUTERS = ["reports.replicas.ReplicaRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "xovis_platform.cache.SharedOrOwn",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 2.0, "socket_connect_timeout": 0.5},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# --- People ---
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("overview")
LOGOUT_REDIRECT_URL = LOGIN_URL
CSRF_FAILURE_VIEW = "sites_app.problems.forged"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["sites_app.login.backend.ByRole"]
ACCOUNT_ADAPTER = "sites_app.login.adapters.Accounts"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_SIGNUP_ENABLED = False
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False  # an address may be a shop's; single sign-on takes it only where it's one person's
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_PRESERVE_USERNAME_CASING = True
# How often a password or a code may be wrong, by account ("key") and by address: a whole head office may share one.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "20/5m/ip,5/5m/key",
    "login": "120/m/ip",
    "reset_password": "20/5m/ip,3/15m/key",
    "reset_password_from_key": "20/m/ip",
}
PASSWORD_RESET_TIMEOUT = 3 * 3600

# --- A second factor: an app's codes, passkeys, and codes on paper ---
MFA_ADAPTER = "sites_app.login.adapters.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are entered by head office, never by strangers
MFA_TOTP_ISSUER = "Xovis platform"
MFA_TOTP_TOLERANCE = 1  # telephones' clocks
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PUBLIC_URL.startswith("https:")
# Who must have one: nobody, "staff" (whoever may open the admin) or "everybody".
MFA_REQUIRED = env.str("XOVIS_MFA_REQUIRED", "", validate=validate.OneOf(["", "staff", "everybody"]))

# --- Single sign-on: one OpenID Connect provider. docs/access.md says what it must tell of people. ---
OIDC_URL = env.str("XOVIS_OIDC_URL", "")
OIDC_NAME = env.str("XOVIS_OIDC_NAME", "Single sign-on")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env.str("XOVIS_OIDC_CLIENT_ID", ""), env.str("XOVIS_OIDC_CLIENT_SECRET", "")
OIDC_GROUPS_CLAIM = env.str("XOVIS_OIDC_GROUPS_CLAIM", "groups")
OIDC_GROUPS: Any = env.json("XOVIS_OIDC_GROUPS", {}) if env.str("XOVIS_OIDC_GROUPS", "") else {}
SOCIALACCOUNT_ADAPTER = "sites_app.login.single_sign_on.SingleSignOn"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form that leads to another host is what the pages' policy refuses
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": OIDC_NAME,
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_URL},
            }
        ]
        if OIDC_URL
        else [],
    }
}
SECURE_COOKIES = env.bool("XOVIS_SECURE_COOKIES", PUBLIC_URL.startswith("https:"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
# Machines in the same network ask by plain HTTP whether all is well.
SECURE_SSL_REDIRECT = env.bool("XOVIS_SSL_REDIRECT", PUBLIC_URL.startswith("https:"))
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_HSTS_SECONDS = env.int("XOVIS_HSTS_SECONDS", 365 * 24 * 3600 if PUBLIC_URL.startswith("https:") else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("XOVIS_HSTS_SUBDOMAINS", False)
SECURE_HSTS_PRELOAD = env.bool("XOVIS_HSTS_PRELOAD", False)
# The other hosts under the retailer's domain aren't ours to promise HTTPS for.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- What the web server takes. Whose word on a client's address and scheme counts; how large a body, and how slow. ---
TRUSTED_PROXIES = env.str("XOVIS_TRUSTED_PROXIES", "").replace(",", " ").split()
MOST_BODY_BYTES = env.int("XOVIS_MOST_BODY_MB", 40) * 1024 * 1024
BODY_WITHIN_S = env.float("XOVIS_BODY_WITHIN_S", 60.0)

# --- E-mail. Without a server letters are written to files under the data directory, for a demo to look at. ---
vars().update(env.dj_email_url("XOVIS_EMAIL_URL", f"file:///{DATA_DIR / 'mail'}"))
EMAIL_TIMEOUT = env.int("XOVIS_EMAIL_TIMEOUT_S", 10)
DEFAULT_FROM_EMAIL = env.str("XOVIS_EMAIL_FROM", "xovis@localhost")

# --- Webhooks out: also to loopback and private networks? Only where all who can enter an address may reach those. ---
WEBHOOKS_TO_PRIVATE = env.bool("XOVIS_WEBHOOKS_TO_PRIVATE", False)

# --- Languages: pages and letters are in the person's own where it's here ---
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
FORMAT_MODULE_PATH = "xovis_platform.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files ---
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [
    (name, BASE_DIR / "node_modules" / package / "dist")
    for name, package in (("htmx", "htmx.org"), ("echarts", "echarts"))
    if (BASE_DIR / "node_modules" / package / "dist").is_dir()
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

# --- Exports: where the files lie, for web and workers alike; how long; how many are made at once ---
EXPORT_DIR = Path(env.str("XOVIS_EXPORT_DIR", str(DATA_DIR / "exports"))).resolve()
EXPORT_DAYS = env.int("XOVIS_EXPORT_DAYS", 7)
EXPORTS_AT_ONCE = env.int("XOVIS_EXPORTS_AT_ONCE", 1)

WEB_THREADS = env.int("XOVIS_WEB_THREADS", 10)

# --- API ---
# What a key may ask for in a minute, unless its own limit says otherwise.
API_REQUESTS_PER_MINUTE = env.int("XOVIS_API_REQUESTS_PER_MINUTE", 1200)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sites_app.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["sites_app.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["sites_app.api.limits.KeyLimit"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["sites_app.api.bodies.JsonBody"],
    "DEFAULT_SCHEMA_CLASS": "sites_app.api.schema.Schema",
    "EXCEPTION_HANDLER": "sites_app.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    # `format` is no parameter of the framework's: one that isn't known is to be refused as any other.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = openapi.SETTINGS

# --- Workers ---
CELERY_BROKER_URL = REDIS_URL or "redis://127.0.0.1:6379/0"

# --- Demo and small chains: how many days of raw facts are kept ---
SAMPLE_RETENTION_DAYS = env.int("XOVIS_SAMPLE_RETENTION_DAYS", 90)
# What sensors counted minute by minute; intervals are made of it, and stay.
RECORD_RETENTION_DAYS = env.int("XOVIS_RECORD_RETENTION_DAYS", 35)
INTERVAL_RETENTION_DAYS = env.int("XOVIS_INTERVAL_RETENTION_DAYS", 5 * 366)
EVENT_RETENTION_DAYS = env.int("XOVIS_EVENT_RETENTION_DAYS", 400)
QUARANTINE_RETENTION_DAYS = env.int("XOVIS_QUARANTINE_RETENTION_DAYS", 90)

# --- Logs: one line of JSON an event; for people at a terminal, plain text. ---
LOG_FORMAT = env.str("XOVIS_LOG_FORMAT", "json")
LOGGING = logs.configured(as_text=LOG_FORMAT == "text", level=env.str("XOVIS_LOG_LEVEL", "INFO"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# --- What is measured: the port on which a worker in a container of its own answers for itself; 0 for none ---
METRICS_PORT = env.int("XOVIS_METRICS_PORT", 0)

# --- The audit log ---
AUDITLOG_STORE_JSON_CHANGES = True
AUDITLOG_MASK_CALLABLE = "sites_app.audit.hidden"

# --- The admin's looks: the portal's colours; what is missing for all to use it is added by a style and a script of ours ---
_TEAL = [
    "#eef7f9",
    "#d9ecf0",
    "#a9d3dc",
    "#8cc8d4",
    "#6cc3d3",
    "#3f9fb2",
    "#0b5c6b",
    "#0a4f5c",
    "#0a3a44",
    "#0a2c34",
    "#06252b",
]
_STEPS = [50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950]
UNFOLD = {
    "SITE_TITLE": gettext_lazy("Xovis platform"),
    "SITE_HEADER": gettext_lazy("Registry and operation"),
    "SITE_SYMBOL": "storefront",
    "SITE_URL": "/",
    "SIDEBAR": {"show_search": True},
    "COLORS": {"primary": {str(step): colour for step, colour in zip(_STEPS, _TEAL, strict=True)}},
    "STYLES": [lambda _: static("sites_app/admin.css")],
    "SCRIPTS": [lambda _: static("sites_app/admin.js")],
}
