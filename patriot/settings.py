"""Settings: one file, from the environment; defaults that work on a laptop."""

import os
import re
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from whitenoise.compress import Compressor

from patriot.lib import mail_services, postgres
from patriot.lib.environment import TOO_WEAK, Environment, is_installed, is_weak, local_secret

BASE_DIR = Path(__file__).resolve().parent.parent

environment = Environment(Path(os.environ.get("PATRIOT_DOTENV", BASE_DIR / ".env")))

# --- Where and who -----------------------------------------------------------
PATRIOT_ENV = environment.choice("PATRIOT_ENV", ("local", "test", "production"), "local")
IS_PRODUCTION = PATRIOT_ENV == "production"
PATRIOT_DATA = Path(environment.text("PATRIOT_DATA", str(BASE_DIR / ".patriot"))).resolve()
SITE_NAME = environment.text("SITE_NAME", "Patriot")
# Goes into the User-Agent, so that a publisher can reach whoever runs this newsroom.
CONTACT = environment.text("CONTACT", "https://patriot.example/contact")
PORT = environment.number("PORT", 8000, least=1, most=65_535)
# Where and with how many processes `manage.py serve` listens.
BIND = environment.text("BIND", "127.0.0.1")
WEB_WORKERS = environment.number("WEB_WORKERS", 2, least=1, most=64)
WEB_THREADS = environment.number("WEB_THREADS", 4, least=1, most=64)
# How many proxies stand between the reader and us: their X-Forwarded headers count, no others.
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0, least=0, most=9)

SECRET_KEY = environment.secret("SECRET_KEY")
if not SECRET_KEY and not IS_PRODUCTION:
    SECRET_KEY = local_secret(PATRIOT_DATA / "secret_key")
