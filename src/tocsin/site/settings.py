"""All settings, read once. `docs/settings.md` lists them; a test keeps the two alike."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tocsin.base.letters.transports import Folder, Smtp, Transport
from tocsin.base.letters.types import Organisation
from tocsin.base.secrets import Keyrings
from tocsin.domain.intake.mailbox import Mailbox
from tocsin.site import environment, logs
from tocsin.site.third_party import OF_STAFF, PERSONAL_DATA

TOCSIN_DATA = Path(environment.text("TOCSIN_DATA", "data")).resolve()
TOCSIN_OUTSIDE = Path(environment.text("TOCSIN_OUTSIDE", str(TOCSIN_DATA / "outside"))).resolve()
TOCSIN_INDEX = TOCSIN_DATA / "index"
TOCSIN_JOURNAL = TOCSIN_DATA / "journal"
TOCSIN_KEYS = Keyrings(Path(environment.text("TOCSIN_KEYS", str(TOCSIN_DATA / "keys"))).resolve())
_EXCHANGE_KEYS = environment.text("TOCSIN_EXCHANGE_KEYS", "")
TOCSIN_EXCHANGE_KEYS = Path(_EXCHANGE_KEYS).resolve() if _EXCHANGE_KEYS else None
TOCSIN_DOORS = environment.words("TOCSIN_DOORS", "console,api,hoster")
TOCSIN_FACADES = environment.words("TOCSIN_FACADES", "arachnid,photodna")
TOCSIN_PORT = environment.number("TOCSIN_PORT", 8000)
TOCSIN_LIVE_PORT = environment.number("TOCSIN_LIVE_PORT", TOCSIN_PORT + 1)
TOCSIN_WEB_WORKERS = environment.number("TOCSIN_WEB_WORKERS", 1)
TOCSIN_DECODERS = environment.number("TOCSIN_DECODERS", 2)
TOCSIN_TIFF = environment.yes("TOCSIN_TIFF")
# Figures for Prometheus, on a port of loopback (0: none), and whether they name providers.
TOCSIN_METRICS_PORT = environment.number("TOCSIN_METRICS_PORT", 0)
TOCSIN_METRICS_PROVIDERS = environment.yes("TOCSIN_METRICS_PROVIDERS")

# The public's pages, in a process of their own; how many forms an hour are taken as usual.
TOCSIN_PUBLIC_PORT = environment.number("TOCSIN_PUBLIC_PORT", TOCSIN_PORT + 2)
TOCSIN_PUBLIC_PER_HOUR = environment.number("TOCSIN_PUBLIC_PER_HOUR", 1_000)
TOCSIN_PUBLIC_ONION = environment.text("TOCSIN_PUBLIC_ONION", "")
TOCSIN_PUBLIC_EXIT = environment.text("TOCSIN_PUBLIC_EXIT", "https://www.wikipedia.org/")

# The gates: clamd's protocol and ICAP, in a process of their own and in the name of one key.
TOCSIN_GATE_CLAMD = environment.text("TOCSIN_GATE_CLAMD", "")
TOCSIN_GATE_ICAP = environment.text("TOCSIN_GATE_ICAP", "")
TOCSIN_GATE_KEY = environment.text("TOCSIN_GATE_KEY", "")
TOCSIN_GATE_OPEN_TO_OTHERS = environment.yes("TOCSIN_GATE_OPEN_TO_OTHERS")
TOCSIN_GATE_REVIEW_PASSES = environment.yes("TOCSIN_GATE_REVIEW_PASSES")
TOCSIN_GATE_OTHER_FILES_PASS = environment.yes("TOCSIN_GATE_OTHER_FILES_PASS")
TOCSIN_GATE_FOLDERS = environment.words("TOCSIN_GATE_FOLDERS", "")
TOCSIN_GATE_CHAIN = environment.text("TOCSIN_GATE_CHAIN", "")
TOCSIN_GATE_FILES_AT_ONCE = environment.number("TOCSIN_GATE_FILES_AT_ONCE", 8)
TOCSIN_GATE_MEMORY_MIB = environment.number("TOCSIN_GATE_MEMORY_MIB", 512)
TOCSIN_GATE_MOST_MIB = environment.number("TOCSIN_GATE_MOST_MIB", 100)
TOCSIN_GATE_ANSWER_SECONDS = environment.number("TOCSIN_GATE_ANSWER_SECONDS", 30)

TOCSIN_ORGANISATION = Organisation(
    name=environment.text("TOCSIN_ORGANISATION", "Example Hotline"),
    email=environment.text("TOCSIN_ORGANISATION_EMAIL", "notices@hotline.example"),
    domain=environment.text("TOCSIN_ORGANISATION_DOMAIN", "hotline.example"),
    country=environment.text("TOCSIN_ORGANISATION_COUNTRY", "NL"),
)

# Notices tell the exact digests of the reported file, so that a hoster can remove every copy.
TOCSIN_NOTICE_DIGESTS = environment.yes("TOCSIN_NOTICE_DIGESTS", default=True)
TOCSIN_LETTER_FOLDER: Transport = Folder(TOCSIN_DATA / "letters")
_SMTP_HOST = environment.text("TOCSIN_SMTP_HOST", "")
TOCSIN_MAIL: Transport = (
    Smtp(
        host=_SMTP_HOST,
        port=environment.number("TOCSIN_SMTP_PORT", 587),
        security=environment.text("TOCSIN_SMTP_SECURITY", "starttls"),
        username=environment.text("TOCSIN_SMTP_USERNAME", ""),
        password=environment.text("TOCSIN_SMTP_PASSWORD", ""),
    )
    if _SMTP_HOST
    else TOCSIN_LETTER_FOLDER
)
# Where hosters reach their pages, as letters name it; without it no letter has a link. On one
# machine, with letters in a folder, that is this machine.
TOCSIN_HOSTER_URL = environment.text(
    "TOCSIN_HOSTER_URL", "" if _SMTP_HOST else f"http://localhost:{TOCSIN_PORT}"
).rstrip("/")
# Whether hosts of unlawful items are looked up (DNS, RDAP): who keeps them, whom to write to.
TOCSIN_HOSTER_LOOKUP = environment.yes("TOCSIN_HOSTER_LOOKUP", default=True)

# Where a mail server puts what comes back to our address: a Maildir's `new`, or any folder.
_RETURNED_MAIL = environment.text("TOCSIN_RETURNED_MAIL", "")
TOCSIN_RETURNED_MAIL = Path(_RETURNED_MAIL).resolve() if _RETURNED_MAIL else None

# Visits to reported addresses: other places to look from, other names to ask by, and a benign
# address of our own by which a site that shows whatever it is asked to is recognised.
# The sites of a rehearsal, set by its own process; never from the environment.
TOCSIN_REHEARSED_WORLD: Any = None
TOCSIN_VANTAGES = environment.outlooks("TOCSIN_VANTAGES")
TOCSIN_VISIT_AGENTS = environment.named_texts("TOCSIN_VISIT_AGENTS")
TOCSIN_VISIT_CANARY = environment.text("TOCSIN_VISIT_CANARY", "")

# How long somebody may look at pictures: a day, in a row, and how long a break is at least. They
# can be made stricter here and not laxer.
TOCSIN_VIEWING_MINUTES_A_DAY = environment.number_within(
    "TOCSIN_VIEWING_MINUTES_A_DAY", 240, 0, 240
)
TOCSIN_VIEWING_MINUTES_IN_A_ROW = environment.number_within(
    "TOCSIN_VIEWING_MINUTES_IN_A_ROW", 60, 1, 60
)
TOCSIN_VIEWING_BREAK_MINUTES = environment.number_within(
    "TOCSIN_VIEWING_BREAK_MINUTES", 10, 10, 240
)

# The mailbox that other systems' mails arrive in, and the name our mail server signs its findings
# by (Authentication-Results).
_IMAP_HOST = environment.text("TOCSIN_INTAKE_IMAP_HOST", "")
try:
    TOCSIN_INTAKE_MAILBOX = (
        Mailbox(
            host=_IMAP_HOST,
            port=environment.number("TOCSIN_INTAKE_IMAP_PORT", 993),
            security=environment.text("TOCSIN_INTAKE_IMAP_SECURITY", "tls"),
            username=environment.text("TOCSIN_INTAKE_IMAP_USERNAME", ""),
            password=environment.text("TOCSIN_INTAKE_IMAP_PASSWORD", ""),
            folder=environment.text("TOCSIN_INTAKE_IMAP_FOLDER", "INBOX"),
        )
        if _IMAP_HOST
        else None
    )
except ValueError as error:
    raise environment.WrongSetting(f"TOCSIN_INTAKE_IMAP_SECURITY: {error}") from error
TOCSIN_INTAKE_AUTHSERV = environment.text("TOCSIN_INTAKE_AUTHSERV", "")

# From when on an entry is held for review: by how many providers and hits in an hour, and how far
# above its own habit; by how many parties that say it is wrong (0: never by their number alone).
TOCSIN_FLOOD_PARTIES = environment.number("TOCSIN_FLOOD_PARTIES", 5)
TOCSIN_FLOOD_HITS = environment.number("TOCSIN_FLOOD_HITS", 50)
TOCSIN_FLOOD_TIMES = environment.number("TOCSIN_FLOOD_TIMES", 10)
TOCSIN_DOWN_VOTES_TO_HOLD = environment.number("TOCSIN_DOWN_VOTES_TO_HOLD", 3)
# Who says which network announces an address: RIPEstat or its like; empty asks nobody. Recorded
# answers may stand in for name servers, registries and that. Cloudflare tells trusted parties
# which server is behind it.
TOCSIN_ROUTING_URL = environment.text("TOCSIN_ROUTING_URL", "https://stat.ripe.net/data")
_HOSTING_RECORDED = environment.text("TOCSIN_HOSTING_RECORDED", "")
TOCSIN_HOSTING_RECORDED = Path(_HOSTING_RECORDED).resolve() if _HOSTING_RECORDED else None
_CLOUDFLARE_URL = environment.text("TOCSIN_CLOUDFLARE_URL", "")
TOCSIN_CLOUDFLARE_ORIGIN = (
    {
        "url": _CLOUDFLARE_URL,
        "case": environment.text("TOCSIN_CLOUDFLARE_CASE", ""),
        "client_id": environment.text("TOCSIN_CLOUDFLARE_CLIENT", ""),
        "client_secret": environment.text("TOCSIN_CLOUDFLARE_SECRET", ""),
    }
    if _CLOUDFLARE_URL
    else None
)
# Whether what was found is looked at again, how many at once, and how long one server is left
# alone between two looks.
TOCSIN_RECHECKS = environment.yes("TOCSIN_RECHECKS", default=True)
TOCSIN_RECHECK_AT_ONCE = environment.number("TOCSIN_RECHECK_AT_ONCE", 8)
TOCSIN_RECHECK_HOST_GAP_MS = environment.number("TOCSIN_RECHECK_HOST_GAP_MS", 500)
# What tables of other people's making know of people, for `retention`.
TOCSIN_NOTES = PERSONAL_DATA
# Whose checksums are fetched from wordpress.org once a day: `releases`, and names of plugins.
TOCSIN_WORDPRESS = environment.words("TOCSIN_WORDPRESS", "")
# Where it is night when the lists are gone over.
TOCSIN_ZONE = environment.zone("TOCSIN_ZONE", "UTC")

SECRET_KEY = TOCSIN_KEYS.ring("django").active.material.hex()
SECRET_KEY_FALLBACKS = [key.material.hex() for key in TOCSIN_KEYS.ring("django").keys[:-1]]
DEBUG = False
_HTTPS = environment.yes("TOCSIN_HTTPS")
ALLOWED_HOSTS = environment.words("TOCSIN_HOSTS", "localhost,127.0.0.1,[::1]")
if TOCSIN_PUBLIC_ONION:
    ALLOWED_HOSTS.append(TOCSIN_PUBLIC_ONION.partition("://")[2].partition("/")[0])
CSRF_TRUSTED_ORIGINS = environment.words("TOCSIN_ORIGINS", "")
ROOT_URLCONF = "tocsin.site.urls"
WSGI_APPLICATION = "tocsin.site.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tocsin.base.clock",
    "tocsin.base.audit",
    "tocsin.base.outbox",
    "tocsin.base.retention",
    "tocsin.base.letters",
    "tocsin.base.accounts",
    "tocsin.domain.hashlists",
    "tocsin.domain.exchanges",
    "tocsin.domain.hosters",
    "tocsin.domain.hosting",
    "tocsin.domain.visits",
    "tocsin.domain.matching",
    "tocsin.domain.receipts",
    "tocsin.domain.corrections",
    "tocsin.domain.jobs",
    "tocsin.domain.providers",
    "tocsin.domain.viewing",
    "tocsin.domain.reports",
    "tocsin.domain.rechecks",
    "tocsin.domain.takedown",
    "tocsin.domain.reporters",
    "tocsin.domain.intake",
    "tocsin.domain.iccam",
    "tocsin.domain.referrals",
    "tocsin.domain.figures",
    "tocsin.doors.console",
    "tocsin.doors.provider",
    "tocsin.doors.public",
    "tocsin.doors.hoster",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tocsin.doors.console.language.PersonLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
]

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

DATABASES = {"default": environment.database(TOCSIN_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# A process that opens the public's door alone carries no staff code: no console, no log-in, and no
# cookie that either would set.
if set(TOCSIN_DOORS) == {"public"}:
    for _names in (INSTALLED_APPS, MIDDLEWARE, AUTHENTICATION_BACKENDS):
        _names[:] = [name for name in _names if not name.startswith(OF_STAFF)]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/console/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "tocsin.doors.console.login.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
# Log-in attempts are limited by address. Behind the proxy that TLS asks for, the visitor's is the
# last one it names; else one stranger's failures would shut out everybody behind the same proxy.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _HTTPS else 0
MFA_ADAPTER = "tocsin.doors.console.login.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tocsin"
MFA_TOTP_TOLERANCE = 1  # half minutes a phone's clock may be off

SESSION_COOKIE_NAME = "tocsin_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = _HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Where the browser finds the live stream: same address behind a proxy, else another port.
TOCSIN_LIVE_SAME_ORIGIN = environment.yes("TOCSIN_LIVE_SAME_ORIGIN")
_LIVE_ORIGINS = (
    []
    if TOCSIN_LIVE_SAME_ORIGIN
    else [f"http://{host}:{TOCSIN_LIVE_PORT}" for host in ALLOWED_HOSTS if host != "[::1]"]
)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *_LIVE_ORIGINS],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
}

# Files never enter through Django: media has its own door that touches no disk.
FILE_UPLOAD_HANDLERS = ["tocsin.site.uploads.RefuseFiles"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("nl", "Nederlands"), ("fr", "Français")]
LOCALE_PATHS = [Path(__file__).parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

LOGGING_CONFIG = None
logs.configure(environment.text("TOCSIN_LOG", "console"))
