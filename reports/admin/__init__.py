"""The desk's pages of briefings, reports, prompts, trials, stories, decisions and jobs.

Revisions, sections, claims and evidence have no page of their own: they are shown within their
report, and the database freezes them once they are published.
"""

from reports.admin.briefing import BriefingAdmin
from reports.admin.decision import DecisionAdmin
from reports.admin.delivery import DeliveryAdmin
from reports.admin.error_report import ErrorReportAdmin
from reports.admin.job import JobAdmin
from reports.admin.prompt import PromptAdmin
from reports.admin.report import ReportAdmin
from reports.admin.story import StoryAdmin
from reports.admin.subscription import SubscriptionAdmin
from reports.admin.suppression import SuppressionAdmin
from reports.admin.trial import TrialAdmin

__all__ = [
    "BriefingAdmin",
    "DecisionAdmin",
    "DeliveryAdmin",
    "ErrorReportAdmin",
    "JobAdmin",
    "PromptAdmin",
    "ReportAdmin",
    "StoryAdmin",
    "SubscriptionAdmin",
    "SuppressionAdmin",
    "TrialAdmin",
]
