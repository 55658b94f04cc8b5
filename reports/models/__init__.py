"""What the reports app remembers: a file per noun."""

from reports.models.briefing import Briefing
from reports.models.claim import Claim, Evidence
from reports.models.prompt import Prompt
from reports.models.report import Report
from reports.models.revision import Revision, Section
from reports.models.search import SectionWords
from reports.models.story import Decision, Membership, Sentiment, Story
from reports.models.trial import Run, Trial

__all__ = [
    "Briefing",
    "Claim",
    "Decision",
    "Evidence",
    "Membership",
    "Prompt",
    "Report",
    "Revision",
    "Run",
    "Section",
    "SectionWords",
    "Sentiment",
    "Story",
    "Trial",
]
