"""The one settings object, and where each setting may come from.

defaults < config file < `.env` in the current folder < environment < flags
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlencode

import pydantic_settings
from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    InitSettingsSource,
    SettingsConfigDict,
)

from nof1tui.settings.base import (
    APP_NAME,
    DOTENV,
    ENV_PREFIX,
    FIELD_OF_TABLE,
    MAX_REPORTED_FAULTS,
    TABLE_OF_FIELD,
    SettingsError,
    suggest_setting,
)
from nof1tui.settings.errors import describe_validation_error
from nof1tui.settings.fields import (
    HYPERLIQUID_URL,
    ArgumentList,
    DatabaseUrl,
    ExpandedPath,
    Lowercase,
    NameList,
    Seconds,
    Uppercase,
    validate_check_interval,
    validate_http_url,
    validate_proxy_url,
    validate_webhook_url,
)
from nof1tui.settings.paths import UserDirectories, require_absolute
from nof1tui.settings.tables import AlertTable, Color, TraderTable


class Settings(BaseSettings):
    """Every setting of the program. In the environment each carries the prefix `NOF1_`."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_prefix=ENV_PREFIX,
        env_file=DOTENV,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    source: Annotated[Literal["nof1", "hyperliquid", "demo", "replay"], Lowercase] = "nof1"
    """Which kind of arena is watched."""
    api_url: Annotated[str, AfterValidator(validate_http_url)] = "https://nof1.ai/api"
    """Any server that speaks the nof1 API."""
    hyperliquid_url: Annotated[str, AfterValidator(validate_http_url)] = HYPERLIQUID_URL
    """Any server that speaks Hyperliquid's info endpoint."""
    hyperliquid_dexes: NameList = ()
    """Builder markets (`xyz`) to ask about besides those that a wallet has traded in."""
    check_chain_s: Annotated[float, AfterValidator(validate_check_interval)] = 300
    """Seconds between two checks of the arena's accounts against the chain, at least 60; 0: none. Checked are
    those whose wallet is known (`[[trader]]`)."""
    replay_dir: ExpandedPath | None = None
    """The recorded responses that `NOF1_SOURCE=replay` plays."""

    database_url: DatabaseUrl | None = None
    """`postgresql://user:password@host/database`; empty: composed of the `NOF1_DB_*` settings if a host is
    given, else the embedded server."""
    database_direct_url: DatabaseUrl | None = None
    """The same database past a pooler such as pgbouncer, for what needs a session of its own."""
    db_host: str | None = None
    """Host name, address, or the folder of a socket."""
    db_port: Annotated[int, Field(ge=1, le=65_535)] = 5432
    db_name: Annotated[str, Field(min_length=1)] = "nof1"
    db_user: Annotated[str, Field(min_length=1)] = "nof1"
    db_password: SecretStr | None = None
    """Used with `NOF1_DB_HOST` only."""
    pg_bin: ExpandedPath | None = None
    """Folder with `initdb` and `postgres` for the embedded server; empty: those installed along."""
    pg_os_user: str | None = None
    """Who runs the embedded server when root starts it; empty: `postgres`, else `nobody`."""
    read_only: bool = False
    """Watch a store without ever writing to it: no collecting, no migration. A role that may only read needs
    no word of it, but with it nothing is collected either while the store is away."""
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """Fine-grained rows older than this may be thinned; 0 keeps all."""

    spool_mb: Annotated[int, Field(ge=1, le=1_048_576)] = 256
    """How much may wait on the disk while the store is away."""

    poll_accounts_s: Seconds = 15
    """Seconds between two polls of a feed, at least 1; slower while upstream fails."""
    poll_prices_s: Seconds = 10
    poll_trades_s: Seconds = 30
    poll_decisions_s: Seconds = 30
    poll_analytics_s: Seconds = 90
    poll_season_s: Seconds = 3600
    http_timeout_s: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 20
    """How long one answer may take."""
    max_body_mb: Annotated[float, Field(gt=0, le=4096, allow_inf_nan=False)] = 64
    """How large an answer may be after decompression."""
    proxy: Annotated[SecretStr | None, AfterValidator(lambda value: value and validate_proxy_url(value))] = (
        None
    )
    """HTTP proxy; empty: what HTTPS_PROXY says."""

    theme: Annotated[Literal["auto", "nof1-dark", "nof1-light", "nof1-contrast", "nof1-ansi"], Lowercase] = (
        "auto"
    )
    """`auto`: dark, or `nof1-ansi` on a terminal with 16 colours or none."""
    gain_color: Color | None = None
    """`#rrggbb` for gains in every theme (the nearest of the 16 in `nof1-ansi`); empty: the theme's."""
    loss_color: Color | None = None
    chart: Annotated[Literal["braille", "block", "ascii"], Lowercase] = "braille"
    """What the chart's lines are made of; `ascii` where the terminal cannot show it."""
    signs: Annotated[Literal["auto", "unicode", "ascii"], Lowercase] = "auto"
    """Which signs the screen is drawn with; `auto`: those of the locale's encoding."""
    toasts: bool = True
    """Whether the monitor says what just happened: a new lead, a trade closed, a flip, a feed down or up."""

    alert_to: NameList = (
        "toast",
        "bell",
        "command",
        "webhook",
    )
    """Ways out of the alerts that name none: toast, bell, osc9, osc777 on the screen, command, webhook."""
    alert_command: ArgumentList = ()
    """Program and arguments, run without a shell; it gets the alert as JSON on stdin."""
    alert_webhook: Annotated[SecretStr | None, AfterValidator(validate_webhook_url)] = None
    """Where alerts are sent as JSON by POST. The URL is kept secret."""
    alert_timeout_s: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 10
    """How long the command may run, and one try of the webhook take."""

    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Uppercase] = "INFO"
    log_file: ExpandedPath | None = None
    """Empty: `nof1-tui.log` in the state folder. The monitor never logs to the screen."""

    traders: tuple[TraderTable, ...] = ()
    """The `[[trader]]` tables of the config file."""
    alerts: tuple[AlertTable, ...] = ()
    """The `[[alert]]` tables of the config file."""

    _directories: UserDirectories = PrivateAttr(default_factory=lambda: UserDirectories.from_environment())

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # no need of every source
        cls,
        settings_cls: type[BaseSettings],
        init_settings: InitSettingsSource,
        env_settings: pydantic_settings.EnvSettingsSource,
        dotenv_settings: DotEnvSettingsSource,
        file_secret_settings: object,
    ) -> tuple[pydantic_settings.PydanticBaseSettingsSource, ...]:
        written = read_config_file(UserDirectories.from_environment().config_file)
        return init_settings, env_settings, dotenv_settings, InitSettingsSource(settings_cls, written)

    @property
    def data_dir(self) -> Path:
        """Home of the embedded server."""
        return require_absolute(self._directories.data, "XDG_DATA_HOME")

    @property
    def state_dir(self) -> Path:
        return require_absolute(self._directories.state, "XDG_STATE_HOME")

    @property
    def arena_url(self) -> str:
        """The server that is asked about the arena."""
        return self.chain_url if self.source == "hyperliquid" else self.api_url

    @property
    def chain_url(self) -> str:
        """Where Hyperliquid's info endpoint is; a server given as `api_url` alone is taken for it."""
        given = self.model_fields_set
        alone = self.source == "hyperliquid" and "api_url" in given and "hyperliquid_url" not in given
        return (self.api_url if alone else self.hyperliquid_url).removesuffix("/info")

    @property
    def embedded_database(self) -> str:
        """The embedded server's database: wallets and the arena of nof1 have one each."""
        return "hyperliquid" if self.source == "hyperliquid" else "nof1"

    @property
    def store_fingerprint(self) -> str:
        """Tells stores apart without naming them or their secrets."""
        told = self.store_url() or str(self.data_dir)
        if self.source == "hyperliquid":
            told += f"#{self.embedded_database}"
        _, _, place = told.rpartition("@")
        return blake2b(place.encode(), digest_size=6).hexdigest()

    @property
    def spool_dir(self) -> Path:
        """Where records wait while the store is away: a folder for each store."""
        return self.state_dir / "spool" / self.store_fingerprint

    @property
    def board_cache_path(self) -> Path:
        """The last known board."""
        return require_absolute(self._directories.cache, "XDG_CACHE_HOME") / "board"

    @property
    def log_path(self) -> Path:
        return self.log_file or self.state_dir / f"{APP_NAME}.log"

    def store_url(self) -> str | None:
        """Where the store is, with its password; None for the embedded server."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return self._composed_url() if self.db_host else None

    def session_url(self) -> str | None:
        """The store past any pooler; where none is named, the store as it is reached."""
        if self.database_direct_url is not None:
            return self.database_direct_url.get_secret_value()
        return self.store_url()

    def webhook_url(self) -> str | None:
        return self.alert_webhook.get_secret_value().strip() if self.alert_webhook else None

    def proxy_url(self) -> str | None:
        return self.proxy.get_secret_value() if self.proxy else None

    def _composed_url(self) -> str:
        host = self.db_host or ""
        login = quote(self.db_user, safe="")
        if self.db_password is not None:
            login += ":" + quote(self.db_password.get_secret_value(), safe="")
        name = quote(self.db_name, safe="")
        if host.startswith("/"):
            return f"postgresql://{login}@/{name}?{urlencode({'host': host, 'port': self.db_port})}"
        bracketed = f"[{host.strip('[]')}]" if ":" in host else quote(host, safe="")
        return f"postgresql://{login}@{bracketed}:{self.db_port}/{name}"


def load_settings(flags: Mapping[str, object] | None = None) -> Settings:
    """The settings in force; `flags` beat all else, those that are None do not count.

    Raises SettingsError.
    """
    given: dict[str, Any] = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(describe_validation_error(error, given)) from None
    except pydantic_settings.SettingsError as error:
        raise SettingsError(f"{error}: check the {ENV_PREFIX} variables of the environment") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{DOTENV} in this folder cannot be read: {error}") from None


def read_config_file(path: Path) -> dict[str, Any]:
    """What the config file says, by field; empty when there is none. Raises SettingsError."""
    try:
        written = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from None
    known = [
        *(name for name in Settings.model_fields if name not in TABLE_OF_FIELD),
        *TABLE_OF_FIELD.values(),
    ]
    unknown = [key for key in written if key not in known]
    if unknown:
        told = [f"{ascii(key)[1:-1]!r}{suggest_setting(key, known)}" for key in unknown[:MAX_REPORTED_FAULTS]]
        raise SettingsError(f"{path}: there is no setting " + ", nor ".join(told))
    return {FIELD_OF_TABLE.get(key, key): value for key, value in written.items()}
