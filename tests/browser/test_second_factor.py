"""The second factor in a browser: a passkey made and used, pages for everybody."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from patriot.accounts.models import User
from patriot.accounts.roles import Role
from tests.factories import a_user_with

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse battery staple"
WATCH_POLICY = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation",
        (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def paula() -> User:
    user = a_user_with(Role.PUBLISHER, username="paula")
    user.set_password(PASSWORD)
    user.save()
    return user


def test_a_passkey_is_added_and_then_opens_the_desk_alone(browser, live_server, paula, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    # The site as a browser knows it: passkeys belong to a name, not to a number.
    site = live_server.url.replace("127.0.0.1", "localhost")
    faults: list[Any] = []

    def journey(page: Page) -> str:
        page.add_init_script(WATCH_POLICY)
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

        page.goto(f"{site}/accounts/login/")
        faults.extend(looked_at(page))
        page.get_by_label("Username").fill("paula")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        # The desk is closed until a factor is set up.
        page.get_by_role("link", name="Add a passkey").click()
        faults.extend(looked_at(page))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("Name").fill("Telephone")
        faults.extend(looked_at(page))
        page.get_by_role("button", name="Add it").click()
        page.get_by_role("heading", name="Recovery codes").wait_for()
        faults.extend(looked_at(page))
        page.get_by_role("link", name="I have written them down").click()
        page.get_by_text("Telephone", exact=True).wait_for()
        faults.extend(looked_at(page))

        page.context.clear_cookies()
        page.goto(f"{site}/accounts/login/")
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/admin/")

        page.context.clear_cookies()
        page.goto(f"{site}/accounts/login/")
        page.get_by_label("Username").fill("paula")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("heading", name="And your second factor").wait_for()
        faults.extend(looked_at(page))
        page.get_by_role("button", name="Use a passkey").click()
        page.wait_for_url("**/admin/")

        page.goto(f"{site}/accounts/2fa/app/")
        faults.extend(looked_at(page))
        return page.url

    end = browser.visit(journey, width=360, color_scheme="dark")

    assert faults == []
    # Whoever has a passkey is asked for that before anything is changed, unless just now.
    assert end.startswith(f"{site}/accounts/2fa/")


def looked_at(page: Page) -> list[Any]:
    """Return what is wrong with a page for somebody: axe's, the policy's, and its width."""
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    broken = [item["id"] for item in Axe().run(page).response["violations"]]
    said = page.evaluate("window.violations")
    return [(page.url, one) for one in [*broken, *said, *(["too wide"] if wide else [])]]


def test_without_scripts_the_sign_in_says_what_a_passkey_needs(browser, live_server):
    def read(page: Page) -> tuple[bool, bool]:
        page.goto(f"{live_server.url}/accounts/login/")
        return (
            page.get_by_role("button", name="Sign in with a passkey").is_visible(),
            page.get_by_text("Passkeys need a browser").is_visible(),
        )

    assert browser.visit(read, java_script_enabled=False) == (False, True)
