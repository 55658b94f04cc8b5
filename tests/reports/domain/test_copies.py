"""Which texts repeat an earlier one."""

import pytest

from reports.domain.copies import is_copy, sketch

AGENCY = (
    "The harbor of Port Averil was closed on Monday after a crane fell onto the main quay during "
    "the night, the port authority said. Nobody was hurt. Two ships had to wait outside the "
    "breakwater until noon, and a third was sent to Dunmarrow. The crane, built in 1978, had been "
    "inspected in March. Engineers will begin to cut it into pieces on Tuesday, which may take a "
    "week, and the ferry to the islands leaves from the northern basin until then."
)
OWN_WORDS = (
    "A crane has toppled at the docks in Port Averil, blocking the main quay. The port authority "
    "reported no injuries. For hours ships queued off the breakwater; one left for Dunmarrow. "
    "Built in 1978 and checked only in March, the crane must now be dismantled, a job of about a "
    "week. Island ferries use the northern basin meanwhile, to the annoyance of many commuters."
)


@pytest.mark.parametrize(
    ("later", "earlier", "expected"),
    [
        pytest.param(("Crane falls", AGENCY), ("Port closed", AGENCY), True, id="another title"),
        pytest.param(("Crane", AGENCY[:300]), ("Port", AGENCY), True, id="cut"),
        pytest.param(
            ("Crane", "By our staff in the city. " + AGENCY), ("Port", AGENCY), True, id="new start"
        ),
        pytest.param(("Crane", OWN_WORDS), ("Port", AGENCY), False, id="own words"),
        pytest.param(("Crane falls", ""), ("Crane falls", ""), True, id="equal headlines"),
        pytest.param(("Crane falls", ""), ("Crane fell", ""), False, id="similar headlines"),
        pytest.param(("Crane falls", ""), ("Crane falls", AGENCY), False, id="headline and text"),
        pytest.param(("", ""), ("", ""), False, id="nothing"),
    ],
)
def test_a_copy_repeats_the_words_not_the_news(later, earlier, expected):
    assert is_copy(sketch(*later), sketch(*earlier)) is expected
