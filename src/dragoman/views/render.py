"""From one row of a live source to the bytes that a client gets: the same steps as an edition takes beforehand."""

from __future__ import annotations

from typing import Any

from ..catalog.plain import encode_json
from ..catalog.resource import Resource
from ..catalog.shapes import Nested
from ..catalog.values import Validator
from ..query import Plan
from .localize import Localizer


class Renderer:
    """Renders the records of one resource: validated, without what the audience may not see, in one language."""

    def __init__(self, resource: Resource, validator: Validator, languages: tuple[str, ...]) -> None:
        self.validate = validator
        self._key = resource.key.name
        self._shape, self._languages = Nested(resource.record), languages
        self._needed, self._owned = resource.needs, resource.owner is not None
        self._localizers: dict[tuple[frozenset[str], bool], Localizer] = {}

    def key(self, value: dict[str, Any]) -> bytes:
        """The JSON of a validated record's key."""
        return encode_json(value[self._key])

    def render(self, value: dict[str, Any], plan: Plan) -> bytes:
        """The JSON of a validated record for the audience and language of a plan.

        Where records belong to somebody, what needs a permission is shown in the caller's own alone.
        """
        permitted = self._needed & plan.audience.permissions
        if permitted and self._owned and not (plan.owned is not None and plan.owned.holds(value)):
            permitted = frozenset()
        known = (permitted, plan.view.nulls)
        localizer = self._localizers.get(known)
        if localizer is None:
            localizer = Localizer(self._shape, self._languages, permitted, nulls=plan.view.nulls)
            self._localizers[known] = localizer
        return encode_json(localizer.localize(value, plan.view.language))
