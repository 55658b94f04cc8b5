"""The API speaks JSON."""

import pytest

from patriot.lib.negotiation import accepts_json


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        pytest.param("", True, id="nothing said"),
        pytest.param("*/*", True, id="anything"),
        pytest.param("application/json", True, id="json"),
        pytest.param("Application/JSON; indent=4", True, id="parameters and case"),
        pytest.param("application/*;q=0.5", True, id="any application"),
        pytest.param("text/html,application/xhtml+xml,*/*;q=0.8", True, id="a browser"),
        pytest.param("text/html", False, id="only html"),
        pytest.param("application/xml, text/csv", False, id="other formats"),
        pytest.param("application/json;q=0, */*", False, id="anything but json"),
        pytest.param("application/json;q=0.000", False, id="zero in three digits"),
        pytest.param("*/*;q=0, application/json", True, id="nothing but json"),
        pytest.param("\x00;;;q=", False, id="nonsense"),
    ],
)
def test_json_unless_it_is_ruled_out(accept: str, expected: bool) -> None:
    tokens = [token.strip() for token in accept.split(",") if token.strip()]

    assert accepts_json(tokens) is expected
