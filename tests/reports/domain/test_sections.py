import pytest

from reports.domain.analysis import GroundedClaim, Kind
from reports.domain.sections import MOST, is_tellable, section_of


def claim(kind, text="Words."):
    return GroundedClaim(kind, text, "en", ())


def test_claims_come_in_the_order_of_the_page():
    claims = [claim(kind, f"{kind} words.") for kind in reversed(Kind)]

    assert [kept.kind for kept in section_of(claims)] == list(MOST)


@pytest.mark.parametrize("kind", list(Kind))
def test_of_each_kind_the_first_ones_are_kept(kind):
    claims = [claim(kind, f"Sentence {number}.") for number in range(9)]

    kept = section_of(claims)

    assert [each.text for each in kept] == [f"Sentence {n}." for n in range(MOST[kind])]


def test_nothing_is_said_twice_but_the_headline():
    claims = [claim(Kind.HEADLINE, "A."), claim(Kind.LEAD, "A."), claim(Kind.DETAIL, "A.")]

    assert [kept.kind for kept in section_of(claims)] == [Kind.HEADLINE, Kind.LEAD]


@pytest.mark.parametrize(
    ("kinds", "stands"),
    [
        pytest.param([Kind.HEADLINE, Kind.LEAD], True, id="both"),
        pytest.param([Kind.HEADLINE, Kind.WHY], False, id="no lead"),
        pytest.param([Kind.LEAD, Kind.DETAIL], False, id="no headline"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_a_section_stands_on_a_headline_and_a_lead(kinds, stands):
    assert is_tellable([claim(kind) for kind in kinds]) is stands
