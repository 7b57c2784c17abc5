"""Forms that change something through a service, whose refusal they show where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from ..errors import SettingsError

_TEXT_MAX = 20_000


class Change(forms.Form):
    """A form whose fields are judged by the service that it calls."""

    def attempt(self, run: Callable[[dict[str, Any]], Any], field: str | None = None) -> bool:
        """Run a service with what was written; False where something is wrong, which then stands in the form."""
        if not self.is_valid():
            return False
        try:
            run(self.cleaned_data)
        except SettingsError as error:
            for line in str(error).split("\n"):
                self.add_error(field, line)
            return False
        return True


class Lines(forms.Field):
    """Several texts, one a line."""

    def __init__(self, rows: int, **options: Any) -> None:
        box = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "autocapitalize": "off", "maxlength": _TEXT_MAX})
        super().__init__(required=False, widget=box, **options)

    def to_python(self, value: Any) -> list[str]:
        """The lines with something in them; each is judged by the service."""
        return [line.strip() for line in str(value or "")[:_TEXT_MAX].splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        """What stands in the box."""
        return "\n".join(value) if isinstance(value, list) else value
