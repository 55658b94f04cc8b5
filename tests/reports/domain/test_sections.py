import pytest

from reports.domain.analysis import GroundedClaim, Kind, Span
from reports.domain.sections import MOST, is_tellable, section_of, with_stand_ins


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


def standing(kind, start, end, passage=1, text=""):
    span = Span(passage, start, end, "x" * (end - start))
    return GroundedClaim(kind, text or f"{kind} {passage} {start}.", "en", (span,))


SECTION = (standing(Kind.HEADLINE, 0, 90), standing(Kind.LEAD, 0, 40))


@pytest.mark.parametrize(
    ("own", "stands"),
    [
        pytest.param(standing(Kind.DETAIL, 40, 80), True, id="beside it"),
        pytest.param(standing(Kind.DETAIL, 10, 20), False, id="inside the lead's quotation"),
        pytest.param(standing(Kind.DETAIL, 0, 80), False, id="around it"),
        pytest.param(standing(Kind.CHANGED, 39, 80), False, id="across its end"),
        pytest.param(standing(Kind.DETAIL, 0, 40, passage=2), True, id="in another passage"),
    ],
)
def test_a_publishers_own_sentence_tells_nothing_twice(own, stands):
    section = with_stand_ins(SECTION, [own])

    assert (own in section) is stands


def test_of_two_own_sentences_around_one_quotation_the_first_stands():
    first, second = standing(Kind.DETAIL, 50, 80), standing(Kind.UNKNOWN, 50, 80)

    assert with_stand_ins(SECTION, [first, second]) == (*SECTION, first)


def test_own_sentences_come_after_those_of_their_kind_and_only_where_there_is_room():
    told = [standing(Kind.DETAIL, 100 * n, 100 * n + 9, text=f"Told {n}.") for n in range(1, 4)]
    owns = [standing(Kind.DETAIL, 900 + 10 * n, 905 + 10 * n, text=f"Own {n}.") for n in range(3)]

    section = with_stand_ins((*SECTION, *told), owns)

    details = [each.text for each in section if each.kind is Kind.DETAIL]
    assert details == ["Told 1.", "Told 2.", "Told 3.", "Own 0."]
