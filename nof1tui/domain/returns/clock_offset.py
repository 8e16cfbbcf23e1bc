"""Offset between our clock and upstream's, estimated so that it can neither hide nor invent staleness.

All times are seconds: wall clocks since the epoch, the monotonic clock from any origin.
"""

from __future__ import annotations

from msgspec import Struct, structs

from nof1tui.domain.estimate import Mark

TOLERANCE_S = 2.0
"""Clocks, arrivals and steps that differ by less agree: `Date` has whole seconds."""
CONFIRMATIONS = 2
"""Further arrivals that must agree before a negative offset is used."""


class ClockReading(Struct, frozen=True):
    """One answer of upstream with the clocks at its arrival."""

    wall: float
    monotonic: float
    date: float | None = None
    """The `Date` header; None without one."""
    age: float = 0.0
    """The `Age` header; 0 without one."""
    newest: float | None = None
    """Time of the newest record in the answer; None without records."""
    made_at: float | None = None
    """`serverTime` in the body: the newest record cannot be later. It is not used as a clock."""


class ClockState(Struct, frozen=True):
    """What the answers so far say about clocks and records. Advanced answer by answer."""

    best: float | None = None
    """Largest offset of upstream's clock to ours seen since the newest record arrived."""
    confirmations: int = 0
    """Further arrivals of newer records whose offset agrees with `best`."""
    newest: float | None = None
    """Time of the newest record ever seen."""
    risen_monotonic: float = 0.0
    """Monotonic time at which it was first seen."""
    impossible: bool = False
    """The newest record is later than the body that carries it."""
    wall_less_monotonic: float | None = None

    def advance(self, reading: ClockReading) -> ClockState:
        """The state after a further answer."""
        difference = reading.wall - reading.monotonic
        state = structs.replace(self, wall_less_monotonic=difference)
        if self.stepped(reading.wall, reading.monotonic):
            state = structs.replace(state, best=None, confirmations=0)
        newer = reading.newest is not None and (self.newest is None or reading.newest > self.newest)
        if newer and reading.newest is not None:
            made_at = reading.made_at
            state = structs.replace(
                state,
                newest=reading.newest,
                risen_monotonic=reading.monotonic,
                impossible=made_at is not None and reading.newest > made_at + TOLERANCE_S,
            )
        if reading.date is None:
            return state
        return state._with_offset(reading.date + reading.age - reading.wall, newer=newer)

    def _with_offset(self, offset: float, *, newer: bool) -> ClockState:
        """`best` rises with any larger offset and falls only when a newer record arrived."""
        if self.best is None:
            return structs.replace(self, best=offset, confirmations=0)
        agrees = abs(offset - self.best) <= TOLERANCE_S
        if newer:
            confirmations = self.confirmations + 1 if agrees else 0
            return structs.replace(self, best=offset, confirmations=confirmations)
        if offset > self.best:
            return structs.replace(self, best=offset, confirmations=self.confirmations if agrees else 0)
        return self

    def stepped(self, wall: float, monotonic: float) -> bool:
        """Whether the wall clock was set, or the machine slept, since the last answer."""
        if self.wall_less_monotonic is None:
            return False
        return abs(wall - monotonic - self.wall_less_monotonic) > TOLERANCE_S


class ClockOffset(Struct, frozen=True):
    """The offset in use, to be added to our wall clock."""

    seconds: float = 0.0
    fits: bool = True
    """False where upstream's clock contradicts its records: the offset is then 0."""


def clock_offset(state: ClockState, limit_s: float) -> ClockOffset:
    """The offset that clocks and records support, for records that are stale after `limit_s`."""
    best = state.best
    if best is None or abs(best) <= TOLERANCE_S:
        return ClockOffset()
    if state.newest is None or state.wall_less_monotonic is None:
        return ClockOffset(fits=False)
    lag = state.newest - (state.risen_monotonic + state.wall_less_monotonic)
    fits = best - limit_s < lag <= best + TOLERANCE_S
    confirmed = best > 0 or state.confirmations >= CONFIRMATIONS
    return ClockOffset(best) if fits and confirmed else ClockOffset(fits=False)


class RecordAge(Struct, frozen=True):
    """Age of the newest record in seconds; None before the first record."""

    seconds: float | None
    offset_s: float = 0.0
    marks: tuple[Mark, ...] = ()


def record_age(state: ClockState, wall: float, monotonic: float, limit_s: float) -> RecordAge:
    """Age of the newest record now: never less than the time since it was first seen.

    A record from the future has the age since it was first seen. After a step of the wall clock the offset
    is 0 until the next answer.
    """
    stepped = state.stepped(wall, monotonic)
    offset = ClockOffset() if stepped else clock_offset(state, limit_s)
    if state.newest is None:
        return RecordAge(None, offset.seconds, () if offset.fits else ("clock",))
    unchanged = monotonic - state.risen_monotonic
    ahead = state.newest - (wall - unchanged + offset.seconds) > TOLERANCE_S
    age = unchanged if ahead else max(wall + offset.seconds - state.newest, unchanged)
    odd = ahead or state.impossible or not offset.fits
    return RecordAge(age, offset.seconds, ("clock",) if odd else ())
