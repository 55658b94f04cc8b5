"""Which articles of a story stand apart from the others."""

from datetime import timedelta

import pytest

from reports.domain.parting import Parting, parting
from reports.domain.signatures import Item, sign
from reports.domain.vectors import unit
from tests.factories import NOW

FLOOD = "The river Aller rose over the dikes of Marsh End on Monday, mayor Gavin Newland said."
TRIAL = "Judge Ilsa Brandt opened the fraud trial of the banker Otto Kern at the court of Averil."


def compared(*texts: str) -> Parting:
    signatures = [
        sign(Item(number, "", text, "en", f"family {number}", NOW - timedelta(hours=number)))
        for number, text in enumerate(texts)
    ]
    return parting(signatures, [unit(one.terms) for one in signatures])


def test_the_smaller_of_two_events_stands_apart_with_its_names():
    found = compared(FLOOD, TRIAL, FLOOD, TRIAL, FLOOD)

    assert found.apart == {1, 3}
    assert "Otto Kern" in found.names_apart
    assert "Marsh End" in found.names_else


def test_a_single_stranger_is_the_least_near():
    found = compared(FLOOD, FLOOD, TRIAL, FLOOD)

    assert min(found.nearness, key=lambda pk: found.nearness[pk]) == 2
    assert found.apart == frozenset()


def test_one_event_has_nothing_apart():
    found = compared(*[FLOOD] * 6)

    assert found.apart == frozenset()
    assert found.names_apart == found.names_else == ()
    assert all(value == pytest.approx(1.0) for value in found.nearness.values())


def test_a_part_of_a_name_is_no_other_name():
    short = FLOOD.replace("Gavin Newland", "Newland") + " " + TRIAL

    found = compared(FLOOD, FLOOD, FLOOD, short, short)

    assert not any("Newland" in name for name in (*found.names_apart, *found.names_else))


@pytest.mark.parametrize("texts", [[FLOOD], ["", ""], ["", "", "", ""], ["\u0000💥", "١٢٣"]])
def test_little_to_compare_is_no_fault(texts: list[str]):
    found = compared(*texts)

    assert found.apart == frozenset()
    assert all(0 <= value <= 1 for value in found.nearness.values())
