"""Stories on the desk: which articles are told as one event, why, and what editors decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html

from patriot.lib.counting import EstimatingPaginator
from patriot.lib.desk import ReadOnlyAdmin, log_action
from reports.admin import acts, nearby
from reports.admin.acts import ACTS, MARKS, MERGE, MOVE, SPLIT, Act, Decide, NoteForm
from reports.admin.members import BY_LIKENESS, CHOOSE_APART, DECIDE, MembershipInline
from reports.admin.story_filters import DECIDED, STORY_FILTERS
from reports.domain.topics import TOPICS
from reports.models import Decision, Story
from reports.pipeline import deciding
from reports.pipeline.deciding import MAX_ARTICLES, NotDecided

TITLE_CHARS = 100
MAX_DECISIONS = 50
MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Plan:
    """An act that an editor is about to do, with all that the question about it must carry on."""

    act: Act
    decide: Decide
    hidden: tuple[tuple[str, Any], ...]
    """Fields of the form that ask for the same act again."""
    action: str
    """Where the form goes."""
    back: str
    """Where the editor goes afterwards, or if nothing is to be done."""


def action_of(act: Act) -> Callable[..., Any]:
    """Return an act as an action on those that were chosen from the list."""

    @admin.action(description=f"{act.label} …", permissions=["decide"])
    def do(desk: StoryAdmin, request: HttpRequest, chosen: QuerySet[Story]) -> Any:
        return desk.decide_on_chosen(request, chosen, act)

    do.__name__ = act.name
    return do


@admin.register(Story)
class StoryAdmin(ReadOnlyAdmin):
    """Shown, and decided about: never written by hand."""

    change_form_template = "admin/reports/story/change_form.html"
    list_display = (
        "headline",
        "coverage",
        "independent",
        "marks",
        "about",
        "storyline",
        "last_article_at",
    )
    list_filter = STORY_FILTERS
    list_select_related = ("beginning", "merged_into")
    search_fields = ("title",)
    paginator = EstimatingPaginator
    ordering = ("-last_article_at", "-pk")
    inlines = (MembershipInline,)
    actions = tuple(action_of(act) for act in (MERGE, *(ACTS[name] for name in MARKS)))
    readonly_fields = ("marks", "about", "storyline")
    fields = (
        "title",
        "marks",
        ("newsroom", "language"),
        ("first_article_at", "last_article_at"),
        ("article_count", "outlet_count", "independent_count", "copy_count"),
        "about",
        ("people", "places", "organizations"),
        "storyline",
    )

    def get_urls(self) -> list[Any]:
        """Add the page on which an editor decides."""
        decide = self.admin_site.admin_view(self.decide)
        name = "reports_story_decide"
        return [path("<int:pk>/decide/<slug:name>/", decide, name=name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        every: QuerySet[Any] = super().get_queryset(request)
        parts = Story.objects.filter(beginning=OuterRef("pk"), merged_into=None)
        # With a limit, which keeps the planner from reading all stories for a page of them.
        part = Subquery(parts.order_by("pk").values("pk")[:1])
        stories: QuerySet[Any] = every.annotate(is_continued=part, is_decided=DECIDED)
        return stories

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may decide about stories."""
        return self.has_view_permission(request) and request.user.has_perm(DECIDE)

    # --- What is shown ---------------------------------------------------------
    @admin.display(description="title", ordering="title")
    def headline(self, story: Story) -> str:
        return story.title[:TITLE_CHARS]

    @admin.display(description="articles", ordering="article_count")
    def coverage(self, story: Story) -> str:
        return f"{story.article_count} of {counted(story.outlet_count, 'outlet')}"

    @admin.display(description="inde\u00adpendent", ordering="independent_count")
    def independent(self, story: Story) -> int:
        return story.independent_count

    @admin.display(description="marks")
    def marks(self, story: Any) -> str:
        merged = story.merged_into
        if merged is None:
            marks = [acts.marks_of(story), "editors decided" if story.is_decided else ""]
            return ", ".join(filter(None, marks))
        address = reverse("admin:reports_story_change", args=[merged.pk])
        return format_html('merged into <a href="{}">story {}</a>', address, merged.pk)

    @admin.display(description="about")
    def about(self, story: Story) -> str:
        topics = [TOPICS[slug] for slug in story.topics if slug in TOPICS]
        said = [", ".join(topics), story.get_sentiment_display(), story.language]
        return " · ".join(filter(None, said))

    @admin.display(description="storyline")
    def storyline(self, story: Any) -> str:
        if story.beginning is None:
            words = "begins one" if story.is_continued else ""
        else:
            words = f"since {story.beginning.first_article_at:%-d %B}"
        address = reverse("reports:storyline", args=[story.storyline_id])
        return format_html('<a href="{}">{}</a>', address, words) if words else ""

    def view_on_site(self, story: Story) -> str:
        """Return the story's page."""
        return reverse("reports:story", args=[story.pk])

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add what can be decided about the story, and what was."""
        story = context["original"]
        may = self.has_decide_permission(request)
        inline = context["inline_admin_formsets"][0].opts
        context |= {
            "may_decide": may,
            "marks_now": acts.marks_now(story) if may and story.article_count else [],
            "about_articles": [SPLIT, MOVE] if may and story.article_count > 1 else [],
            "is_by_likeness": request.GET.get("order") == BY_LIKENESS,
            "parting": inline.parting,
            "apart_ways": {"order": BY_LIKENESS, "choose": CHOOSE_APART},
            "decisions": [
                (decision, acts.in_words(decision)) for decision in decisions_about(story)
            ],
        }
        return super().render_change_form(request, context, *args, **kw)

    # --- Deciding ----------------------------------------------------------------
    def decide(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Ask what an act on one story needs, show what it will change, and do it."""
        act = ACTS.get(name)
        if act is None:
            raise Http404("There is no such act.")
        if not self.has_decide_permission(request):
            raise PermissionDenied
        story = get_object_or_404(Story, pk=pk)
        article_ids, target = asked_articles(request), asked_target(request)
        if act in {SPLIT, MOVE} and not article_ids:
            self.message_user(request, "Choose the articles first.", messages.WARNING)
            return redirect("admin:reports_story_change", pk)
        if act in {MOVE, MERGE} and target is None:
            return self._ask_where(request, story, act, article_ids)
        return self._settle(request, self._plan(request, story, act, article_ids, target))

    def _plan(
        self,
        request: HttpRequest,
        story: Story,
        act: Act,
        article_ids: Sequence[int],
        target: int | None,
    ) -> Plan:
        hidden = [("article", pk) for pk in article_ids]
        hidden += [("target", target)] if target is not None else []
        return Plan(
            act=act,
            decide=decide_on_one(request, story.pk, act, article_ids, target),
            hidden=tuple(hidden),
            action=reverse("admin:reports_story_decide", args=[story.pk, act.name]),
            back=reverse("admin:reports_story_change", args=[story.pk]),
        )

    def decide_on_chosen(
        self, request: HttpRequest, chosen: QuerySet[Story], act: Act
    ) -> HttpResponse | None:
        """Show what an act on those chosen from the list will change, and do it."""
        stories = list(chosen.order_by("-article_count", "pk")[: MAX_ARTICLES + 1])
        if act == MERGE and len(stories) < 2:
            self.message_user(request, "Choose two stories or more to merge.", messages.WARNING)
            return None
        hidden = [(helpers.ACTION_CHECKBOX_NAME, story.pk) for story in stories]
        plan = Plan(
            act=act,
            decide=decide_on_many(request, [story.pk for story in stories], act),
            hidden=(*hidden, ("action", act.name)),
            action=reverse("admin:reports_story_changelist"),
            back=reverse("admin:reports_story_changelist"),
        )
        return self._settle(request, plan)

    def _settle(self, request: HttpRequest, plan: Plan) -> HttpResponse:
        """Do what was confirmed; else show before and after, and ask."""
        form = NoteForm(request.POST if request.POST.get("sure") else None)
        try:
            if form.is_valid():
                self._do(request, plan.decide, form.cleaned_data["note"])
                return redirect(plan.back)
            changes = acts.rehearse(plan.decide)
        except NotDecided as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect(plan.back)
        context = self._context(request, plan.act.label) | {
            "plan": plan,
            "changes": changes,
            "form": form,
        }
        return TemplateResponse(request, "admin/reports/story/confirm.html", context)

    def _do(self, request: HttpRequest, decide: Decide, note: str) -> None:
        with transaction.atomic():
            decisions = decide(note)
            for decision in decisions:
                log_decision(request, decision, acts.in_words(decision))
        for decision in decisions[:MAX_DECISIONS]:
            self.message_user(request, f"{acts.in_words(decision)}.", messages.SUCCESS)

    def _ask_where(
        self, request: HttpRequest, story: Story, act: Act, article_ids: Sequence[int]
    ) -> HttpResponse:
        query = request.POST.get("q") or request.GET.get("q") or ""
        found = nearby.search(story, query) if query.strip() else []
        context = self._context(request, act.label) | {
            "act": act,
            "story": story,
            "article_ids": article_ids,
            "query": query[: nearby.MAX_QUERY_CHARS],
            "found": found,
            "similar": [] if found else nearby.similar(story),
        }
        return TemplateResponse(request, "admin/reports/story/where.html", context)

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return self.admin_site.each_context(request) | {"title": title, "opts": self.opts}


