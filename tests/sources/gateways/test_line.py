"""The line in front of each host."""

from __future__ import annotations

from sources.gateways.line import Line


def test_a_host_has_one_visitor_at_a_time_and_others_do_not_wait_for_it():
    line = Line[str]()
    for host, visitor in (("a", "a1"), ("a", "a2"), ("b", "b1")):
        line.join(host, visitor)

    begun = [line.next(at=0), line.next(at=0), line.next(at=0)]
    line.leave("a")

    assert begun == ["a1", "b1", None]
    assert line.next(at=0) == "a2"
    assert not line.is_waiting


def test_a_host_rests_after_a_visit():
    line = Line[str]()
    for visitor in ("first", "second"):
        line.join("a", visitor)
    line.next(at=0)

    line.leave("a", rest_until=5)

    assert line.next_turn() == 5
    assert line.next(at=4.9) is None
    assert line.next(at=5) == "second"
    assert line.next_turn() is None


def test_who_comes_while_a_host_rests_waits_too():
    line = Line[str]()
    line.join("a", "first")
    line.next(at=0)
    line.leave("a", rest_until=5)

    line.join("a", "second")

    assert line.next(at=1) is None
    assert line.next(at=6) == "second"


def test_who_comes_after_the_rest_goes_at_once():
    line = Line[str]()
    line.join("a", "first")
    line.next(at=0)
    line.leave("a", rest_until=5)

    line.next(at=6)
    line.join("a", "second")

    assert line.next(at=6) == "second"


def test_hosts_take_turns():
    line = Line[str]()
    for visitor in ("a1", "a2", "a3", "b1"):
        line.join(visitor[0], visitor)

    order = []
    while visitor := line.next(at=0):
        order.append(visitor)
        line.leave(visitor[0])

    assert order == ["a1", "b1", "a2", "a3"]
