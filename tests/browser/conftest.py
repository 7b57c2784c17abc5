"""A headless browser for the pages: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-dev-shm-usage")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests; without Chromium they are skipped by name."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("pages need a browser: install the Debian package chromium, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


def faults(page: Page) -> list[str]:
    """What axe finds wrong with a page as it is now, each with where it stands: the goal is none."""
    page.wait_for_load_state()          # or its style might be still to come
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {fault['help']}: {node['html']}" for fault in found for node in fault["nodes"]]