# Those before it: what they signed is still good, what they encrypted can still be read.
SECRET_KEY_FALLBACKS = environment.secrets("SECRET_KEY_FALLBACKS")
# Keys of the API are stored as HMAC under it; without it as plain SHA-256.
API_KEY_PEPPER = environment.secret("API_KEY_PEPPER")
# Those before it: keys that were stored under them go on working, and are stored anew when used.
API_KEY_PEPPER_FALLBACKS = environment.secrets("API_KEY_PEPPER_FALLBACKS")
# Whether keys go on working that were stored without a pepper. Only once they do not does writing
# to the database make no key.
API_KEYS_WITHOUT_PEPPER = environment.read(
    lambda env: env.bool, "API_KEYS_WITHOUT_PEPPER", default=True
)
ALLOWED_HOSTS: list[str] = environment.read(lambda env: env.list, "ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS: list[str] = environment.read(lambda env: env.list, "CSRF_TRUSTED_ORIGINS", [])
DEBUG = environment.read(lambda env: env.bool, "DEBUG", default=False)
DATABASE = environment.database("DATABASE_URL")
if IS_PRODUCTION:
    environment.require("SECRET_KEY", SECRET_KEY, "must be set in production")
    environment.require("ALLOWED_HOSTS", ALLOWED_HOSTS, "must name the site's hosts in production")
    environment.require(
        "DATABASE_URL",
        DATABASE,
        "must be set in production; the embedded database is for one machine's first run",
    )
    environment.refuse("SECRET_KEY", bool(SECRET_KEY) and is_weak(SECRET_KEY), TOO_WEAK)
    environment.refuse("API_KEY_PEPPER", bool(API_KEY_PEPPER) and is_weak(API_KEY_PEPPER), TOO_WEAK)
    environment.refuse(
        "API_KEYS_WITHOUT_PEPPER",
        not API_KEY_PEPPER and not API_KEYS_WITHOUT_PEPPER,
        "must not be off without API_KEY_PEPPER: no key would work",
    )
    environment.refuse("ALLOWED_HOSTS", "*" in ALLOWED_HOSTS, "must name hosts; “*” is any host")
    environment.refuse("DEBUG", DEBUG, "must be off in production: it shows settings to readers")
elif not ALLOWED_HOSTS:
    ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

# --- Paid services ---------------------------------------------------------------
# A service is on where it is named, or, with none named, where there is a key for it.
ANTHROPIC_API_KEY = environment.secret("ANTHROPIC_API_KEY")
ANTHROPIC_BASE_URL = environment.address("ANTHROPIC_BASE_URL")
TAVILY_API_KEY = environment.secret("TAVILY_API_KEY")
TAVILY_BASE_URL = environment.address("TAVILY_BASE_URL")
SERVICE_KEYS = {
    "claude": ("ANTHROPIC_API_KEY", ANTHROPIC_API_KEY),
    "tavily": ("TAVILY_API_KEY", TAVILY_API_KEY),
}
SERVICES = environment.choices(
    "SERVICES", tuple(SERVICE_KEYS), [name for name, (_, key) in SERVICE_KEYS.items() if key]
)
for service in SERVICES:
    environment.require(*SERVICE_KEYS[service], f"must be set while SERVICES names {service}")
# What all calls of a day (UTC) may cost together, in USD. Beyond it the local analyst writes.
DAILY_CEILING_USD = environment.amount("DAILY_CEILING_USD", "10", most=10_000)
# The same for a month (UTC), and for one request.
MONTHLY_CEILING_USD = environment.amount("MONTHLY_CEILING_USD", "100", most=100_000)
CALL_CEILING_USD = environment.amount("CALL_CEILING_USD", "1", most=1_000)

# --- Mail ---------------------------------------------------------------------
# Without EMAIL_URL nothing is mailed: digests are kept on the desk.
EMAIL = environment.mail("EMAIL_URL")
MAIL_IS_ON = bool(EMAIL)
EMAIL_BACKEND = EMAIL.get("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST, EMAIL_PORT = EMAIL.get("EMAIL_HOST", "localhost"), EMAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = EMAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = EMAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_TLS", False), EMAIL.get("EMAIL_USE_SSL", False)
# Or a mail service, through django-anymail: then it tells us of bounces and complaints.
EMAIL_PROVIDER = environment.choice("EMAIL_PROVIDER", ("", *mail_services.KEY_NAMES), "")
EMAIL_PROVIDER_KEY = environment.secret("EMAIL_PROVIDER_KEY")
EMAIL_HOOK_SECRET = environment.secret("EMAIL_HOOK_SECRET")
ANYMAIL: dict[str, Any] = {}
if EMAIL_PROVIDER:
    environment.refuse("EMAIL_URL", MAIL_IS_ON, "must not be set beside EMAIL_PROVIDER")
    environment.require("EMAIL_PROVIDER_KEY", EMAIL_PROVIDER_KEY, "must be set with EMAIL_PROVIDER")
    environment.require(
        "EMAIL_HOOK_SECRET",
        re.fullmatch(r"[!-9;-~]+:[!-9;-~]{16,}", EMAIL_HOOK_SECRET),
        "must be a name, a colon and at least 16 random characters, with EMAIL_PROVIDER",
    )
    MAIL_IS_ON = True
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
    ANYMAIL = mail_services.settings_of(EMAIL_PROVIDER, EMAIL_PROVIDER_KEY, EMAIL_HOOK_SECRET)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.sender("MAIL_FROM") or "patriot@localhost"
if MAIL_IS_ON:
    environment.require(
        "MAIL_FROM",
        DEFAULT_FROM_EMAIL != "patriot@localhost",
        "must be set with EMAIL_URL or EMAIL_PROVIDER",
    )
# Where people reach the site: mails link to it.
SITE_URL = environment.address("SITE_URL").rstrip("/") or (
    f"https://{ALLOWED_HOSTS[0].lstrip('.*')}"
    if IS_PRODUCTION and ALLOWED_HOSTS
    else f"http://127.0.0.1:{PORT}"
)
# When staff are told what fell ill: once a day, from this hour on in this zone.
DIGEST_HOUR = environment.number("DIGEST_HOUR", 6, least=0, most=23)
DIGEST_ZONE = environment.zone("DIGEST_TIMEZONE", "UTC")

# --- How long things are kept ---------------------------------------------------
# Articles that no report stands on; and the records of fetches, digests and imports. In days.
RETENTION_DAYS = environment.number("RETENTION_DAYS", 365, least=30, most=36_500)
FETCH_RETENTION_DAYS = environment.number("FETCH_RETENTION_DAYS", 90, least=7, most=36_500)

# --- The outbound policy ------------------------------------------------------
# host:port pairs that may be reached although their address is not public: a
# proxy of the house, the demonstration newsroom.
OUTBOUND_ALLOW: list[str] = environment.read(lambda env: env.list, "PATRIOT_OUTBOUND_ALLOW", [])

# --- Database: DATABASE_URL, else the embedded PostgreSQL ----------------------
DATABASES: dict[str, dict[str, Any]]
if DATABASE:
    DATABASES = {"default": DATABASE}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": str(postgres.socket_folder(PATRIOT_DATA)),
            "NAME": postgres.DATABASE_NAME,
            "USER": postgres.DATABASE_USER,
        }
    }
