"""The settings, and their sources by precedence.

defaults < config file < `.env` in the current folder < environment < flags
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal

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

from nof1tui.domain.database_url import compose_database_url
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
    """Every setting of the program. Environment variables have the prefix `NOF1_`."""

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
    """The kind of arena to watch."""
    api_url: Annotated[str, AfterValidator(validate_http_url)] = "https://nof1.ai/api"
    """A server with the nof1 API."""
    hyperliquid_url: Annotated[str, AfterValidator(validate_http_url)] = HYPERLIQUID_URL
    """A server with Hyperliquid's info endpoint."""
    hyperliquid_dexes: NameList = ()
    """Builder markets (`xyz`) to read besides those that a wallet has traded in."""
    check_chain_s: Annotated[float, AfterValidator(validate_check_interval)] = 300
    """Seconds between verifications of the arena's accounts on chain, at least 60; 0 turns them off. Only
    accounts with a known wallet are verified (`[[trader]]`)."""
    replay_dir: ExpandedPath | None = None
    """Folder of the recorded responses that `NOF1_SOURCE=replay` plays."""

    database_url: DatabaseUrl | None = None
    """`postgresql://user:password@host/database`. Default: built from the `NOF1_DB_*` settings if a
    host is set, else the embedded server."""
    database_direct_url: DatabaseUrl | None = None
    """The same database without a pooler such as pgbouncer, for connections that need their own session."""
    database_read_url: DatabaseUrl | None = None
    """A replica of the same database: the monitor's screens read from it, and the collector writes to
    `database_url`."""
    db_host: str | None = None
    """Host name, address, or folder of the Unix socket."""
    db_port: Annotated[int, Field(ge=1, le=65_535)] = 5432
    db_name: Annotated[str, Field(min_length=1)] = "nof1"
    db_user: Annotated[str, Field(min_length=1)] = "nof1"
    db_password: SecretStr | None = None
    """Used with `NOF1_DB_HOST` only."""
    pg_bin: ExpandedPath | None = None
    """Folder with `initdb` and `postgres` for the embedded server. Default: the bundled ones."""
    pg_os_user: str | None = None
    """OS user of the embedded server when root starts it. Default: `postgres`, else an unprivileged user."""
    read_only: bool = False
    """Never write to the store: no collecting, no migration. Read-only roles are detected without it;
    with it nothing is collected while the store is away, either."""
    retention_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    """Days after which account rows and prices are thinned to one per hour; 0 keeps all."""

    spool_mb: Annotated[int, Field(ge=1, le=1_048_576)] = 256
    """Size limit of the spool: records queued on disk while the store is away."""

    poll_accounts_s: Seconds = 15
    """Seconds between polls of a feed, at least 1; longer while requests fail."""
    poll_prices_s: Seconds = 10
    poll_trades_s: Seconds = 30
    poll_decisions_s: Seconds = 30
    poll_analytics_s: Seconds = 90
    poll_season_s: Seconds = 3600
    http_timeout_s: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 20
    """Seconds that one response may take."""
    max_body_mb: Annotated[float, Field(gt=0, le=4096, allow_inf_nan=False)] = 64
    """Largest response after decompression."""
    proxy: Annotated[SecretStr | None, AfterValidator(lambda value: value and validate_proxy_url(value))] = (
        None
    )
    """HTTP proxy. Default: that of HTTPS_PROXY."""

    theme: Annotated[Literal["auto", "nof1-dark", "nof1-light", "nof1-contrast", "nof1-ansi"], Lowercase] = (
        "auto"
    )
    """`auto`: dark, or `nof1-ansi` on a terminal with at most 16 colours."""
    gain_color: Color | None = None
    """`#rrggbb` for gains in every theme (in `nof1-ansi` the nearest of 16). Default: the theme's."""
    loss_color: Color | None = None
    chart: Annotated[Literal["braille", "block", "ascii"], Lowercase] = "braille"
    """Characters of the chart's lines; `ascii` is used where the terminal cannot show the others."""
    signs: Annotated[Literal["auto", "unicode", "ascii"], Lowercase] = "auto"
    """Characters of the screen; `auto`: by the locale's encoding."""
    toasts: bool = True
    """Notifications of new events: a new lead, a closed trade, a flip, a feed down or up."""

    alert_to: NameList = (
        "toast",
        "bell",
        "command",
        "webhook",
    )
    """Channels of alerts without `to`: toast, bell, osc9, osc777 on the screen, command, webhook."""
    alert_command: ArgumentList = ()
    """Program and arguments, run without a shell, with the alert as JSON on stdin."""
    alert_webhook: Annotated[SecretStr | None, AfterValidator(validate_webhook_url)] = None
    """URL to which alerts are sent as JSON with POST. It is treated as a secret."""
    alert_timeout_s: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = 10
    """Seconds that the command may run, and one request to the webhook may take."""

    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], Uppercase] = "INFO"
    log_file: ExpandedPath | None = None
    """Default: `nof1-tui.log` in the state folder. The monitor never logs to the screen."""

    traders: tuple[TraderTable, ...] = ()
    """The `[[trader]]` tables of the config file."""
    alerts: tuple[AlertTable, ...] = ()
    """The `[[alert]]` tables of the config file."""

    _directories: UserDirectories = PrivateAttr(default_factory=lambda: UserDirectories.from_environment())

    @classmethod
    def settings_customise_sources(  # type: ignore[override]  # the secrets source is not used
        cls,
        settings_cls: type[BaseSettings],
        init_settings: InitSettingsSource,
        env_settings: pydantic_settings.EnvSettingsSource,
        dotenv_settings: DotEnvSettingsSource,
        file_secret_settings: object,
    ) -> tuple[pydantic_settings.PydanticBaseSettingsSource, ...]:
        file_values = read_config_file(UserDirectories.from_environment().config_file)
        return init_settings, env_settings, dotenv_settings, InitSettingsSource(settings_cls, file_values)

    @property
    def data_dir(self) -> Path:
        """Folder of the embedded server."""
        return require_absolute(self._directories.data, "XDG_DATA_HOME")

    @property
    def state_dir(self) -> Path:
        return require_absolute(self._directories.state, "XDG_STATE_HOME")

    @property
    def arena_url(self) -> str:
        """URL of the server that the arena is read from."""
        return self.chain_url if self.source == "hyperliquid" else self.api_url

    @property
    def chain_url(self) -> str:
        """URL of Hyperliquid's info endpoint; with source hyperliquid `api_url` counts if it alone is set."""
        explicit = self.model_fields_set
        only_api_url = "api_url" in explicit and "hyperliquid_url" not in explicit
        use_api_url = self.source == "hyperliquid" and only_api_url
        return (self.api_url if use_api_url else self.hyperliquid_url).removesuffix("/info")

    @property
    def embedded_database(self) -> str:
        """Name of the embedded server's database: one for wallets, one for the nof1 arena."""
        return "hyperliquid" if self.source == "hyperliquid" else "nof1"

    @property
    def store_fingerprint(self) -> str:
        """A digest of the store's location, without credentials."""
        location = self.store_url() or str(self.data_dir)
        if self.source == "hyperliquid":
            location += f"#{self.embedded_database}"
        _, _, host = location.rpartition("@")
        return blake2b(host.encode(), digest_size=6).hexdigest()

    @property
    def spool_root(self) -> Path:
        """Folder of the spools; each database has its own in it."""
        return self.state_dir / "spool"

    @property
    def board_cache_path(self) -> Path:
        """File of the last board."""
        return require_absolute(self._directories.cache, "XDG_CACHE_HOME") / "board"

    @property
    def log_path(self) -> Path:
        return self.log_file or self.state_dir / f"{APP_NAME}.log"

    def store_url(self) -> str | None:
        """URL of the store, including the password; None for the embedded server."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        if not self.db_host:
            return None
        password = self.db_password.get_secret_value() if self.db_password is not None else None
        return compose_database_url(self.db_host, self.db_port, self.db_name, self.db_user, password)

    def session_url(self) -> str | None:
        """URL of the store without a pooler; the same as `store_url` if none is set."""
        if self.database_direct_url is not None:
            return self.database_direct_url.get_secret_value()
        return self.store_url()

    def read_url(self) -> str | None:
        """URL of a replica to read from; None where reads go to the store itself."""
        return self.database_read_url.get_secret_value() if self.database_read_url else None

    def webhook_url(self) -> str | None:
        return self.alert_webhook.get_secret_value().strip() if self.alert_webhook else None

    def proxy_url(self) -> str | None:
        return self.proxy.get_secret_value() if self.proxy else None


def load_settings(flags: Mapping[str, object] | None = None) -> Settings:
    """The settings in force; `flags` override all other sources, None values are ignored.

    Raises SettingsError.
    """
    explicit: dict[str, Any] = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings(**explicit)
    except ValidationError as error:
        raise SettingsError(describe_validation_error(error, explicit)) from None
    except pydantic_settings.SettingsError as error:
        raise SettingsError(f"{error}: check the {ENV_PREFIX} environment variables") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{DOTENV} in this folder cannot be read: {error}") from None


def read_config_file(path: Path) -> dict[str, Any]:
    """The values of the config file, by field; empty without a file. Raises SettingsError."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
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
    unknown = [key for key in values if key not in known]
    if unknown:
        faults = [
            f"{ascii(key)[1:-1]!r}{suggest_setting(key, known)}" for key in unknown[:MAX_REPORTED_FAULTS]
        ]
        raise SettingsError(f"{path}: unknown setting " + ", ".join(faults))
    return {FIELD_OF_TABLE.get(key, key): value for key, value in values.items()}
