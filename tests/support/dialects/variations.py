"""Every variation, in the order in which a mixture of them is applied."""

from __future__ import annotations

from tests.support.dialects.scene import Variation
from tests.support.dialects.shapes import (
    answers_in_other_shapes,
    camel_case,
    decisions_dated_by_insertion,
    empty_lists,
    ids_as_numbers,
    ids_missing,
    ids_numbered_per_trader,
    ids_under_another_key,
    keys_in_another_order,
    lists_in_other_shapes,
    other_envelopes,
    other_keys,
    positions_in_other_shapes,
    pretty_printed,
    stray_records,
    times_of_bodies_in_other_forms,
    traders_in_row_ids_only,
    unknown_keys,
    with_a_byte_order_mark,
)
from tests.support.dialects.sides import contradicted_sides, unsigned_quantities
from tests.support.dialects.unknowns import (
    missing_numbers,
    unknown_orders_as_zero,
    unknown_prices_as_zero,
    unknown_times_as_zero,
    unusable_numbers,
)
from tests.support.dialects.values import (
    flags_as_numbers,
    numbers_as_text,
    times_in_iso_8601,
    times_in_smaller_units,
    times_of_prices_in_seconds,
    whole_numbers_with_a_point,
)

VALUES: tuple[Variation, ...] = (
    missing_numbers, unknown_times_as_zero, unknown_orders_as_zero, unknown_prices_as_zero,
    unsigned_quantities,
    contradicted_sides, ids_as_numbers, ids_numbered_per_trader, ids_under_another_key,
    ids_missing, traders_in_row_ids_only, decisions_dated_by_insertion, answers_in_other_shapes,
    whole_numbers_with_a_point, flags_as_numbers, times_of_prices_in_seconds, times_in_iso_8601,
    times_in_smaller_units, numbers_as_text, unusable_numbers,
)  # fmt: skip
SHAPES: tuple[Variation, ...] = (
    other_keys, camel_case, unknown_keys, keys_in_another_order, positions_in_other_shapes, stray_records,
    empty_lists, lists_in_other_shapes, times_of_bodies_in_other_forms, other_envelopes,
    pretty_printed, with_a_byte_order_mark,
)  # fmt: skip
VARIATIONS = (*VALUES, *SHAPES)
"""Every variation, in the order in which a mixture of them is applied."""
