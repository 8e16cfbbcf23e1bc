"""Sources of settings, their precedence, and messages for wrong ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import make_url

from nof1tui.settings.base import TABLE_OF_FIELD, SettingsError
from nof1tui.settings.model import Settings, load_settings
from tests.support.paths import ROOT


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clean environment; the current folder and the XDG folders are the test's own."""
    import os

    for name in [name for name in os.environ if name.startswith("NOF1_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configure(folder: Path, text: str) -> Path:
    path = folder / "config" / "nof1-tui" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("sources", "wins"),
    [
        ((), 30),
        (("file",), 31),
        (("file", "dotenv"), 32),
        (("file", "dotenv", "environment"), 33),
        (("file", "dotenv", "environment", "flag"), 34),
        (("file", "environment"), 33),
        (("dotenv", "flag"), 34),
        (("file", "flag"), 34),
    ],
)
def test_the_nearer_source_overrides_the_farther(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sources: tuple[str, ...], wins: float
) -> None:
    if "file" in sources:
        configure(folder, "poll_trades_s = 31")
    if "dotenv" in sources:
        (folder / ".env").write_text("NOF1_POLL_TRADES_S=32\n")
    if "environment" in sources:
        monkeypatch.setenv("NOF1_POLL_TRADES_S", "33")
    flags = {"poll_trades_s": 34} if "flag" in sources else {"poll_trades_s": None}
    assert load_settings(flags).poll_trades_s == wins


def test_an_empty_variable_is_ignored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_DB_HOST", "")
    monkeypatch.setenv("NOF1_POLL_TRADES_S", "")
    settings = load_settings()
    assert (settings.db_host, settings.poll_trades_s) == (None, 30)


def test_other_programs_variables_in_dotenv_are_ignored(folder: Path) -> None:
    (folder / ".env").write_text("NOF1_POSTGRES_IMAGE=18\nCOMPOSE_PROFILES=collector\nNOF1_CHART=ascii\n")
    assert load_settings().chart == "ascii"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("poll_trade_s = 5", "unknown setting 'poll_trade_s' (did you mean 'poll_trades_s'?)"),
        ('NOF1_API_URL = "http://x"', "unknown setting 'NOF1_API_URL' (did you mean 'api_url'?)"),
        ("[[traders]]\nid = 'x'", "unknown setting 'traders' (did you mean 'trader'?)"),
        ("zzz = 1", "unknown setting 'zzz'"),
        ("theme = ", "is not valid TOML"),
        ("poll_trades_s = 'often'", "poll_trades_s in {path}: must be a number"),
        ("poll_trades_s = 0.5", "poll_trades_s in {path}: must be at least 1"),
        ("[[trader]]\nname = 'x'", "[[trader]] 1.id in {path}: is missing"),
        ("[[trader]]\nid = 'x'\ncolr = '#ffffff'", "unknown key (did you mean 'color'?)"),
        ("[[trader]]\nid = 'x'\nwallet = 'abc'", "must be 0x and 40 hexadecimal digits"),
    ],
)
def test_a_wrong_line_in_the_config_file_is_named(folder: Path, text: str, message: str) -> None:
    path = configure(folder, text)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert message.format(path=path) in str(refused.value)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("NOF1_POLL_PRICES_S", "0", "must be at least 1"),
        ("NOF1_POLL_PRICES_S", "nan", "must be a number"),
        ("NOF1_POLL_PRICES_S", "soon", "must be a number"),
        ("NOF1_DB_PORT", "70000", "must be at most 65535"),
        ("NOF1_DB_PORT", "5432.5", "must be a whole number"),
        ("NOF1_SOURCE", "nof2", "must be 'nof1', 'hyperliquid', 'demo' or 'replay'"),
        ("NOF1_GAIN_COLOR", "greenish", "must be a colour like #3fd07f"),
        ("NOF1_DATABASE_URL", "mysql://u:hunter2@h/d", "must be a PostgreSQL URL"),
        ("NOF1_DATABASE_URL", "hunter2", "must be a PostgreSQL URL"),
        ("NOF1_PROXY", "hunter2", "must be a URL"),
        ("NOF1_MAX_BODY_MB", "0", "must be more than 0"),
        ("NOF1_RETENTION_DAYS", "-1", "must be at least 0"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_must_be(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, message: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert str(refused.value).startswith(f"{variable}: {message}")
    assert "hunter2" not in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_the_place_of_a_wrong_value_is_the_one_that_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(folder, "db_port = 0")
    with pytest.raises(SettingsError, match=r"^db_port in .*config\.toml: "):
        load_settings()
    (folder / ".env").write_text("NOF1_DB_PORT=0\n")
    with pytest.raises(SettingsError, match=r"^NOF1_DB_PORT in \.env: "):
        load_settings()
    monkeypatch.setenv("NOF1_DB_PORT", "0")
    with pytest.raises(SettingsError, match=r"^NOF1_DB_PORT: "):
        load_settings()
    with pytest.raises(SettingsError, match=r"^--db-port: "):
        load_settings({"db_port": 0})


def test_of_many_errors_two_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NOF1_POLL_PRICES_S", "NOF1_POLL_TRADES_S", "NOF1_CHART", "NOF1_THEME"):
        monkeypatch.setenv(variable, "?")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert len(str(refused.value).splitlines()) == 2


def test_an_invalid_url_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_API_URL", "nof1.ai/api")
    with pytest.raises(SettingsError, match=r"^NOF1_API_URL: must be a URL like"):
        load_settings()
    monkeypatch.setenv("NOF1_API_URL", "http://127.0.0.1:8000/api/")
    assert load_settings().api_url == "http://127.0.0.1:8000/api"


@pytest.mark.parametrize(
    ("variables", "host", "query"),
    [
        ({"DB_HOST": "db"}, "db", {}),
        ({"DB_HOST": "::1"}, "::1", {}),
        ({"DB_HOST": "[::1]"}, "::1", {}),
        ({"DB_HOST": "/run/postgresql"}, None, {"host": "/run/postgresql", "port": "6543"}),
    ],
)
def test_database_parts_become_a_url_with_any_characters(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], host: str | None, query: dict[str, str]
) -> None:
    secret, user, name = "p@ss:/w?#%41 é", "us er@x", "da/ta"
    parts = {"DB_PORT": "6543", "DB_USER": user, "DB_NAME": name, "DB_PASSWORD": secret, **variables}
    for key, value in parts.items():
        monkeypatch.setenv(f"NOF1_{key}", value)
    url = load_settings().store_url()
    assert url is not None
    parsed = make_url(url)
    assert (parsed.username, parsed.password, parsed.host) == (user, secret, host)
    assert dict(parsed.query) == query
    assert parsed.port == (None if query else 6543)


def test_a_database_url_overrides_its_parts_and_neither_means_the_embedded_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load_settings().store_url() is None
    monkeypatch.setenv("NOF1_DB_HOST", "db")
    assert load_settings().store_url() == "postgresql://nof1@db:5432/nof1"
    monkeypatch.setenv("NOF1_DATABASE_URL", " postgres://me@else/where ")
    assert load_settings().store_url() == "postgres://me@else/where"


def test_secrets_are_in_no_printed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("NOF1_DATABASE_URL", "NOF1_DATABASE_DIRECT_URL"):
        monkeypatch.setenv(variable, "postgresql://me:hunter2@h/d")
    monkeypatch.setenv("NOF1_DB_PASSWORD", "hunter2")
    monkeypatch.setenv("NOF1_PROXY", "http://me:hunter2@proxy:3128")
    settings = load_settings()
    assert "hunter2" not in f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    assert settings.proxy_url() == "http://me:hunter2@proxy:3128"


def test_settings_are_frozen() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        load_settings().chart = "ascii"  # type: ignore[misc]


def test_traders_are_read_from_the_config_file(folder: Path) -> None:
    wallet = "0x" + "aB" * 20
    configure(
        folder,
        'chart = "block"\n[[trader]]\nid = "mine"\nname = "My bot"\n'
        f'colour = "#123456"\nwallet = "{wallet}"\n'
        '[[trader]]\nid = "other"\n',
    )
    settings = load_settings()
    assert settings.chart == "block"
    assert [(t.id, t.name, t.color, t.wallet) for t in settings.traders] == [
        ("mine", "My bot", "#123456", wallet),
        ("other", None, None, None),
    ]


def test_the_american_spelling_of_colour_is_accepted(folder: Path) -> None:
    configure(folder, '[[trader]]\nid = "mine"\ncolor = "#123456"\n')
    assert load_settings().traders[0].color == "#123456"


def test_folders_follow_xdg(folder: Path) -> None:
    settings = load_settings()
    assert settings.data_dir == folder / "data" / "nof1-tui"
    assert settings.log_path == folder / "state" / "nof1-tui" / "nof1-tui.log"


def test_xdg_folders_work_without_a_home(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.delenv("HOME")
    assert load_settings().data_dir == folder / "data" / "nof1-tui"


def test_a_relative_xdg_folder_is_ignored(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    assert load_settings().data_dir.is_absolute()


def test_a_config_file_or_dotenv_that_is_not_text_is_refused_plainly(folder: Path) -> None:
    (folder / ".env").write_bytes(b"NOF1_CHART=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env in this folder cannot be read"):
        load_settings()
    (folder / ".env").unlink()
    configure(folder, "").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"config\.toml cannot be read"):
        load_settings()


def test_the_example_names_every_setting_with_its_default() -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    named = dict(re.findall(r"^# (NOF1_\w+)=(.*)$", text, re.M))
    expected = {
        f"NOF1_{name.upper()}": ""
        if field.default is None
        else f"{field.default:g}"
        if isinstance(field.default, int | float)
        else ",".join(field.default)
        if isinstance(field.default, tuple)
        else str(field.default)
        for name, field in Settings.model_fields.items()
        if name not in TABLE_OF_FIELD
    }
    assert named == expected


def test_alert_tables_are_read_unchanged(folder: Path) -> None:
    configure(
        folder, '[[alert]]\nwhen = "rank > 1"\nto = "bell"\n[[alert]]\non = "flipped"\ncool_down = 60\n'
    )
    first, second = load_settings().alerts
    assert (first.when, first.to, first.on, second.on, second.cool_down) == (
        *("rank > 1", ("bell",)),
        *((), ("flipped",), 60),
    )


def test_an_unknown_key_of_an_alert_is_named_with_the_likely_spelling(folder: Path) -> None:
    configure(folder, '[[alert]]\nwhen = "rank > 1"\n[[alert]]\nwehn = "rank > 1"\n')
    with pytest.raises(
        SettingsError, match=r"\[\[alert\]\] 2\.wehn in .*unknown key \(did you mean 'when'\?\)"
    ):
        load_settings()


def test_channels_and_command_may_be_set_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOF1_ALERT_TO", "toast, webhook")
    monkeypatch.setenv("NOF1_ALERT_COMMAND", "notify-send --urgency=low 'the arena'")
    settings = load_settings()
    assert settings.alert_to == ("toast", "webhook")
    assert settings.alert_command == ("notify-send", "--urgency=low", "the arena")
    monkeypatch.setenv("NOF1_ALERT_WEBHOOK", "ftp://secret.example/token")
    with pytest.raises(SettingsError, match="NOF1_ALERT_WEBHOOK: must be a URL") as fault:
        load_settings()
    assert "token" not in str(fault.value)
