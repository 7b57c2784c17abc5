"""Which browser a session is of, in words."""

from __future__ import annotations

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("YaBrowser", "Yandex Browser"), ("Vivaldi", "Vivaldi"), ("Firefox", "Firefox"),
             ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"), ("python", "Python"))
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
            ("CrOS", "ChromeOS"), ("Linux", "Linux"))
_SHOWN_MAX = 60


def device_of(user_agent: str) -> str:
    """`Firefox, Windows`; the beginning of what it calls itself where it is neither known."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(filter(None, (browser, system))) or user_agent[:_SHOWN_MAX]
