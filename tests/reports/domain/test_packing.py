"""Signatures come back from their bytes as they were; other bytes are refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.domain.packing import FORM, OtherForm, pack, unpack
from reports.domain.signatures import Item, sign

AT = datetime(2026, 6, 9, 6, 30, tzinfo=UTC)


@settings(max_examples=80)
@given(st.text(max_size=120), st.text(max_size=900), st.sampled_from(["en", "de", "ja", ""]))
def test_a_signature_comes_back_as_it_was(title, text, language):
    signature = sign(Item(7, title, text, language, "courier.example", AT))

    assert unpack(pack(signature)) == signature


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00" + pack(sign(Item(7, "a", "", "en", "", AT)))[1:], id="another form"),
        pytest.param(FORM + b"rubbish", id="rubbish"),
        pytest.param(pack(sign(Item(7, "a b c", "", "en", "", AT)))[:-9], id="cut"),
    ],
)
def test_other_bytes_are_refused(stored):
    with pytest.raises(OtherForm):
        unpack(stored)
