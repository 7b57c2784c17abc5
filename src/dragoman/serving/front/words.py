"""The texts of the first page, and the plurals that they need."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec


class Sample(msgspec.Struct, frozen=True):
    """What the page may show of a published resource: how many records it has, and the JSON of a key where it has any."""

    count: int
    key: bytes | None


Texts = Mapping[str, str]

TEXTS: Mapping[str, Texts] = {
    "en": {
        "here": "Language of this page", "skip": "Skip to the resources",
        "languages": "Languages of the data", "index": "All endpoints", "machine": "the same for programs",
        "ids": "All ids", "one": "One record", "page": "A page of records", "some": "Ids that fit a filter",
        "fields": "Fields", "name": "Name", "type": "Type", "use": "Use", "key": "key", "filter": "filter",
        "search": "search", "sort": "sort", "extra": "extra", "refers": "key of {}",
        "needs": "needs the permission {}", "waiting": "Not published yet: this page shows addresses only.",
        "open": "Reading is public: no key is needed, and web pages of any site may ask.", "made": "Served by Dragoman",
        "empty": "No resource is published under this name.",
    },
    "ru": {
        "here": "Язык страницы", "skip": "Перейти к ресурсам",
        "languages": "Языки данных", "index": "Все ресурсы списком", "machine": "то же для программ",
        "ids": "Все ключи", "one": "Одна запись", "page": "Страница записей", "some": "Ключи по фильтру",
        "fields": "Поля", "name": "Имя", "type": "Тип", "use": "Применение", "key": "ключ", "filter": "фильтр",
        "search": "поиск", "sort": "сортировка", "extra": "дополнительное", "refers": "ключ из {}",
        "needs": "нужно разрешение {}", "waiting": "Данные ещё не опубликованы: пока видны только адреса.",
        "open": "Чтение открыто всем: ключ не нужен, а обращаться можно и со страниц любого сайта.",
        "made": "Работает на Dragoman", "empty": "Под этим именем ничего не опубликовано.",
    },
}
NAMES: Mapping[str, str] = {"en": "English", "ru": "Русский"}
"""The languages of the page in their own words; the first is the default."""

_FORMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {"fields": ("field", "fields"), "records": ("record", "records"), "resources": ("resource", "resources")},
    "ru": {"fields": ("поле", "поля", "полей"), "records": ("запись", "записи", "записей"),
           "resources": ("ресурс", "ресурса", "ресурсов")},
}


def _english(number: int) -> int:
    return 0 if number == 1 else 1


def _russian(number: int) -> int:
    """1 and 21 take the first form, 2 to 4 and 22 the second, 5 and 11 to 14 the third (CLDR's plural rules)."""
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14 else 2


_RULES: Mapping[str, Callable[[int], int]] = {"en": _english, "ru": _russian}


def count(number: int, what: str, language: str) -> str:
    """`305 records`, `305 записей`; thousands apart as the language does it."""
    separator = "," if language == "en" else "\N{NO-BREAK SPACE}"
    written = f"{number:,}".replace(",", separator)
    return f"{written} {_FORMS[language][what][_RULES[language](number)]}"
