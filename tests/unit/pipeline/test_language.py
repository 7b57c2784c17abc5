"""Which language whoever asks gets: by parameter strictly, by header as near as possible."""

from __future__ import annotations

import pytest

from dragoman.pipeline.language import match, negotiate

EN_DE, WIDE = ("en", "de"), ("en", "de", "fr", "zh", "pt-PT")


@pytest.mark.parametrize(("header", "languages", "language"), [
    ("de", EN_DE, "de"), ("DE", EN_DE, "de"), ("fr;q=0.8, de;q=0", EN_DE, "en"), ("fr;q=0.8, de;q=0", WIDE, "fr"),
    ("en;q=0.5, de;q=0.9", EN_DE, "de"), ("de;q=0.9, en", EN_DE, "en"), ("en;q=0.7, de;q=0.7", EN_DE, "en"),
    ("de;q=0.7, en;q=0.7", EN_DE, "de"),
    ("en;q=0", EN_DE, "de"), ("en;q=0.000", EN_DE, "de"), ("en;q=0, de;q=0", EN_DE, "en"),
    ("*", EN_DE, "en"), ("*;q=0.5, en;q=0.1", EN_DE, "de"), ("en;q=0.5, *;q=0.5", EN_DE, "en"), ("*, en;q=0", EN_DE, "de"),
    ("de, *;q=0", EN_DE, "de"), ("fr, *;q=0", EN_DE, "en"), ("*;q=0", EN_DE, "en"), ("en, de;q=0.9, *;q=0.8", WIDE, "en"),
    ("de-AT", EN_DE, "de"), ("de-AT;q=0.5, en;q=0.4", EN_DE, "de"), ("de-AT, de;q=0", EN_DE, "en"),
    ("de;q=0", ("de-AT", "en"), "en"), ("de;q=0, de-AT", ("en", "de-AT"), "de-AT"), ("de-AT;q=0, de", ("de", "de-AT"), "de"),
    ("zh-TW, de;q=0.5", WIDE, "zh"), ("zh-Hans-CN", WIDE, "zh"), ("pt-BR, en;q=0.9", WIDE, "pt-PT"),
    ("uk, en;q=0.8", ("ru", "en"), "en"), ("uk", ("en", "ru"), "ru"), ("ca, fr;q=0.5", ("en", "es", "fr"), "fr"),
    ("ca", ("en", "es"), "es"), ("zh", ("en", "zh-TW"), "zh-TW"), ("zh;q=0.5, en;q=0.4", ("en", "zh-TW"), "zh-TW"),
    ("zh", ("en", "zh-TW", "zh"), "zh"), ("zh-CN", ("en", "zh-TW"), "en"), ("zh, zh-TW;q=0", ("en", "zh-TW"), "en"),
    ("de;q=0.3, de;q=0.9, en;q=0.5", EN_DE, "de"),
    ("", EN_DE, "en"), (",,;q=1,", EN_DE, "en"), ("de;q=2", EN_DE, "en"), ("de;q=0.1234", EN_DE, "en"), ("de;q=-1", EN_DE, "en"),
    ("de;q=high, fr", EN_DE, "en"), ("d\xe9, de;q=0.1", EN_DE, "de"), ("de ; q = 0.5 , en;q=0.4", EN_DE, "de"), ("de\t;\tq=1", EN_DE, "de"),
])
def test_a_header_is_weighed(header: str, languages: tuple[str, ...], language: str) -> None:
    """By quality, then by order; what will not do is not given while anything else is there."""
    assert negotiate(header, languages) == language


@pytest.mark.parametrize(("tag", "languages", "language"), [
    ("de", EN_DE, "de"), ("DE", EN_DE, "de"), ("de-AT", EN_DE, "de"), ("zh-TW", WIDE, "zh"), ("zh-cn", WIDE, "zh"), ("pt", WIDE, "pt-PT"),
    ("iw", ("en", "he"), "he"), ("fr", EN_DE, None), ("uk", ("en", "ru"), None), ("ca", ("en", "es"), None), ("*", EN_DE, None),
    ("", EN_DE, None), ("de;q=1", EN_DE, None), ("zh", ("en", "zh-TW"), None),
])
def test_a_parameter_means_what_it_says(tag: str, languages: tuple[str, ...], language: str | None) -> None:
    """The language, another form of it, or its parent; never another language."""
    assert match(tag, languages) == language