# The worker runs long and forks: it opens a connection per piece of work.
IS_WORKER = environment.read(lambda env: env.bool, "PATRIOT_WORKER", default=False)
DATABASES["default"] |= {
    "CONN_MAX_AGE": 0 if IS_WORKER else 60,
    "CONN_HEALTH_CHECKS": True,
    "ATOMIC_REQUESTS": False,
    # A host that was cut off is given up after half a minute, not after the two hours of TCP.
    "OPTIONS": {
        "connect_timeout": 10,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }
    | DATABASES["default"].get("OPTIONS", {}),
}
# How long the web lets the database work on one statement; 0 is as long as it takes. Workers and
# commands are not bounded.
STATEMENT_SECONDS = environment.number("STATEMENT_SECONDS", 20, least=0, most=3_600)
# Shared by the processes: attempts to sign in are counted here, and the queue's statistics.
CACHES = {"default": environment.cache("CACHE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications ---------------------------------------------------------------
INSTALLED_APPS = [
    "patriot.apps.PatriotConfig",
    "patriot.accounts.apps.AccountsConfig",
    "patriot.work.apps.WorkConfig",
    "patriot.ledger.apps.LedgerConfig",
    "sources.apps.SourcesConfig",
    "reports.apps.ReportsConfig",
    "patriot.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "django.contrib.postgres",
    "django_q",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    *(["anymail"] if EMAIL_PROVIDER else []),
]
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "account_login"
TAKEN_PATHS = frozenset(
    (
        *("accounts", "api", "corrections", "errors", "health", "healthz", "hooks", "how-it-works"),
        *("metrics", "preferences", "quality", "readyz", "reports", "search", "sitemap", "sources"),
        *("static", "stories", "storylines", "subscribe", "unsubscribe"),
    )
)
# Where the desk is: another path keeps those away who try every site's.
ADMIN_PATH = environment.text("ADMIN_PATH", "admin").strip("/")
environment.refuse(
    "ADMIN_PATH",
    not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,59}", ADMIN_PATH) or ADMIN_PATH in TAKEN_PATHS,
    "must be one part of a path of the site's that nothing else has, such as newsdesk",
)
LOGIN_REDIRECT_URL = f"/{ADMIN_PATH}/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "patriot.accounts.adapter.Adapter"
# Nobody signs up, nothing is mailed. The throttle is ours: one statement instead of a lock in
# the cache, and its answer says how long to wait.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
ACCOUNT_SESSION_REMEMBER = True
# Authenticator apps, passkeys and recovery codes; who publishes or administers may have to.
SECOND_FACTOR_REQUIRED = environment.read(
    lambda env: env.bool, "SECOND_FACTOR_REQUIRED", default=False
)
MFA_ADAPTER = "patriot.accounts.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = SITE_NAME
# A telephone's clock may be half a minute off (patriot.accounts.totp has the same).
MFA_TOTP_TOLERANCE = 1
# Browsers make passkeys for localhost without TLS, and for nobody else.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION
ROOT_URLCONF = "patriot.urls"
WSGI_APPLICATION = "patriot.wsgi.application"
MIDDLEWARE = [
    "patriot.operations.middleware.MeasuringMiddleware",
    "patriot.operations.middleware.RequestIDMiddleware",
    "patriot.operations.middleware.TracingMiddleware",
    "patriot.operations.timing.ServerTimingMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "patriot.operations.middleware.ResourcePolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "patriot.operations.kept_answers.KeptAnswers",
    "django.middleware.http.ConditionalGetMiddleware",
    "patriot.operations.middleware.ProbeMiddleware",
    "patriot.operations.middleware.BodyLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "patriot.accounts.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
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
                "patriot.operations.context.site",
            ],
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]

