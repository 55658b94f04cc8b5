"""The ledger on the desk: every paid request with its cost, and what things cost from when.

Beside them the costs by day, by whom and for what, and the services that are not asked now.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from patriot.ledger import breakers
from patriot.ledger.costs import address_of, costs_page, span_of
from patriot.ledger.models import Breaker, Call, Price, Service
from patriot.ledger.prices import exact_dollars, rounded_dollars
from patriot.ledger.spending import READ_TOKENS, ZERO, cost_chart
from patriot.lib.desk import ModelAdmin, ModelForm, NamedValues, ReadOnlyAdmin, log_action

ERROR_CHARS = 120
IN_USE = timedelta(days=30)
# What each service is paid by. A price of nothing there would let calls past every ceiling.
PAID_BY = {
    Service.CLAUDE: ("input_usd", "output_usd"),
    Service.TAVILY: ("credit_usd",),
}
MAX_UNPRICED = 20


def now_utc() -> datetime:
    """Return the time: the desk is an interface."""
    return timezone.now()  # noqa: TID251 (an interface)


@admin.register(Call)
class CallAdmin(ReadOnlyAdmin):
    """Only shown: the book is kept by those who pay."""

    change_list_template = "admin/ledger/call/change_list.html"
    list_display = (
        "what",
        "model",
        "about",
        "outcome",
        "tokens",
        "cost",
        "took",
        "started_at",
    )
    list_filter = (
        "service",
        "outcome",
        ("purpose", NamedValues),
        ("model", NamedValues),
        ("payer", NamedValues),
        ("started_at", admin.DateFieldListFilter),
    )
    date_hierarchy = "started_at"
    search_fields = ("subject", "part", "payer", "model", "request_id", "error")
    ordering = ("-started_at", "-pk")
    fields = (
        ("service", "purpose", "model"),
        ("about", "part", "account"),
        ("outcome", "status"),
        "error",
        ("request_id", "retry_at"),
        ("started_at", "finished_at", "took"),
        ("input_tokens", "output_tokens", "thinking_tokens"),
        ("cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens"),
        "credits",
        ("estimated_usd", "cost_usd"),
    )
    readonly_fields = ("about", "account", "took")

    def get_urls(self) -> list[Any]:
        """Add the page of costs."""
        costs = self.admin_site.admin_view(self.costs)
        return [path("costs/", costs, name="ledger_call_costs"), *super().get_urls()]

    def costs(self, request: HttpRequest) -> HttpResponse:
        """Show what calls cost by day, by whom and for what."""
        return require_safe(self._costs)(request)

    def _costs(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = costs_page(
            now_utc(),
            span=span_of(request.GET.get("days", "")),
            daily=settings.DAILY_CEILING_USD,
            monthly=settings.MONTHLY_CEILING_USD,
        )
        context = self.admin_site.each_context(request) | {
            "title": "Costs",
            "opts": self.model._meta,
            "page": page,
        }
        return TemplateResponse(request, "admin/ledger/call/costs.html", context)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        every: QuerySet[Any] = super().get_queryset(request)
        calls: QuerySet[Any] = every.annotate(read_tokens=READ_TOKENS)
        return calls

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Add the sum of those shown, and the chart of the last days."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None)
        if context and "cl" in context:
            context["totals"] = totals_in_words(context["cl"].queryset)
            context["chart"] = cost_chart(now_utc())
        return response

    @admin.display(description="call", ordering="purpose")
    def what(self, call: Call) -> str:
        return f"{call.get_service_display()}, {call.purpose}"

    @admin.display(description="about", ordering="subject")
    def about(self, call: Call) -> str:
        words = " · ".join(filter(None, [call.subject, call.part]))
        address = address_of(call.subject)
        return format_html('<a href="{}">{}</a>', address, words) if address else words

    @admin.display(description="on account of", ordering="payer")
    def account(self, call: Call) -> str:
        address = address_of(call.payer)
        if not address:
            return call.payer or "nobody in particular"
        return format_html('<a href="{}">{}</a>', address, call.payer)

    @admin.display(description="tokens in, out")
    def tokens(self, call: Any) -> str:
        if call.credits:
            return f"{call.credits.normalize():f} credits"
        return f"{call.read_tokens:,}, {call.output_tokens:,}"

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, call: Call) -> str:
        return exact_dollars(call.cost_usd)

    @admin.display(description="seconds")
    def took(self, call: Call) -> str:
        return "in flight" if call.seconds is None else f"{call.seconds:.1f}"


def totals_in_words(calls: QuerySet[Call]) -> str:
    """Return what some calls come to together, in one query."""
    of_all = calls.order_by().aggregate(
        calls=Count("pk"),
        cost=Sum("cost_usd", default=ZERO),
        read=Sum("read_tokens", default=0),
        written=Sum("output_tokens", default=0),
    )
    noun = "call" if of_all["calls"] == 1 else "calls"
    return (
        f"{of_all['calls']:,} {noun}, {rounded_dollars(of_all['cost'])}: "
        f"{of_all['read']:,} tokens in, {of_all['written']:,} out."
    )


class PriceForm(ModelForm):
    """A price from a day on."""

    class Meta:
        model = Price
        fields = (
            "service",
            "model",
            "valid_from",
            "input_usd",
            "output_usd",
            "cache_write_5m_usd",
            "cache_write_1h_usd",
            "cache_read_usd",
            "threshold_tokens",
            "long_input_usd",
            "long_output_usd",
            "credit_usd",
        )
        help_texts = {
            "model": "As the service spells it; of a search, its depth.",
            "valid_from": "The day (UTC) from which it costs this: today at the earliest.",
        }

    def clean_valid_from(self) -> date:
        """Refuse the past: what was booked stays booked."""
        day: date = self.cleaned_data["valid_from"]
        if day < now_utc().date():
            raise ValidationError("What was paid before today is booked: begin today or later.")
        return day

    def clean(self) -> dict[str, Any]:
        """Demand the prices by which the service is paid: without them its calls cost nothing."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        service = cleaned.get("service")
        for name in PAID_BY[Service(service)] if service else ():
            if name in cleaned and not cleaned[name]:
                self.add_error(name, "More than 0: without it, calls would pass every ceiling.")
        return cleaned


