"""The SQL that finds an arena's nearest account row before or after a time."""

from __future__ import annotations

from typing import Literal

_NEAR_ROWS = 64
"""Rows of all arenas that are searched, adjacent on disk, before each account is probed by index."""


def build_nearest_row(operator: Literal["<", "<=", ">", ">="], bound: str) -> str:
    """A subquery with `account_id` and `ts` of the arena's nearest account row; without one it has no row.

    `bound` is an expression of the time. Row comparisons keep the planner on the index that leads with the
    account.
    """
    order = "DESC" if operator.startswith("<") else "ASC"
    beyond = ">=" if operator.startswith("<") else "<="
    return f"""(
    WITH near AS MATERIALIZED (
        SELECT n.account_id, n.ts FROM (
            SELECT account_id, ts FROM nof1.account_snapshots WHERE ts {operator} {bound}
            ORDER BY ts {order}, account_id {order} LIMIT {_NEAR_ROWS}
        ) n
        WHERE n.account_id = ANY(ARRAY(SELECT id FROM nof1.accounts WHERE arena_id = %(arena)s))
        ORDER BY n.ts {order}, n.account_id {order} LIMIT 1
    )
    SELECT account_id, ts FROM near
    UNION ALL
    (SELECT p.account_id, p.ts FROM nof1.accounts a CROSS JOIN LATERAL (
        SELECT r.account_id, r.ts FROM nof1.account_snapshots r
        WHERE r.account_id {beyond} a.id AND (r.account_id, r.ts) {operator} (a.id, {bound})
          AND r.ts {operator} {bound}
        ORDER BY r.account_id {order}, r.ts {order} LIMIT 1
    ) p
    WHERE a.arena_id = %(arena)s AND p.account_id = a.id AND NOT EXISTS (SELECT FROM near)
    ORDER BY p.ts {order}, p.account_id {order} LIMIT 1)
)"""  # noqa: S608 operator and bound are constants of this package
