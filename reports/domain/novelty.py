"""Tell a story by what is new: since it was told last, or since the report's window began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from reports.domain.candidates import Candidate
from reports.domain.headlining import is_feature
from reports.domain.subject import Story, is_whole, overlap

_SAME_WORDS = 0.9
"""The share of stems that makes a sentence one that was told before."""


def news_of(story: Story) -> Story:
    """Keep to what came after the last report, if that is enough to tell the story by.

    What came before serves only to judge what is new. Where nothing usable came after, or only
    what had been said already, the story stays as it is.
    """
    told_until = story.material.told_until
    if told_until is None:
        return _of_the_window(story)
    titles = _news(story.headlines, told_until)
    plain = tuple(title for title in titles if not is_feature(title))
    texts = _news(story.sentences, told_until)
    if not plain and not any(is_whole(text, story) for text in texts):
        return story
    before = tuple(c for c in story.sentences if c.passage.published_at <= told_until)
    return replace(
        story, headlines=plain or titles or story.headlines, sentences=texts, told=before
    )


def _of_the_window(story: Story) -> Story:
    """Keep to the articles of the window, if a headline and a lead are among them.

    A strike that was settled overnight is not told by yesterday's "no trams today".
    """
    since = story.material.news_since
    if since is None:
        return story
    titles = tuple(c for c in story.headlines if c.passage.published_at > since)
    texts = tuple(c for c in story.sentences if c.passage.published_at > since)
    plain = tuple(title for title in titles if not is_feature(title))
    if not plain or not any(is_whole(text, story) for text in texts):
        return story
    return replace(story, headlines=plain, sentences=texts)


def _news(candidates: Sequence[Candidate], told_until: datetime) -> tuple[Candidate, ...]:
    """Return the later candidates, without those that an earlier one has said already."""
    before = [c for c in candidates if c.passage.published_at <= told_until]
    after = [c for c in candidates if c.passage.published_at > told_until]
    return tuple(c for c in after if not any(_says_again(c, other) for other in before))


def _says_again(candidate: Candidate, other: Candidate) -> bool:
    """Tell whether a candidate has another's words and no figure that the other lacks."""
    return overlap(candidate, other) >= _SAME_WORDS and candidate.figures <= other.figures
