"""What a story's sentiment is, given those of its articles."""

import pytest

from reports.domain.sentiment import NEGATIVE, NEUTRAL, POSITIVE, Verdict, majority


def verdicts(*pairs):
    return [Verdict(sentiment, confidence, "") for sentiment, confidence in pairs]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param([], None, id="no articles"),
        pytest.param([(NEUTRAL, 0.0)], None, id="nobody understood"),
        pytest.param([(NEGATIVE, 0.7), (NEUTRAL, 0.0)], NEGATIVE, id="one understood"),
        pytest.param([(NEGATIVE, 0.7), (POSITIVE, 0.6), (NEGATIVE, 0.4)], NEGATIVE, id="most"),
        pytest.param([(NEGATIVE, 0.4), (POSITIVE, 0.9)], POSITIVE, id="the surer one"),
        pytest.param([(NEGATIVE, 0.6), (POSITIVE, 0.6)], NEUTRAL, id="as good as bad"),
        pytest.param([(NEGATIVE, 0.3)] * 3 + [(POSITIVE, 0.9)], NEUTRAL, id="sums that round"),
    ],
)
def test_the_majority_speaks_as_far_as_it_is_sure(given, expected):
    assert majority(verdicts(*given)) == expected
