"""Field types that the records of nof1's API share (contract section 3).

A value outside its type is left out of the record and kept in its `extra`.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Number = float
OptionalText = str | None
Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""The store's largest integer type."""
TRADER_KEYS = ("model", "trader_id", "trader", "agent_id", "agent")
"""Keys under which other servers name the trader of a record."""