# How long a process shows the same public page again without looking whether it still holds.
KEPT_PAGE_SECONDS = 1.0

# --- Language, time, static files ---------------------------------------------
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "patriot.lib.formats"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = PATRIOT_DATA / "static" if not IS_PRODUCTION else BASE_DIR / "staticfiles"
# Compressing everything beforehand takes most of a minute: not on a laptop's first start.
STATIC_STORAGE = {
    "test": "django.contrib.staticfiles.storage.StaticFilesStorage",
    "local": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
    "production": "whitenoise.storage.CompressedManifestStaticFilesStorage",
}
# Pages name the hashed files only: half the files, half the time to compress them.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Only somebody who debugs another's scripts reads maps; compressing them takes twice as long as
# everything else together.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATIC_STORAGE[PATRIOT_ENV]},
}

# --- Safety ---------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Requests longer than this are refused before anybody reads them, the API's too.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 5
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Whoever signs in gets to the desk: a week, then the password is asked for again.
SESSION_COOKIE_AGE = 7 * 24 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
if IS_PRODUCTION:
    SECURE_SSL_REDIRECT = environment.read(
        lambda env: env.bool, "SECURE_SSL_REDIRECT", default=True
    )
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    # Without a proxy anybody could say that the connection is safe.
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_REDIRECT_EXEMPT = [r"^health/?$", r"^healthz$", r"^readyz(/web)?$", r"^metrics$"]

# --- Work -------------------------------------------------------------------------
# One attempt: attempts are counted on our own rows, before the work starts.
# `retry` counts from prefetch, so it must outlast a full queue of timeouts.
Q_CLUSTER = {
    "name": "patriot",
    "orm": "default",
    "workers": environment.number("WORKERS", 2, least=1, most=64),
    "queue_limit": 4,
    "timeout": 100,
    "retry": 660,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "poll": 1,
    "save_limit": 250,
    "recycle": 200,
    "label": "Queue",
    "log_level": "WARNING",
}

