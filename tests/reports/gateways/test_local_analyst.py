"""The local analyst answers in the shape of every analyst."""

from reports.domain.analysis import GroundedClaim, Kind
from reports.domain.grounding import ground
from reports.gateways.local_analyst import LocalAnalyst
from tests.reports.domain.materials import ferry_fire, material


def test_it_tells_a_story_in_grounded_sentences():
    story = ferry_fire()
    passages = {passage.id: passage for passage in story.passages}

    analysis = LocalAnalyst().analyze(story)

    assert analysis.analyst == LocalAnalyst.name == "local analyst"
    assert [claim.kind for claim in analysis.claims[:2]] == [Kind.HEADLINE, Kind.LEAD]
    assert all(
        isinstance(ground(claim, passages=passages, language="en"), GroundedClaim)
        for claim in analysis.claims
    )


def test_it_has_nothing_to_say_about_nothing():
    assert LocalAnalyst().analyze(material()).claims == ()