# --- What was asked --------------------------------------------------------------------------


def counted(number: int, noun: str) -> str:
    """Return such as “1 outlet” or “3 outlets”."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def number_of(text: str | None) -> int | None:
    """Return a number that a form sent; None if it is none."""
    is_number = text and text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if text and is_number else None


def asked_target(request: HttpRequest) -> int | None:
    """Return the story that was chosen, unless the editor searches for another."""
    return None if request.POST.get("search") else number_of(request.POST.get("target"))


def asked_articles(request: HttpRequest) -> list[int]:
    """Return the ids of the articles that were chosen, each once."""
    numbers = (number_of(text) for text in request.POST.getlist("article"))
    return list(dict.fromkeys(number for number in numbers if number is not None))


def decide_on_one(
    request: HttpRequest, pk: int, act: Act, article_ids: Sequence[int], target: int | None
) -> Decide:
    """Return an act on one story, to be done with a note."""
    author: Any = request.user
    now = timezone.now()  # noqa: TID251 (an interface)

    def decide(note: str) -> Iterable[Decision]:
        by: dict[str, Any] = {"author": author, "now": now, "note": note}
        if act == SPLIT:
            return [deciding.split(pk, article_ids, **by)]
        if act == MOVE:
            return [deciding.move(article_ids, from_story=pk, to_story=target or 0, **by)]
        if act == MERGE:
            # The story that the editor looks at goes into the one that was chosen.
            return deciding.merge(target or 0, [pk], **by)
        return [MARKS[act.name][0](pk, **by)]

    return lambda note: list(decide(note))


def decide_on_many(request: HttpRequest, story_ids: Sequence[int], act: Act) -> Decide:
    """Return an act on several stories, the largest first, to be done with a note."""
    author: Any = request.user
    now = timezone.now()  # noqa: TID251 (an interface)
    if act == MERGE:
        into, *others = story_ids
        return lambda note: deciding.merge(into, others, author=author, now=now, note=note)
    return acts.mark_all(act, story_ids, author=author, now=now)


def decisions_about(story: Story) -> list[Decision]:
    """Return the newest decisions about a story."""
    about = Decision.objects.filter(Q(story=story) | Q(other=story))
    about = about.select_related("story", "other", "made_by", "undone_by")
    return list(about.order_by("-made_at", "-pk")[:MAX_DECISIONS])


def log_decision(request: HttpRequest, decision: Decision, sentence: str) -> None:
    """Write a decision into the history of its stories and its own."""
    note = f" Why: {decision.note}" if decision.note else ""
    about = [pk for pk in (decision.story_id, decision.other_id) if pk]
    log_action(request, Story.objects.filter(pk__in=about), f"{sentence}.{note}")
    log_action(request, Decision.objects.filter(pk=decision.pk), f"{sentence}.{note}")
