"""Whether answers are as the server describes them: XML by the XSD that it serves, JSON by its OpenAPI, failures included (W9)."""

from __future__ import annotations

import functools
import json
from typing import Any

import httpx
import jsonschema
import referencing
import referencing.jsonschema
import xmlschema

MOUNT = "/api/rest"


class Descriptions:
    """What a server tells of its libraries, read once each."""

    def __init__(self, url: str, mount: str = MOUNT) -> None:
        self._url, self._mount = url, mount
        self.schema = functools.cache(self._schema)
        self.openapi = functools.cache(self._openapi)
        self._validator = functools.cache(self._made)
        self._is_library = functools.cache(self._asked_library)

    def _get(self, path: str, version: str) -> httpx.Response:
        """A description; of the version that is answered in where none is asked for, unless another is named."""
        return httpx.get(f"{self._url}{self._mount}/{path}", params={"v": version} if version else {}).raise_for_status()

    def _schema(self, library: str, resource: str = "", version: str = "") -> xmlschema.XMLSchema:
        return xmlschema.XMLSchema(self._get(f"{library}/xsd" + (f"/{resource}" if resource else ""), version).text)

    def _openapi(self, library: str, version: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self._get(f"{library}/openapi.json", version).json()
        return found

    def _made(self, library: str, resource: str, version: str) -> jsonschema.Draft202012Validator:
        described = self.openapi(library, version)
        where = "#/components/schemas/Failure"
        if resource:
            (operation,) = described["paths"][f"/{{format}}/{resource}"].values()
            where = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        whole = referencing.Resource(described, referencing.jsonschema.DRAFT202012)
        registry = referencing.Registry().with_resource("urn:openapi", whole)
        return jsonschema.Draft202012Validator({"$ref": f"urn:openapi{where}"}, registry=registry,
                                               format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)

    def check(self, answer: httpx.Response) -> httpx.Response:
        """The answer, once it is known to be valid by the description of its version; what belongs to no library is valid by any,
        and what has no version by that which is answered in where none is asked for."""
        path = answer.request.url.path
        if answer.request.method in ("HEAD", "OPTIONS") or answer.status_code == 304 or not path.startswith(f"{self._mount}/"):
            return answer
        kind = answer.headers["content-type"]
        if path.rstrip("/").endswith("/operation"):
            return answer                       # whichever method it is, its own address is checked
        library, _, resource = ([*filter(None, path.removeprefix(self._mount).split("/"))] + [""] * 3)[:3]
        version = answer.headers.get("x-schema-version", "")
        if kind.startswith("application/xml"):
            self.schema(library, "", version).validate(answer.text)
        elif kind.startswith("application/json") and self._is_library(library):
            known = f"/{{format}}/{resource}" in self.openapi(library, version)["paths"]
            self._validator(library, resource if known else "", version).validate(json.loads(answer.text))
        return answer

    def _asked_library(self, library: str) -> bool:
        """Whether there is such a library; what is nowhere is told in JSON."""
        return bool(library) and httpx.get(f"{self._url}{self._mount}/{library}/wsdl").headers["content-type"].startswith("application/xml")
