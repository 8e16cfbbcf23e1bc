"""Keys, identities, shapes of records, and envelopes."""

from __future__ import annotations

import copy
import json

from nof1tui.sources.nof1.endpoints import ENVELOPE_KEY_BY_ENDPOINT
from tests.support.dialects.fields import OTHER_KEYS, OTHER_LIST_KEYS
from tests.support.dialects.scene import Json, Scene
from tests.support.dialects.values import write_iso


def camel_case(scene: Scene) -> None:
    for _, written, _ in scene.everything():
        _rename(written, {key: _camel(key) for key in written if not key.endswith("_table")})


def other_keys(scene: Scene) -> None:
    for kind, written, _ in scene.everything():
        names = OTHER_KEYS.get(kind, {})
        _rename(written, {key: scene.dice.choice(others) for key, others in names.items() if key in written})


def _rename(written: Json, names: dict[str, str]) -> None:
    items = [(names.get(key, key), value) for key, value in written.items()]
    written.clear()
    written.update(items)


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(word.title() for word in rest)


def keys_in_another_order(scene: Scene) -> None:
    for _, written, _ in scene.everything():
        items = list(written.items())
        scene.dice.shuffle(items)
        written.clear()
        written.update(items)


def unknown_keys(scene: Scene) -> None:
    for _, written, _ in scene.everything():
        written[f"x_{scene.dice.randrange(3)}"] = scene.dice.choice((None, 1, "a", {"b": [1]}, float("nan")))


def ids_as_numbers(scene: Scene) -> None:
    number = 10_000
    for _, written, true in scene.records("trades", "conversations"):
        if "id" in written:
            number += 1
            written["id"], true["id"] = number, str(number)


def ids_numbered_per_trader(scene: Scene) -> None:
    counts: dict[str, int] = {}
    for kind, written, true in scene.records("trades", "conversations"):
        if "id" in written:
            owner = kind + true["model_id"]
            counts[owner] = counts.get(owner, 0) + 1
            written["id"] = counts[owner]
            scene.loose_ids.add(kind)


def ids_under_another_key(scene: Scene) -> None:
    for _, written, true in scene.records("trades"):
        if "id" in written:
            true["id"] = true["trade_id"]
            del written["id"]


def ids_missing(scene: Scene) -> None:
    for kind, written, _ in scene.records("account-totals", "trades", "conversations"):
        for name in ("id", "trade_id"):
            written.pop(name, None)
        scene.loose_ids.add(kind)


def traders_in_row_ids_only(scene: Scene) -> None:
    for _, written, _ in scene.records("account-totals"):
        if "id" in written:
            written.pop("model_id", None)


def positions_in_other_shapes(scene: Scene) -> None:
    for _, written, _ in scene.records("account-totals"):
        held = list(written["positions"].values())
        written["positions"] = scene.dice.choice(
            (held, {str(number): item for number, item in enumerate(held)}, held if held else None)
        )


def answers_in_other_shapes(scene: Scene) -> None:
    for _, written, true in scene.records("conversations"):
        answer = true["llm_response"]
        if "failed_json_response_raw_text" not in answer:
            written["llm_response"] = scene.dice.choice((list(answer.values()), json.dumps(answer)))


def decisions_dated_by_insertion(scene: Scene) -> None:
    for _, written, true in scene.records("conversations"):
        if "inserted_at" in written:
            true["timestamp"] = true["inserted_at"]
            written.pop("timestamp", None)


def empty_lists(scene: Scene) -> None:
    for endpoint, key in ENVELOPE_KEY_BY_ENDPOINT.items():
        if scene.lucky() and scene.dice.random() < 0.5:
            scene.wire[endpoint][key] = scene.dice.choice((None, [], {}))
            scene.truth[endpoint][key] = type(scene.truth[endpoint][key])()


def lists_in_other_shapes(scene: Scene) -> None:
    for endpoint, key in ENVELOPE_KEY_BY_ENDPOINT.items():
        records = scene.wire[endpoint][key]
        if not records or not scene.lucky():
            continue
        if isinstance(records, dict):
            listed = list(records.values())
            bare = {coin: item["price"] for coin, item in records.items() if set(item) >= {"price"}}
            scene.wire[endpoint][key] = listed if len(bare) < len(records) else scene.dice.choice((listed,))
        elif scene.dice.random() < 0.5:
            scene.wire[endpoint][key] = {f"r{number}": record for number, record in enumerate(records)}
        else:
            scene.wire[endpoint][key] = records[0]
            del scene.truth[endpoint][key][1:]


def other_envelopes(scene: Scene) -> None:
    for endpoint, key in ENVELOPE_KEY_BY_ENDPOINT.items():
        body = scene.wire[endpoint]
        if not scene.lucky():
            continue
        shape = scene.dice.randrange(4)
        if shape == 0:
            body[scene.dice.choice(OTHER_LIST_KEYS[endpoint])] = body.pop(key)
        elif shape == 1:
            scene.wire[endpoint] = {"success": True, scene.dice.choice(("data", "result")): body}
        elif shape == 2 and isinstance(body[key], list) and body[key] and "serverTime" not in body:
            scene.wire[endpoint] = body[key]
        else:
            scene.wire[endpoint] = {"meta": {"page": 1}, **body, "ok": True}


def times_of_bodies_in_other_forms(scene: Scene) -> None:
    for body in scene.wire.values():
        if "serverTime" in body and scene.lucky():
            seconds = body.pop("serverTime") / 1_000
            form = scene.dice.choice((seconds, str(round(seconds * 1_000)), write_iso(seconds, scene.dice)))
            body[scene.dice.choice(("serverTime", "server_time"))] = form


def stray_records(scene: Scene) -> None:
    for endpoint in ("account-totals", "trades", "conversations"):
        records = scene.wire[endpoint][ENVELOPE_KEY_BY_ENDPOINT[endpoint]]
        if isinstance(records, list) and records:
            records.append(scene.dice.choice(({}, {"id": "x"}, {"model_id": "m", "timestamp": 0})))
            records.append(copy.deepcopy(records[0]))


def pretty_printed(scene: Scene) -> None:
    scene.encoders.append(lambda text: json.dumps(json.loads(text), indent=scene.dice.choice((1, "\t"))))


def with_a_byte_order_mark(scene: Scene) -> None:
    scene.encoders.append(lambda text: "\ufeff" + text)
