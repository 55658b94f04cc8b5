"""Every address of the site."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from patriot.accounts import urls as accounts
from patriot.operations import health, metrics

urlpatterns = [
    path("", include("reports.urls")),
    path("", include("sources.urls")),
    path("accounts/", include(accounts.sign_in)),
    # These three instead of the admin's own: one door, one throttle.
    path(f"{settings.ADMIN_PATH}/", include(accounts.desk)),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
    path("api/", include("patriot.operations.api")),
    *([path("hooks/mail/", include("anymail.urls"))] if settings.EMAIL_PROVIDER else []),
    path("healthz", health.healthz, name="healthz"),
    path("health", health.healthz),
    path("health/", health.healthz),
    path("readyz", health.readyz, name="readyz"),
    path("readyz/web", health.readyz_web, name="readyz-web"),
    path("metrics", metrics.metrics, name="metrics"),
]

handler400 = "patriot.operations.errors.bad_request"
handler403 = "patriot.operations.errors.permission_denied"
handler404 = "patriot.operations.errors.not_found"
handler500 = "patriot.operations.errors.server_error"
