"""Django's settings, made from ours; a publisher never writes a settings file."""

from __future__ import annotations

import functools
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ..credentials.secrets import Digester, load_key
from ..postgres import patience, within
from ..settings import Settings, SignIn
from .grants.choices import choices_of
from .logs import shorten

_HERE = "dragoman.control"
APPS = ("ledger", "accounts", "upstream", "applications", "keys", "grants",
        "statistics", "operations", "announcements", "changelog", "showcase", "administration", "room")
_DAY_S = 86_400
_COUNTS_MAX = 100_000
"""How many counts of tries are kept: with the few hundred that are the default, a stranger drives them out by new ones."""
_CONNECT_S, _SILENCE_S = 5, 10
_LIMITS_S = {"statement_timeout": 30, "lock_timeout": 15, "idle_in_transaction_session_timeout": 120}
"""How long PostgreSQL lets a page wait, and lets others wait for a page or a command whose machine has gone."""
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_setting_up = threading.Lock()


def configure(settings: Settings) -> None:
    """Set Django up in this process, once; a second call must be for the same data, and waits for the first.

    Raises `SettingsError`.
    """
    import django
    from django.conf import settings as configured

    with _setting_up:
        if not configured.configured:
            configured.configure(**values_of(settings))
            django.setup()
            shorten()


def ours() -> Settings:
    """Our settings, from anywhere in the control plane."""
    from django.conf import settings as configured

    found: Settings = getattr(configured, "DRAGOMAN")  # noqa: B009  # Django's stubs know no such setting
    return found


def digester_of(settings: Settings) -> Digester:
    """What digests the secrets of this server."""
    return _digester(settings.secret_key, settings.data_dir)


@functools.cache
def _digester(secret_key: str, data_dir: str) -> Digester:
    return Digester(load_key(secret_key, Path(data_dir)))


def values_of(settings: Settings) -> dict[str, Any]:
    """Every Django setting by name."""
    secure = is_secure(settings)
    prefix = "__Host-" if secure else ""
    return {
        "SECRET_KEY": digester_of(settings).derive("django").hex(),
        "DEBUG": False,
        "DRAGOMAN": settings,
        "ALLOWED_HOSTS": hosts_of(settings),
        "ROOT_URLCONF": f"{_HERE}.urls",
        "ASGI_APPLICATION": None,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "DATABASES": {"default": database_of(settings)},
        "CACHES": {"default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "room_cache",
            "OPTIONS": {"MAX_ENTRIES": _COUNTS_MAX},
        }},
        "DATA_UPLOAD_MAX_MEMORY_SIZE": settings.http.body_max_bytes,
        "LOGGING_CONFIG": None,
        **_apps(),
        **_pages(settings),
        **_sessions(secure, prefix),
        **_transport(secure=secure),
        **_accounts(secure=secure),
        **_upstream(settings),
        **choices_of(settings),
        **_mail(settings),
    }


def is_secure(settings: Settings) -> bool:
    """Whether the Room is reached by HTTPS alone, as far as the settings tell."""
    return bool(settings.tls_cert) or settings.base_url.startswith("https://")


def hosts_of(settings: Settings) -> list[str]:
    """The hosts for which the Room answers: what stands in letters and links must not come from a stranger's header."""
    public = urlsplit(settings.base_url).hostname
    own = [settings.host] if settings.host not in ("0.0.0.0", "::") else []  # noqa: S104  # recognised, not bound
    hosts = [host for cluster in settings.clusters.values() for host in cluster.hosts]
    return list(dict.fromkeys([*([public] if public else []), *own, *(host.partition(":")[0] for host in hosts), *_LOOPBACK]))


