"""The arena's records as they are on the wire (contract section 3), every key optional but id and time.

Types say what can be used; what is odder than that makes the record a reject.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

Number = float


OptionalText = str | None


Int32 = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""The store keeps no larger ones."""
