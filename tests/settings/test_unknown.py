"""Variables with our prefix that are no settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from nof1tui.settings.unknown import describe_unknown_variables


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("NOF1_POL_PRICES_S", " (did you mean NOF1_POLL_PRICES_S?)"),
        ("NOF1_DATABASEURL", " (did you mean NOF1_DATABASE_URL?)"),
        ("nof1_theem", " (did you mean NOF1_THEME?)"),
        ("NOF1_QQQQQQ", ""),
    ],
)
def test_a_mistyped_variable_is_named_with_the_closest_setting(name: str, suggestion: str) -> None:
    (line,) = describe_unknown_variables({name: "secret", "PATH": "/bin", "NOF1_THEME": "nof1-dark"})
    assert line == f"{name.upper()} is not a setting and is ignored{suggestion}"


@pytest.mark.parametrize("name", ["NOF1_THEME", "nof1_api_url", "NOF1", "NOF1TUI_X", "NOF1_RECORDINGS"])
def test_settings_and_other_programs_variables_are_not_named(name: str) -> None:
    assert describe_unknown_variables({name: "x"}) == []


def test_the_file_of_the_current_folder_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("NOF1_CHRAT=ascii\nNOF1_CHART=ascii\nOTHER=1\n")
    monkeypatch.chdir(tmp_path)
    assert describe_unknown_variables({}) == [
        "NOF1_CHRAT in .env is not a setting and is ignored (did you mean NOF1_CHART?)"
    ]