def origin_of(url: str) -> str:
    """Scheme and host of an address, as browsers tell them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def database_of(settings: Settings) -> dict[str, Any]:
    """The database of accounts: a file in the data directory, or PostgreSQL by its URL."""
    if not settings.database_url:
        Path(settings.data_dir).mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": f"{(Path(settings.data_dir).resolve() / 'control.db').as_uri()}?mode=rw",   # one that is gone stays so
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE",
                        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"},
        }
    url = urlsplit(settings.database_url)
    options = {name: texts[-1] for name, texts in parse_qs(url.query).items()}
    host = options.pop("host", None) or unquote(url.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": unquote(url.path.lstrip("/")), "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""), "HOST": host, "PORT": str(url.port or ""),
        "OPTIONS": {**patience(_CONNECT_S, _SILENCE_S), "application_name": "dragoman-room", "options": within(**_LIMITS_S), **options},
        "CONN_HEALTH_CHECKS": True,
    }


def _apps() -> dict[str, Any]:
    return {
        "INSTALLED_APPS": [
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages",
            "django.contrib.staticfiles", "django.contrib.humanize", "django.forms",
            *(f"{_HERE}.{app}" for app in APPS),
            "allauth", "allauth.account", "allauth.mfa", "allauth.usersessions", "allauth.socialaccount",
            "oauth2_provider", "django_htmx",
        ],
        "MIDDLEWARE": [
            f"{_HERE}.room.middleware.read_as_utf_8",
            f"{_HERE}.room.middleware.guard",
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.locale.LocaleMiddleware",
            f"{_HERE}.room.middleware.refuse_what_is_too_large",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
            "allauth.account.middleware.AccountMiddleware",
            f"{_HERE}.accounts.middleware.prefer_language",
            f"{_HERE}.accounts.middleware.note_session",
            f"{_HERE}.accounts.middleware.tell_limits",
            f"{_HERE}.accounts.middleware.ask_terms",
        ],
    }


def _pages(settings: Settings) -> dict[str, Any]:
    return {
        "TEMPLATES": [{
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "room" / "templates"],     # before allauth's own
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": [
                "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages", "django.template.context_processors.i18n",
                f"{_HERE}.room.context.publisher",
            ]},
        }],
        "LANGUAGE_CODE": "en",
        "LANGUAGES": [("en", "English"), ("ru", "Русский")],
        "LOCALE_PATHS": [Path(__file__).parent / "locale"],
        "STATIC_URL": "/static/",
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {"BACKEND": f"{_HERE}.room.assets.Assets"},
        },
        "CSRF_TRUSTED_ORIGINS": [origin_of(settings.base_url)] if settings.base_url else [],
        "CSRF_FAILURE_VIEW": f"{_HERE}.room.errors.csrf_failed",
        "FORM_RENDERER": "django.forms.renderers.TemplatesSetting",
    }


def _transport(*, secure: bool) -> dict[str, Any]:
    """What browsers are told of HTTPS and of other sites."""
    return {
        "SECURE_HSTS_SECONDS": 365 * _DAY_S if secure else 0,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "SILENCED_SYSTEM_CHECKS": [
            "security.W005", "security.W021",   # other hosts of the publisher's domain are not ours to decide on
            "security.W008",                    # with a certificate only HTTPS is spoken; before a proxy, that redirects
        ],
    }


def _sessions(secure: bool, prefix: str) -> dict[str, Any]:
    return {
        "SESSION_COOKIE_NAME": f"{prefix}dragoman-session", "SESSION_COOKIE_SECURE": secure, "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax", "SESSION_COOKIE_AGE": 14 * _DAY_S,
        "CSRF_COOKIE_NAME": f"{prefix}dragoman-csrf", "CSRF_COOKIE_SECURE": secure, "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "LANGUAGE_COOKIE_NAME": "dragoman-language", "LANGUAGE_COOKIE_SAMESITE": "Lax", "LANGUAGE_COOKIE_SECURE": secure,
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
    }


def _accounts(*, secure: bool) -> dict[str, Any]:
    return {
        "AUTH_USER_MODEL": "accounts.Account",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "PASSWORD_HASHERS": [f"{_HERE}.accounts.passwords.Hasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options} for name, options in (
                ("UserAttributeSimilarityValidator", {}), ("MinimumLengthValidator", {"min_length": 10}),
                ("CommonPasswordValidator", {}),
            )
        ],
        "LOGIN_URL": "/accounts/login/", "LOGIN_REDIRECT_URL": "/room/applications/", "LOGOUT_REDIRECT_URL": "/",
        "ACCOUNT_ADAPTER": f"{_HERE}.accounts.adapter.AccountAdapter",
        "ACCOUNT_LOGIN_METHODS": {"username", "email"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "email*", "password1*", "password2*"],
        "ACCOUNT_FORMS": {"login": f"{_HERE}.accounts.signing.SignInForm"},
        "ACCOUNT_SIGNUP_FORM_CLASS": f"{_HERE}.accounts.forms.SignUpForm",
        "ACCOUNT_USERNAME_VALIDATORS": f"{_HERE}.accounts.models.username_validators",
        "ACCOUNT_USERNAME_MIN_LENGTH": 2,
        "ACCOUNT_PRESERVE_USERNAME_CASING": False,
        "ACCOUNT_EMAIL_VERIFICATION": "mandatory",
        "ACCOUNT_PREVENT_ENUMERATION": "strict",
        "ACCOUNT_LOGIN_ON_PASSWORD_RESET": True,
        "ACCOUNT_EMAIL_NOTIFICATIONS": True,
        "ACCOUNT_MAX_EMAIL_ADDRESSES": 3,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE": False,
        "ACCOUNT_SESSION_REMEMBER": None,
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https" if secure else "http",
        "USERSESSIONS_TRACK_ACTIVITY": True,
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not secure,
        "MFA_ADAPTER": f"{_HERE}.accounts.adapter.MFAAdapter",
    }


def _upstream(settings: Settings) -> dict[str, Any]:
    """Sign-in with the publisher's own accounts; an address that was not proven there is not asked for."""
    return {
        "SOCIALACCOUNT_ADAPTER": f"{_HERE}.upstream.adapter.UpstreamAdapter",
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_ONLY": False,
        "SOCIALACCOUNT_EMAIL_REQUIRED": False,
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
        "SOCIALACCOUNT_PROVIDERS": {"upstream": {"APPS": [_upstream_app(name, each) for name, each in settings.sign_in.items()]}},
    }


def _upstream_app(name: str, provider: SignIn) -> dict[str, Any]:
    addresses = {"authorization_endpoint": provider.authorize_url, "token_endpoint": provider.token_url,
                 "userinfo_endpoint": provider.profile_url}
    return {
        "provider_id": name, "name": provider.name, "client_id": provider.client_id, "secret": provider.client_secret,
        "settings": {"issuer": provider.issuer, "addresses": addresses, "scope": list(provider.scope), "subject": provider.subject},
    }


def _mail(settings: Settings) -> dict[str, Any]:
    mail = settings.mail
    common = {"DEFAULT_FROM_EMAIL": mail.sender, "SERVER_EMAIL": mail.sender, "ACCOUNT_EMAIL_SUBJECT_PREFIX": ""}
    if not mail.host:
        folder = Path(settings.data_dir).resolve() / "mail"
        return {**common, "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": str(folder)}
    return {
        **common, "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": mail.host,
        "EMAIL_PORT": mail.port, "EMAIL_HOST_USER": mail.user, "EMAIL_HOST_PASSWORD": mail.password, "EMAIL_TIMEOUT": 10,
        "EMAIL_USE_TLS": mail.security == "starttls", "EMAIL_USE_SSL": mail.security == "tls",
    }
