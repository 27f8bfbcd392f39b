"""Settings of the platform: one file, every deployment difference in the environment.

With nothing configured this is the embedded default of DESIGN: SQLite and media under ``var/``,
local-memory cache, eager Celery, one process. Production sets the variables listed in
``docs/settings.md`` and is refused by system checks (``learning/checks.py``) while a value is unsafe.
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import structlog
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from learning.log_privacy import without_secrets

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
# Nobody else on the machine reads the embedded database, its secrets or what was uploaded.
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

PRODUCTION = env.bool("PRODUCTION", default=False)
DEBUG = env.bool("DEBUG", default=False)


def _embedded_secret(name: str) -> str:
    """Return the secret kept in ``var/``, made at first use so that restarts can read what they wrote."""
    path = VAR_DIR / f"{name}.secret"
    if not path.exists():
        # Exclusive creation: of two processes starting at once one writes and both read the same value.
        try:
            with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as handle:
                handle.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
    secret = path.read_text()
    if not secret:
        # Left by a crash or a full disk. An empty key would encrypt, and everybody could decrypt.
        raise ImproperlyConfigured(f"{path} is empty. Remove it and start again; nothing used it.")
    return secret


def _secret(name: str) -> str:
    if PRODUCTION:
        return str(env.str(name))
    return str(env.str(name, default="")) or _embedded_secret(name.lower())


SECRET_KEY = _secret("SECRET_KEY")
# Three separate secrets, so that one can be rotated or lost without the others.
NATIONAL_ID_KEY = _secret("NATIONAL_ID_KEY")
SEAT_KEY = _secret("SEAT_KEY")

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The origin printed into QR codes and e-mails, without a trailing slash.
PUBLIC_ORIGIN = env.str("PUBLIC_ORIGIN", default="http://127.0.0.1:8000")

# The origin of packages: another host than the portal's, better another site. Empty: content.localhost.
CONTENT_ORIGIN = env.str("CONTENT_ORIGIN", default="")

# Who answers for this installation, as the privacy notice and accessibility statement name them.
OPERATOR_NAME = env.str("OPERATOR_NAME", default="")
OPERATOR_EMAIL = env.str("OPERATOR_EMAIL", default="")
OPERATOR_PHONE = env.str("OPERATOR_PHONE", default="")

INSTALLED_APPS = [
    "enrollment",
    "courses.partners",
    "courses.studio",
    "courses.player",
    "courses.catalogue",
    "courses.content",
    "courses.packages",
    "exams.knowledge",
    "exams.room",
    "exams.results",
    "exams.registration",
    "exams.marking",
    "exams.seat",
    "exams.papers",
    "exams.bank",
    "certificates",
    "learning.records",
    "learning.people",
    "learning.portal",
    "learning",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    "django_structlog",
    "import_export",
    "rules.apps.AutodiscoverRulesConfig",
]

MIDDLEWARE = [
    "learning.request_ids.RequestIdMiddleware",
    # Before everything that knows a portal: packages have an origin of their own.
    "courses.content.origin.ContentOriginMiddleware",
    "learning.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "learning.portal.middleware.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "learning.portal.middleware.PrivatePagesMiddleware",
    "learning.portal.middleware.LanguageMiddleware",
    "learning.portal.middleware.NumeralsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "exams.seat.views.SignOutMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "learning.errors.DomainErrorMiddleware",
]

# The dotted name of the seat service's ASGI application, served on /seat/ in front of Django.
SEAT_APP = env.str("SEAT_APP", default="exams.seat.asgi.app")
# What room consoles ask every two seconds, answered in front of Django too; and where.
LIVE_APP = "exams.room.asgi.app"
LIVE_PATH = "/room/live"
# What stands in front of all of these and answers for the content origin.
CONTENT_APP = "courses.content.origin.ContentOrigin"
# Threads that answer portal requests in one ASGI process.
PORTAL_THREADS = env.int("PORTAL_THREADS", default=8)
# What `manage.py demo` calls, in this order; each does nothing, quickly, when its data is there.
DEMO_LOADERS = (
    "learning.people.demo.load",
    "certificates.demo.load",
    "exams.knowledge.demo.load",
    "exams.registration.demo.load",
    "exams.results.demo.load",
    "courses.catalogue.demo.load",
    "enrollment.demo.load",
    "courses.player.demo.load",
    "courses.studio.demo.load",
)

ROOT_URLCONF = "learning.urls"
ASGI_APPLICATION = "learning.asgi.application"
WSGI_APPLICATION = "learning.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "learning.portal.context_processors.portal",
            ],
            "builtins": ["learning.portal.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "learning.portal.forms.PortalRenderer"

# -- Database ---------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'platform.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because the seat service and live-server tests write from several threads, which an
    # in-memory database serves through one shared connection or table locks.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE: a transaction that will write takes the lock at BEGIN and can wait for it; a
        # deferred one fails at once with "database is locked" when it upgrades.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: an acknowledged commit survives power loss in WAL mode, NORMAL does not promise that.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A cable that is pulled sends no goodbye: without these a writer would wait for a quarter of an hour.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "tcp_user_timeout": 5000,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        **DATABASES["default"].get("OPTIONS", {}),
    }
    # PgBouncer in transaction mode keeps no server-side cursor between statements.
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

# -- Cache, rate limits, live counters --------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    # Of more than 300 entries, Django's default, a third is thrown out: rate limits as well as anything else.
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# -- Background work --------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or "memory://localhost/")
CELERY_TASK_ALWAYS_EAGER = env.bool("CELERY_EAGER", default=not REDIS_URL)
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TIMEZONE = "Asia/Bangkok"
CELERY_BEAT_SCHEDULE = {
    "finalise-overdue-sittings": {
        "task": "exams.seat.tasks.finalise_overdue",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "mark-closed-sittings": {
        "task": "exams.knowledge.tasks.conclude_closed",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "tend-uploads": {
        "task": "courses.content.tasks.tend_uploads",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "conclude-rounds": {
        "task": "exams.results.tasks.conclude_due",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "submit-overdue-course-tests": {
        "task": "courses.player.tasks.submit_overdue_attempts",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "abandon-lost-sessions": {
        "task": "courses.player.tasks.abandon_lost_sessions",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    "weigh-changed-rules": {
        "task": "enrollment.tasks.weigh_changed",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "remind-learners": {
        "task": "enrollment.tasks.note_reminders",
        "schedule": crontab(hour="8-17", minute=15),
        "options": {"expires": 30 * 60},
    },
    "send-notices-of-requests": {
        "task": "enrollment.tasks.send_notices",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "weigh-everybody": {
        "task": "enrollment.tasks.weigh_all",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 6 * 60 * 60},
    },
    "remove-old-lists": {
        "task": "enrollment.tasks.remove_old_lists",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3600},
    },
    "certify-released-results": {
        "task": "exams.results.tasks.certify_released",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "deliver-records": {
        "task": "learning.records.tasks.deliver",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "forward-records": {
        "task": "learning.records.tasks.forward",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "tidy-outbox": {
        "task": "learning.records.tasks.remove_delivered",
        "schedule": timedelta(hours=12),
        "options": {"expires": 600},
    },
    "cut-records-into-months": {
        "task": "learning.records.tasks.make_months",
        "schedule": timedelta(hours=12),
        "options": {"expires": 600},
    },
    "weigh-tables-of-records": {
        "task": "learning.records.tasks.weigh_tables",
        "schedule": timedelta(hours=12),
        "options": {"expires": 600},
    },
    "publish-due-versions": {
        "task": "courses.studio.tasks.publish_due",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "send-letters-of-the-studio": {
        "task": "courses.studio.tasks.send_letters",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
}

# -- The seat service -------------------------------------------------------------------------------
# Answers under way at the deadline are still taken this long; only then does the finaliser submit.
SEAT_GRACE = timedelta(seconds=env.int("SEAT_GRACE_SECONDS", default=20))
# At T-0 the machines ask for the paper key spread over so long; everybody's deadline is later by as much.
SEAT_KEY_SPREAD = timedelta(seconds=env.int("SEAT_KEY_SPREAD_SECONDS", default=60))
# What one machine may send to one process for long; a page counts as ten messages.
SEAT_MESSAGES_PER_SECOND = env.int("SEAT_MESSAGES_PER_SECOND", default=20)
# What Prometheus shows to read /seat/metrics; without one only this machine may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# -- Learning records -------------------------------------------------------------------------------
# Origins whose pages may talk to the record store; anybody's may, since no cookie is worth anything there.
XAPI_ORIGINS = env.list("XAPI_ORIGINS", default=["*"])
# What one request may bring: all of it, and its JSON, which takes ten times its size in memory.
XAPI_MAX_BODY_BYTES = env.int("XAPI_MAX_BODY_BYTES", default=32 * 1024 * 1024)
XAPI_MAX_JSON_BYTES = env.int("XAPI_MAX_JSON_BYTES", default=12 * 1024 * 1024)
# In production records are forwarded to servers on the public network only, unless this is true.
OUTBOUND_PRIVATE = env.bool("OUTBOUND_PRIVATE", default=False)

# -- People and sign-in -----------------------------------------------------------------------------
AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "learning.people.auth.NationalIdOrEmailBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:my"
LOGOUT_REDIRECT_URL = "portal:home"
ACCOUNT_ADAPTER = "learning.people.auth.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "learning.people.forms.LoginForm",
    "reauthenticate": "learning.people.forms.ReauthenticateForm",
    "change_password": "learning.people.forms.ChangePasswordForm",
    "reset_password": "learning.people.forms.ResetPasswordForm",
    "reset_password_from_key": "learning.people.forms.ResetPasswordKeyForm",
    "add_email": "learning.people.forms.AddEmailForm",
}
# Registration sends the link itself; an address that nobody has verified does not bar anyone from learning.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
# A whole office signs in behind one address, so per-address limits are wide and per-account ones narrow.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "60/m/ip,5/5m/key",
    "registration": "600/h/ip",
}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env.bool("BEHIND_PROXY", default=False) else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
# Browsers take a cookie of such a name from this host alone. Scripts of packages run on a neighbouring one,
# and could set any other for the whole domain: somebody else's session, or a token that they know.
_THIS_HOST_ALONE = "__Host-" if PRODUCTION else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_THIS_HOST_ALONE}sessionid", f"{_THIS_HOST_ALONE}csrftoken"
SESSION_COOKIE_AGE = 60 * 60 * 12

# -- Language and time ------------------------------------------------------------------------------
LANGUAGE_CODE = "th"
LANGUAGES = [("th", _("Thai")), ("en", _("English"))]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = PRODUCTION
TIME_ZONE = "Asia/Bangkok"
USE_TZ = True

# -- Files ------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS: list[tuple[str, str]] = []
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {
        "BACKEND": env.str("MEDIA_BACKEND", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("MEDIA_OPTIONS", default={}),
    },
    "staticfiles": {
        "BACKEND": env.str(
            "STATICFILES_BACKEND", default="whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
    # Sealed papers. Every process reads them, so several machines need one folder or bucket.
    "papers": {
        "BACKEND": env.str("PAPERS_BACKEND", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("PAPERS_OPTIONS", default={"location": str(VAR_DIR / "papers")}),
    },
}
# Uploads that come in pieces, until they were checked: one folder for all who take or check them.
UPLOADS_DIR = env.str("UPLOADS_DIR", default=str(VAR_DIR / "uploads"))
# What an agency may keep in packages, those under way included.
# Lists of learners that officers had written are personal data: after so long they are removed.
LISTS_KEPT = timedelta(days=env.int("LISTS_KEPT_DAYS", default=7))
CONTENT_QUOTA = env.int("CONTENT_QUOTA_GB", default=200) * 2**30
# Where browsers fetch sealed papers: the seat service, or a copy of the folder on any static server.
PAPERS_URL = env.str("PAPERS_URL", default="/seat/papers/")
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# -- E-mail -----------------------------------------------------------------------------------------
vars().update(env.email("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="no-reply@localhost")

# -- Transport and browser security -----------------------------------------------------------------
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31536000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "learning.portal.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# -- Spreadsheets -----------------------------------------------------------------------------------
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
# The whole Learning Portal, 339,883 persons, is one list of 120 MB.
IMPORT_MAX_BYTES = 200 * 1024 * 1024
IMPORT_MAX_ROWS = 400_000
EXPORT_MAX_ROWS = 100_000

# -- Logs -------------------------------------------------------------------------------------------
# `RequestIdMiddleware` has checked the header, or made the id, before django-structlog reads it.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
LOG_FORMAT = env.str("LOG_FORMAT", default="json" if PRODUCTION else "console")
_shared_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    without_secrets,
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_shared_processors,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared_processors,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False)
                if LOG_FORMAT == "json"
                else structlog.dev.ConsoleRenderer(colors=False),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "learning": {"level": env.str("LOG_LEVEL", default="INFO")},
        "enrollment": {"level": env.str("LOG_LEVEL", default="INFO")},
        "courses": {"level": env.str("LOG_LEVEL", default="INFO")},
        "exams": {"level": env.str("LOG_LEVEL", default="INFO")},
        "certificates": {"level": env.str("LOG_LEVEL", default="INFO")},
        "django_structlog": {"level": env.str("LOG_LEVEL", default="INFO" if PRODUCTION else "WARNING")},
    },
}
