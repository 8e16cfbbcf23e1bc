"""Holdings, crowd exposure and contrarians."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nof1tui.domain.metrics.crowding import CoinCrowding, Crowding, crowding
from nof1tui.domain.records import AccountRow
from tests.support.builders import account_row, key, position

TRADERS = ("a", "b", "c", "d")


def holding(trader: str, equity: float = 1_000.0, **coins: float) -> AccountRow:
    """An account row with these notionals by coin; a short is negative."""
    positions = tuple(position(coin, notional / 10.0, mark_price=10.0) for coin, notional in coins.items())
    return account_row(trader, equity=equity, positions=positions)


def coin(crowds: Crowding, name: str) -> CoinCrowding:
    return next(crowd for crowd in crowds.coins if crowd.coin == name)


def test_each_cell_is_signed_notional_as_a_share_of_equity() -> None:
    crowds = crowding([holding("a", BTC=2_000.0, ETH=-500.0), holding("b", 2_000.0, BTC=-1_000.0)])
    shares = {(coin, account.trader): cell.share for (coin, account), cell in crowds.holdings.items()}
    assert shares == {("BTC", "a"): 2.0, ("ETH", "a"): -0.5, ("BTC", "b"): -0.5}
    assert crowds.holding("ETH", key("b")) is None


def test_the_crowd_is_all_accounts_taken_as_one() -> None:
    crowds = crowding(
        [holding("a", 1_000.0, BTC=2_000.0), holding("b", 3_000.0, BTC=-1_000.0), holding("c", 1_000.0)]
    )
    crowd = coin(crowds, "BTC")
    assert (crowd.net.value, crowd.gross.value, crowd.net.n) == (0.2, 0.6, 2)
    assert ([its.trader for its in crowd.longs], [its.trader for its in crowd.shorts]) == (["a"], ["b"])


def test_coins_come_by_gross_exposure() -> None:
    crowds = crowding([holding("a", XRP=10.0, BTC=-900.0, ETH=900.0)])
    assert [crowd.coin for crowd in crowds.coins] == ["BTC", "ETH", "XRP"]


@pytest.mark.parametrize(
    ("notionals", "alone"),
    [
        ((100.0, 100.0, -5.0), "c"),
        ((-100.0, 100.0, -5.0), "b"),
        ((100.0, 0.0, -5.0), None),
        ((100.0, 100.0, 100.0), None),
        ((100.0, 100.0, -5.0, -5.0), None),
        ((100.0, 0.0, 0.0), None),
        ((0.0, 100.0, 100.0, -5.0), "d"),
    ],
)
def test_the_only_account_against_two_or_more_is_a_contrarian(
    notionals: tuple[float, ...], alone: str | None
) -> None:
    rows = [
        holding(trader, **({"BTC": notional} if notional else {}))
        for trader, notional in zip(TRADERS, notionals, strict=False)
    ]
    dissenter = coin(crowding(rows), "BTC").contrarian
    assert (dissenter and dissenter.trader) == alone


def test_an_account_that_lost_all_has_no_share_and_carries_no_weight() -> None:
    crowds = crowding([holding("a", BTC=500.0), holding("b", -10.0, BTC=100.0)])
    ruined = crowds.holding("BTC", key("b"))
    assert ruined is not None and (ruined.share, ruined.notional_usd) == (None, 100.0)
    assert coin(crowds, "BTC").net.value == 0.6
    assert coin(crowding([holding("b", 0.0, BTC=1.0)]), "BTC").net.reason == "no equity is above zero"


def test_a_position_without_price_leaves_the_side_but_not_the_sum() -> None:
    unpriced = position("BTC", -1.0, mark_price=None, entry_price=None)
    crowds = crowding([account_row("a", positions=(unpriced,)), holding("b", BTC=100.0)])
    crowd = coin(crowds, "BTC")
    assert (crowd.net.value, crowd.net.reason) == (None, "a position has no price")
    assert [its.trader for its in crowd.shorts] == ["a"]


def test_several_positions_in_a_coin_are_one_holding() -> None:
    positions = (position("BTC", 3.0, mark_price=10.0), position("BTC", -1.0, mark_price=10.0))
    crowds = crowding([account_row("a", equity=100.0, positions=positions)])
    cell = crowds.holding("BTC", key("a"))
    assert cell is not None and (cell.side, cell.notional_usd, cell.share) == ("long", 20.0, 0.2)


def test_no_positions_give_an_empty_matrix() -> None:
    assert crowding([]) == Crowding((), (), {})


BOOKS = st.lists(
    st.dictionaries(st.sampled_from(["BTC", "ETH"]), st.integers(-500, 500).filter(bool).map(float)),
    min_size=1,
    max_size=4,
)


@given(BOOKS)
def test_exposures_change_sign_with_the_sides(books: list[dict[str, float]]) -> None:
    crowds = crowding(holding(*who, **book) for who, book in zip(zip(TRADERS), books, strict=False))
    turned = crowding(
        holding(trader, **{name: -notional for name, notional in book.items()})
        for trader, book in zip(TRADERS, books, strict=False)
    )
    for crowd in crowds.coins:
        other = coin(turned, crowd.coin)
        assert crowd.net.value is not None and crowd.gross.value is not None
        assert (other.net.value, other.gross.value) == (-crowd.net.value, crowd.gross.value)
        assert (other.longs, other.shorts, other.contrarian) == (crowd.shorts, crowd.longs, crowd.contrarian)
        assert abs(crowd.net.value) <= crowd.gross.value + 1e-12