@admin.register(Price)
class PriceAdmin(ModelAdmin):
    """A new price is a new row; one that calls may have been booked by stays as it is."""

    form = PriceForm
    list_display = ("model", "service", "valid_from", "input", "output", "credit")
    list_filter = ("service",)
    search_fields = ("model",)
    ordering = ("service", "model", "-valid_from")
    list_per_page = 50
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or begins_later(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return super().has_delete_permission(request, obj) and obj is not None and begins_later(obj)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Warn of models that are paid for without a known price."""
        for model in unpriced_models(now_utc()):
            messages.warning(
                request,
                f"No price is known for “{model}”: its calls are booked as the dearest there are.",
            )
        return super().changelist_view(request, extra_context)

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        """Say so if nobody has heard of the model."""
        same = {"service": obj.service, "model": obj.model}
        others = Price.objects.filter(**same).exclude(pk=obj.pk)
        if not (others.exists() or Call.objects.filter(**same).exists()):
            messages.warning(
                request,
                f"No other price and no call names the model “{obj.model}”: is it spelled right?",
            )
        super().save_model(request, obj, form, change)

    @admin.display(description="input, USD", ordering="input_usd")
    def input(self, price: Price) -> str:
        return exact_dollars(price.input_usd)

    @admin.display(description="output, USD", ordering="output_usd")
    def output(self, price: Price) -> str:
        return exact_dollars(price.output_usd)

    @admin.display(description="credit, USD", ordering="credit_usd")
    def credit(self, price: Price) -> str:
        return exact_dollars(price.credit_usd)


def begins_later(price: Price) -> bool:
    """Tell whether no call can have been booked by this price yet."""
    return price.valid_from > now_utc().date()


def unpriced_models(now: datetime) -> list[str]:
    """Return the models that were called of late although nobody has said what they cost."""
    known = Price.objects.filter(
        service=OuterRef("service"), model=OuterRef("model"), valid_from__lte=now.date()
    )
    recent = Call.objects.filter(~Exists(known), started_at__gt=now - IN_USE)
    models = recent.order_by("model").values_list("model", flat=True).distinct()
    return list(models[:MAX_UNPRICED])


@admin.register(Breaker)
class BreakerAdmin(ReadOnlyAdmin):
    """Services and models that are not asked now, and the button that ends it."""

    change_form_template = "admin/ledger/breaker/change_form.html"
    list_display = ("what", "reason", "opened_at", "retry_at", "failures", "told")
    ordering = ("opened_at", "pk")
    fields = readonly_fields = (
        "sentence",
        "reason",
        "to_do",
        "opened_at",
        "retry_at",
        "failures",
        "told",
    )

    def get_urls(self) -> list[Any]:
        """Add “ask again now”."""
        close = self.admin_site.admin_view(self.close)
        return [path("<int:pk>/close/", close, name="ledger_breaker_close"), *super().get_urls()]

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the service asked again now."""
        return require_POST(self._close)(request, pk)

    def _close(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not may_close(request):
            raise PermissionDenied
        chosen = Breaker.objects.filter(pk=pk)
        if breaker := chosen.first():
            log_action(request, chosen, f"Had it asked again: {breaker.reason}")
            breakers.close(breaker.service, breaker.model)
            name = breaker.model or breaker.get_service_display()
            self.message_user(request, f"{name} is asked again from now on.", messages.SUCCESS)
        else:
            self.message_user(request, "It is asked again already.")
        return redirect("admin:index")

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kw: Any) -> Any:
        """Add whether whoever looks may close it."""
        context["may_close"] = may_close(request)
        return super().render_change_form(request, context, *args, **kw)

    @admin.display(description="service or model", ordering="model")
    def what(self, breaker: Breaker) -> str:
        return " · ".join(filter(None, [breaker.get_service_display(), breaker.model]))

    @admin.display(description="state")
    def sentence(self, breaker: Breaker) -> str:
        return breakers.in_words(breaker)

    @admin.display(description="what to do")
    def to_do(self, breaker: Breaker) -> str:
        return breakers.advice(breaker)

    @admin.display(description="staff were told", ordering="told_at")
    def told(self, breaker: Breaker) -> str:
        return "not yet" if breaker.told_at is None else f"{breaker.told_at:%-d %B %H:%M} UTC"


def may_close(request: HttpRequest) -> bool:
    """Tell whether the user may have services asked again."""
    return request.user.has_perm("ledger.close_breaker")
