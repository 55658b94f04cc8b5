"""The record of a published text: one way to write it, one hash, and differences in words."""

import hashlib
import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.domain.record import MAX_DIFFERENCES, canonical, differences, plain, sha256_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), parts, max_size=4)
    ),
    max_leaves=12,
)


def test_a_record_is_written_as_rfc_8785_has_it():
    record = {"b": [1, "é\u2028“”\x1f\n"], "a": {"y": None, "x": "/"}}

    assert canonical(record).decode() == ('{"a":{"x":"/","y":null},"b":[1,"é\u2028“”\\u001f\\n"]}')


def test_a_hash_is_that_of_the_bytes():
    assert sha256_of({"a": 1}) == hashlib.sha256(b'{"a":1}').hexdigest()


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param(0.1, "0.1", id="fraction"),
        pytest.param(Decimal("1.50"), "1.50", id="decimal"),
        pytest.param(True, True, id="yes"),
        pytest.param(2**53 - 1, 2**53 - 1, id="large"),
        pytest.param(2**53, "9007199254740992", id="too-large-for-every-library"),
        pytest.param(float("nan"), "nan", id="no-number"),
        pytest.param((1, (2,)), [1, [2]], id="tuples"),
        pytest.param({1: date(2026, 6, 9)}, {"1": "2026-06-09"}, id="day"),
        pytest.param(time(7, 30), "07:30:00", id="time-of-day"),
        pytest.param(
            datetime(2026, 6, 9, 8, tzinfo=timezone(timedelta(hours=2))),
            "2026-06-09T06:00:00+00:00",
            id="moment-of-another-zone",
        ),
        pytest.param(datetime(2026, 6, 9, 6, tzinfo=UTC), "2026-06-09T06:00:00+00:00", id="moment"),
    ],
)
def test_values_are_kept_as_every_json_library_writes_them(value, kept):
    assert plain(value) == kept


@given(VALUES)
def test_whoever_reads_a_record_and_writes_it_again_has_the_same_bytes(value):
    record = plain(value)

    assert canonical(json.loads(canonical(record))) == canonical(record)
    assert differences(record, json.loads(canonical(record))) == []


@pytest.mark.parametrize(
    ("recorded", "stored", "said"),
    [
        pytest.param({"a": "x"}, {"a": "y"}, ["A: recorded “x”, stored “y”."], id="words"),
        pytest.param({"a": 1}, {"a": True}, ["A: recorded “1”, stored “true”."], id="types"),
        pytest.param({"a": 1}, {}, ["A: recorded “1”, stored nothing."], id="gone"),
        pytest.param({}, {"a": [1]}, ["A: recorded nothing, stored “[1]”."], id="new"),
        pytest.param(
            {"text": {"sections": [{"sentences": [{"text": "x"}, {"text": "y"}]}]}},
            {"text": {"sections": [{"sentences": [{"text": "x"}, {"text": "z"}]}]}},
            ["Text, section 1, sentence 2, text: recorded “y”, stored “z”."],
            id="where",
        ),
        pytest.param(
            {"sections": ["a", "b"]},
            {"sections": ["a"]},
            ["Sections: 2 recorded, 1 stored."],
            id="fewer",
        ),
        pytest.param([1], "x", [": recorded “[1]”, stored “x”."], id="another-shape"),
        pytest.param({"a": {}}, {"a": {}}, [], id="nothing"),
    ],
)
def test_differences_are_told_with_where_they_are(recorded, stored, said):
    assert differences(recorded, stored) == said


def test_many_long_differences_are_told_shortly():
    said = differences(["x" * 10_000] * 50, ["y" * 10_000] * 50)

    assert len(said) == MAX_DIFFERENCES + 1
    assert said[-1] == f"And {50 - MAX_DIFFERENCES} more differences."
    assert max(map(len, said)) < 400
