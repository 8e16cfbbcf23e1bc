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

    factory: Callable[[], Chain]
    """Raises SourceUnavailable."""
    chain: Chain | None = None

    async def fetch_state(self, wallet: str) -> ChainState:
        return await self._chain().fetch_state(wallet)

    async def fetch_fills(self, wallet: str, since: datetime) -> Sequence[Fill]:
        return await self._chain().fetch_fills(wallet, since)

    async def aclose(self) -> None:
        if self.chain is not None:
            await self.chain.aclose()

    def _chain(self) -> Chain:
        if self.chain is None:
            self.chain = self.factory()
        return self.chain
