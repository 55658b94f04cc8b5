"""What the reports app remembers: a file per noun."""

from reports.models.briefing import Briefing
from reports.models.claim import Claim, Evidence
from reports.models.correction import Correction, ErrorReport
from reports.models.delivery import Attempt, Delivery
from reports.models.desk_note import DeskNote
from reports.models.prompt import Prompt
from reports.models.rendering import Rendering
from reports.models.report import Report
from reports.models.revision import Revision, Section
from reports.models.search import SectionWords
from reports.models.story import Decision, Membership, Sentiment, Story
from reports.models.subscription import Subscription, Suppression
from reports.models.trial import Run, Trial

__all__ = [
    "Attempt",
    "Briefing",
    "Claim",
    "Correction",
    "Decision",
    "Delivery",
    "DeskNote",
    "ErrorReport",
    "Evidence",
    "Membership",
    "Prompt",
    "Rendering",
    "Report",
    "Revision",
    "Run",
    "Section",
    "SectionWords",
    "Sentiment",
    "Story",
    "Subscription",
    "Suppression",
    "Trial",
]
