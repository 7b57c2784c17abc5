"""From one row of a live source to the bytes that a client gets: the same steps as an edition takes beforehand."""

from __future__ import annotations

from typing import Any

import msgspec

from ..catalog.resource import Resource
from ..catalog.values import Validator
from ..query import Plan
from .localize import Localizer

_encode = msgspec.json.Encoder(decimal_format="number").encode


class Renderer:
    """Renders the records of one resource: validated, without what the audience may not see, in one language."""

    def __init__(self, resource: Resource, validator: Validator, languages: tuple[str, ...]) -> None:
        self.validate = validator
        self._key = resource.key.name
        self._needs = {field.name: field.needs for field in resource.fields if field.needs}
        self._localizer = Localizer(resource.record, languages)

    def key(self, value: dict[str, Any]) -> bytes:
        """The JSON of a validated record's key."""
        return _encode(value[self._key])

    def render(self, value: dict[str, Any], plan: Plan) -> bytes:
        """The JSON of a validated record for the audience and language of a plan."""
        hidden = [name for name, needed in self._needs.items() if needed not in plan.audience.permissions]
        shown = {name: each for name, each in value.items() if name not in hidden} if hidden else value
        return _encode(self._localizer.localize(shown, plan.view.language))
