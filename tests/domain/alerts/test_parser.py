"""Parsing of alert rules and messages of invalid ones."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.alerts.metrics import WATCHED_SUBJECTS, watchable_figures
from nof1tui.domain.alerts.parser import RULE_EVENT_KINDS, RuleConfig, RuleError, parse_rules, rule_notices
from nof1tui.domain.alerts.rule import AlertRule
from nof1tui.domain.figures import catalogue as catalogues
from nof1tui.domain.records import AccountKey, Feed
from nof1tui.domain.roster import Roster
from tests.support.builders import key
from tests.support.paths import ROOT

WATCHABLE = watchable_figures(catalogues.default_catalogue())
FIGURES = [figure for subject in WATCHED_SUBJECTS for figure in WATCHABLE.of(subject)]


def rule(**table: Any) -> AlertRule:
    return parse_rules([RuleConfig(**table)])[0]


@pytest.mark.parametrize(
    ("when", "more", "means"),
    [
        ("return_pct < -20", {}, ("account", "return_pct", "<", -20.0)),
        ("return_pct<-20%", {}, ("account", "return_pct", "<", -20.0)),
        ("  equity_usd   >=   $12_500.50 ", {}, ("account", "equity_usd", ">=", 12_500.5)),
        ("equity_usd > 12,500", {}, ("account", "equity_usd", ">", 12_500.0)),
        ("notional_usd > 100k", {}, ("position", "notional_usd", ">", 100_000.0)),
        ("price > 115k", {"coin": "BTC"}, ("coin", "price", ">", 115_000.0)),
        ("price <= .05", {"coin": "DOGE"}, ("coin", "price", "<=", 0.05)),
        ("leverage > 20x", {}, ("account", "leverage", ">", 20.0)),
        ("leverage > 20x", {"coin": "ETH"}, ("position", "leverage", ">", 20.0)),
        ("unrealized_usd < -1e3", {"coin": "any"}, ("position", "unrealized_usd", "<", -1_000.0)),
        ("rank = 1", {}, ("account", "rank", "==", 1.0)),
        ("rank ≤ 3", {}, ("account", "rank", "<=", 3.0)),
        ("feed_age_s > 5m", {}, ("feed", "feed_age_s", ">", 300.0)),
        ("feed_failing_s > 1.5h", {"feed": "prices"}, ("feed", "feed_failing_s", ">", 5_400.0)),
        ("crowd_net != 0", {}, ("coin", "crowd_net", "!=", 0.0)),
        ("exposure_net > 2x", {}, ("account", "exposure_net", ">", 2.0)),
        ("exposure_net > 2x", {"coin": "BTC"}, ("coin", "exposure_net", ">", 2.0)),
        ("coin.exposure_net > 2", {}, ("coin", "coin.exposure_net", ">", 2.0)),
        ("position.leverage > 20x", {}, ("position", "position.leverage", ">", 20.0)),
        ("confidence < 60%", {"coin": "any"}, ("position", "confidence", "<", 0.6)),
        ("excess_pct < -5pp", {}, ("account", "excess_pct", "<", -5.0)),
        ("sortino > 1.5x", {}, ("account", "sortino", ">", 1.5)),
        ("errors > 10", {"feed": "prices"}, ("feed", "errors", ">", 10.0)),
    ],
)
def test_an_expression_is_a_metric_a_comparison_and_a_value(
    when: str, more: dict[str, str], means: tuple[str, str, str, float]
) -> None:
    condition = rule(when=when, **more).condition
    assert condition is not None
    assert (condition.figure.subject, condition.metric, condition.comparison, condition.value) == means


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({}, "[[alert]] 1: needs either when"),
        ({"when": "rank > 1", "on": ["flipped"]}, "needs either when"),
        ({"when": "retrun_pct < -20"}, "1: unknown metric 'retrun_pct' (did you mean 'return_pct'?)"),
        ({"when": "  equiti < -20"}, "position 3: unknown metric 'equiti' (did you mean 'equity_usd'?)"),
        ({"when": "observed_at > 5"}, "position 1: unknown metric 'observed_at'"),
        ({"when": "trade.net_usd > 5"}, "position 1: unknown metric 'trade.net_usd'"),
        ({"when": "< 5"}, "at position 1: a metric is needed"),
        ({"when": "equity_usd"}, "at position 11: a comparison is needed: <=, >=, ==, !=, <, >"),
        ({"when": "equity_usd =<> 5"}, "at position 12: unknown comparison '=<>'; known: <=, >="),
        ({"when": "equity_usd > lots"}, "at position 14: a number is needed"),
        ({"when": "equity_usd > 5 and rank > 1"}, "at position 15: unexpected 'and rank > 1': only 'usd'"),
        ({"when": "equity_usd > 5%"}, "unexpected '%': only 'usd' or 'k' or 'm' may follow the number"),
        ({"when": "equity_usd > 1e999"}, "at position 14: the number is too large"),
        ({"when": "price > 5"}, 'coin: price needs a coin, like coin = "BTC"'),
        ({"when": "equity_usd > 5", "coin": "BTC"}, "equity_usd is a metric of an account, not of a coin"),
        ({"when": "feed_age_s > 5", "trader": "gpt-5"}, "feed_age_s is a metric of a feed, not of a trader"),
        ({"when": "feed_age_s > 5", "feed": "acounts"}, "unknown feed 'acounts' (did you mean 'accounts'?)"),
        ({"when": "rank > 1", "hysteresis": -1.0}, "hysteresis: must be a number, 0 or more"),
        ({"when": "rank > 1", "hysteresis": float("nan")}, "hysteresis: must be a number, 0 or more"),
        ({"when": "rank > 1", "cool_down": "soon"}, "can't parse duration 'soon'; try 90s"),
        ({"when": "rank > 1", "cool_down": -5.0}, "cool_down: must be 0 or more"),
        ({"when": "rank > 1", "to": ["beel"]}, "to: unknown channel 'beel' (did you mean 'bell'?)"),
        ({"on": ["fliped"]}, "on: unknown event 'fliped' (did you mean 'flipped'?)"),
        ({"on": ["alert"]}, "on: unknown event 'alert'"),
        ({"on": ["flipped"], "feed": "prices"}, "feed: applies to the events down and up only"),
        ({"name": "n\x1b[1m", "when": "rank"}, "[[alert]] 1 'n\\x1b[1m': when: at position 5"),
    ],
)  # fmt: skip
def test_a_fault_names_the_rule_the_place_and_the_likely_spelling(
    table: dict[str, Any], expected: str
) -> None:
    with pytest.raises(RuleError) as fault:
        rule(**table)
    assert expected in str(fault.value)


def test_the_second_rule_is_named_as_the_second() -> None:
    with pytest.raises(RuleError, match=r"\[\[alert\]\] 2 'deep': when: at position 1"):
        parse_rules([RuleConfig(when="rank > 1"), RuleConfig(name="deep", when="?")])


def test_the_same_rule_twice_is_a_mistake() -> None:
    with pytest.raises(RuleError, match="duplicate of an earlier rule"):
        parse_rules([RuleConfig(when="rank > 1"), RuleConfig(when="rank > 1")])


def test_missing_keys_have_defaults() -> None:
    parsed = rule(when="return_pct < -20")
    assert parsed.name == "return_pct < -20"
    assert parsed.cool_down == timedelta(minutes=15)
    assert parsed.condition is not None and parsed.condition.hysteresis == pytest.approx(0.2)
    assert parsed.channels == ("toast", "bell", "osc9", "osc777", "command", "webhook")
    assert rule(on=["flipped", "trade"]).cool_down == timedelta()
    assert rule(on=["flipped"], cool_down=90).cool_down == timedelta(seconds=90)
    assert rule(when="feed_age_s > 60", feed="accounts").feed is Feed.ACCOUNTS


@pytest.mark.parametrize(
    ("trader", "account", "applies"),
    [
        (None, "gpt-5", True),
        ("any", "gpt-5", True),
        (None, "buynhold_btc", False),
        ("buynhold-btc", "buynhold_btc", True),
        ("GPT_5", "gpt-5", True),
        ("gpt 5", "gpt-5", True),
        ("qwen3-max", "gpt-5", False),
        ("brand new", "brand-new", True),
        ("gpt-5@max leverage", "gpt-5", False),
    ],
)
def test_a_rule_names_a_trader_by_id_or_name_in_any_spelling(
    roster: Roster, trader: str | None, account: str, applies: bool
) -> None:
    assert rule(when="rank > 1", trader=trader).applies_to(key(account), None, roster) is applies


def test_a_rule_can_name_one_account_by_its_competition(roster: Roster) -> None:
    written = rule(when="rank > 1", trader="gpt-5@Max Leverage")
    assert written.applies_to(AccountKey("s1.5", "gpt-5", "max-leverage"), None, roster)
    assert not written.applies_to(AccountKey("s1.5", "gpt-5", "baseline"), None, roster)


def test_a_changed_rule_has_another_id() -> None:
    one = rule(when="rank > 1", name="a")
    assert one.id == rule(when="rank   >  1", name="a", cool_down="5m", to=["bell"]).id
    others = [rule(when="rank > 2", name="a"), rule(when="rank > 1", name="a", trader="gpt-5")]
    assert len({one.id, *(other.id for other in others)}) == 3


IDS = {
    "account.equity_usd": "417ecefeb835",
    "account.return_pct": "b7b47e443533",
    "account.change_24h_pct": "d838a75e6910",
    "account.drawdown_pct": "514579cd8fcc",
    "account.max_drawdown_pct": "668c2c178ee8",
    "account.unrealized_usd": "205a8fb669fd",
    "account.realized_usd": "208547ee6d91",
    "account.exposure_gross": "8992653315b6",
    "account.exposure_net": "7ce72019f730",
    "account.leverage": "44e6a883f305",
    "account.margin_share_pct": "c8b035b3158a",
    "account.positions": "d777a994ac94",
    "account.liquidation_distance_pct": "7c9393ff804d",
    "account.stop_distance_pct": "9e37ff028218",
    "account.rank": "d7cbb42b0295",
    "account.rank_change": "7e5b72f51d6f",
    "account.sharpe": "7370e8cfdf53",
    "account.trades": "102a5d25e08f",
    "account.win_rate_pct": "bc6d8a32fbeb",
    "account.fees_usd": "1e9811163fa4",
    "account.net_usd": "54be2b79c0c9",
    "position.notional_usd": "cff6b1c832a7",
    "position.quantity": "4fef7323e68b",
    "position.unrealized_usd": "cdf0ae7d0e61",
    "position.on_margin_pct": "518960aad4f6",
    "position.leverage": "39db852bf939",
    "position.liquidation_distance_pct": "eebaefbd083d",
    "position.stop_distance_pct": "4faa042e9193",
    "position.target_distance_pct": "e0485c2d09dc",
    "position.r_multiple": "75c9b58728e4",
    "coin.price": "9fa8b690cffa",
    "coin.crowd_net": "ae1d2e4650e8",
    "coin.crowd_gross": "bc03d2a98948",
    "feed.feed_age_s": "98e76e574577",
    "feed.feed_failing_s": "d4c852ec2976",
}
"""Ids of the rules `METRIC > 5` as version 0.1 made them; the store keeps the state of a rule by its id."""
COINS = {"coin.price": "BTC", **{name: "any" for name in IDS if name.startswith("position.")}}


@pytest.mark.parametrize("metric", IDS)
def test_a_rule_of_version_0_1_keeps_its_id_and_its_subject(metric: str) -> None:
    subject, _, name = metric.partition(".")
    kept = rule(when=f"{name} > 5", coin=COINS.get(metric))
    assert kept.condition is not None
    assert (kept.id, kept.condition.figure.subject, kept.condition.metric) == (IDS[metric], subject, name)


def test_ids_of_named_rules_and_of_events_stay() -> None:
    named = rule(name="deep", when="return_pct < -20%", trader="gpt-5")
    assert (named.id, rule(on=["flipped", "lead"]).id) == ("27e92b1d7910", "60668233363f")


def test_a_former_name_has_a_notice_and_a_present_one_has_none() -> None:
    tables = [
        RuleConfig(when="rank > 1"),
        RuleConfig(name="crowd", when="crowd_net > 2"),
        RuleConfig(name="near", when="stop_distance_pct < 5"),
        RuleConfig(when="liquidation_distance_pct < 5", coin="any"),
        RuleConfig(on=["flipped"]),
    ]
    assert rule_notices(parse_rules(tables)) == (
        "[[alert]] 2 'crowd': crowd_net is now coin.exposure_net; the old name keeps working",
        "[[alert]] 3 'near': stop_distance_pct is now account.nearest_stop_pct; the old name keeps working",
    )


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_rule_error(text: str) -> None:
    try:
        written = rule(when=text or "?")
    except RuleError:
        return
    assert written.condition is not None


@given(
    st.sampled_from([figure for figure in FIGURES if (figure.subject, figure.key) != ("coin", "price")]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)
def test_expressions_are_parsed_as_written(figure: Any, comparison: str, value: float) -> None:
    coin = "any" if figure.subject == "position" else None
    written = rule(when=f"{figure.subject}.{figure.key} {comparison} {value!r}", coin=coin)
    assert written.condition is not None
    assert (written.condition.figure, written.condition.value) == (figure, value)
    assert rule(when=written.expression, coin=coin).condition == written.condition or value != float(
        f"{value:.15g}"
    )


def test_rules_accept_every_kind_of_event() -> None:
    assert {"opened", "closed", "flipped", "trade", "lead"} <= set(RULE_EVENT_KINDS)
    assert rule(on=list(RULE_EVENT_KINDS)).event_kinds == RULE_EVENT_KINDS


def test_the_docs_list_every_metric_and_every_former_name() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \| (account|position|coin|feed) \| .* \| .+ \|$", text, re.M)
    assert sorted(listed) == sorted((figure.key, figure.subject) for figure in FIGURES)
    former = dict(re.findall(r"^\| `(\w+)` \| `(\w+\.\w+)` \|$", text, re.M))
    assert former["crowd_net"] == "coin.exposure_net"
    assert set(former) == {name for figure in FIGURES for name in figure.renamed_from}


def test_the_docs_name_every_kind_of_event() -> None:
    text = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    assert re.findall(r"`(\w+)`", text.split("Kinds of events: ")[1].split(".\n")[0]) == list(
        RULE_EVENT_KINDS
    )


def test_the_examples_of_the_docs_are_rules(roster: Roster) -> None:
    text = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    tables = tomllib.loads(text.split("```toml\n")[1].split("```")[0])["alert"]
    rules = parse_rules(RuleConfig(**table) for table in tables)
    assert rules[0].name == "large drawdown"
    assert rules[-1].applies_to(key("deepseek-chat-v3.1"), "BTC", roster)