# --- API --------------------------------------------------------------------------
# How often one address may ask, and one key or one person who signed in.
API_RATE_ANONYMOUS = environment.rate("API_RATE_ANONYMOUS", "120/min")
API_RATE_KEY = environment.rate("API_RATE_KEY", "1200/min")
# How many texts one key may have completed, and by which model.
API_RATE_COMPLETE = environment.rate("API_RATE_COMPLETE", "30/min")
COMPLETE_MODEL = environment.text("COMPLETE_MODEL", "claude-haiku-5-5")
environment.refuse(
    "COMPLETE_MODEL",
    not re.fullmatch(r"[!-~]{1,100}", COMPLETE_MODEL),
    "must be the name of a model, such as claude-haiku-5-5",
)
# Whether /api/docs/ and /api/schema/ are there.
API_DOCS = environment.read(lambda env: env.bool, "API_DOCS", default=True)
# Which other sites' scripts may read the API: none unless they are named. They send no cookies.
_API_ORIGINS: list[str] = environment.read(lambda env: env.list, "API_ORIGINS", default=[])
CORS_ALLOW_ALL_ORIGINS = _API_ORIGINS == ["*"]
CORS_ALLOWED_ORIGINS = [] if CORS_ALLOW_ALL_ORIGINS else _API_ORIGINS
environment.refuse(
    "API_ORIGINS",
    any(not re.fullmatch(r"https?://[a-z0-9.:\[\]-]+", origin) for origin in CORS_ALLOWED_ORIGINS),
    "must name origins such as https://charts.example.org, separated by commas, or * alone",
)
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-modified-since",
    "if-none-match",
    "x-correlation-id",
    "x-request-id",
)
CORS_EXPOSE_HEADERS = (
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "Server-Timing",
    "X-Request-ID",
)
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["patriot.lib.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["patriot.lib.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "patriot.accounts.authentication.KeyAuthentication",
        "patriot.accounts.authentication.SessionAuthentication",
    ],
    # An address that does not say who may use it is open to nobody.
    "DEFAULT_PERMISSION_CLASSES": ["patriot.lib.permissions.Nobody"],
    "DEFAULT_THROTTLE_CLASSES": ["patriot.accounts.throttling.Throttle"],
    "DEFAULT_PAGINATION_CLASS": "patriot.lib.pagination.Pagination",
    "PAGE_SIZE": 25,
    "EXCEPTION_HANDLER": "patriot.lib.problems.problem_details",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "patriot.lib.negotiation.JSONOnly",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Patriot API",
    "DESCRIPTION": "Reports whose every sentence stands on a verified quotation.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1/",
    "PREPROCESSING_HOOKS": ["patriot.lib.openapi.without_second_addresses"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "patriot.lib.openapi.with_fewer_fields",
        "patriot.lib.openapi.with_shared_problems",
        "patriot.operations.examples.with_answers",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobState": "patriot.work.models.Job.State",
        "ReportState": "reports.models.report.Report.State",
        "PublishedState": ["published"],
        "ClaimKind": "reports.models.claim.Claim.Kind",
        "CorrectionKind": "reports.models.correction.Correction.Kind",
        "SectionStatus": "reports.models.revision.Section.Status",
        "CorroborationOutcome": ["found", "nothing", "failed", "not_asked"],
        "SourceKind": "sources.models.source.Source.Kind",
        "Channel": "reports.models.subscription.Subscription.Channel",
        "PostedChannel": ["webhook", "slack", "discord", "telegram", "matrix"],
        "SubscriptionState": "reports.models.subscription.Subscription.State",
        "WantedState": ["active", "paused"],
        "DeliveryState": "reports.models.delivery.Delivery.State",
        "DeliveryKind": "reports.models.delivery.Delivery.Kind",
    },
}

# --- Metrics and traces -------------------------------------------------------------
# Who shows it as a bearer token may scrape /metrics. Without it there is no such address, and
# nothing is counted.
METRICS_TOKEN = environment.secret("METRICS_TOKEN")
environment.refuse(
    "METRICS_TOKEN",
    bool(METRICS_TOKEN) and not re.fullmatch(r"[!-~]{16,500}", METRICS_TOKEN),
    "must be at least 16 random characters without spaces, or nothing",
)
# The collector that traces go to, over HTTP. Without it nothing of OpenTelemetry is loaded.
TRACES_TO = environment.address("OTEL_EXPORTER_OTLP_ENDPOINT")
environment.refuse(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    bool(TRACES_TO) and not is_installed("opentelemetry-exporter-otlp-proto-http"),
    "wants further packages: pip install -r requirements-traces.txt",
)

# --- Logs ---------------------------------------------------------------------------
LOG_LEVEL = environment.choice(
    "LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO" if IS_PRODUCTION else "WARNING"
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "patriot.lib.logging.JSONFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django": {"handlers": [], "level": "WARNING", "propagate": True}},
}
environment.finish()
