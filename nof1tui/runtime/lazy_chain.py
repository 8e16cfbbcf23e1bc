"""The chain, made when it is first asked: a start imports nothing for it and waits for nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from nof1tui.domain.fills.fill import Fill
from nof1tui.domain.fills.reconciliation import ChainState
from nof1tui.ports.source import Chain


@dataclass
class LazyChain:
    """`ports.Chain` over another one. What cannot be made is a chain that does not answer."""

    make: Callable[[], Chain]
    """Raises SourceUnavailable."""
    made: Chain | None = None

    async def state(self, wallet: str) -> ChainState:
        return await self._chain().state(wallet)

    async def fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        return await self._chain().fills(wallet, since)

    async def aclose(self) -> None:
        if self.made is not None:
            await self.made.aclose()

    def _chain(self) -> Chain:
        if self.made is None:
            self.made = self.make()
        return self.made
