"""Executions of simulated accounts, and the listener that the simulated chain records them with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Execution(NamedTuple):
    """One order filled as a whole; `quantity` is negative for a sale."""

    coin: int
    quantity: float
    price: float
    fee: float
    oid: int
    """-1 where the arena has no order."""
    crossed: bool = True
    liquidated: bool = False


ExecutionListener = Callable[[Execution], None]


def ignore_execution(execution: Execution) -> None:
    """The default listener: does nothing."""
