"""A view's tag tells it from every other view of the same record."""

from dragoman.query import View


def test_views_that_may_differ_in_bytes_have_different_tags():
    """Entity tags are made of them: a language, a version, fields chosen and extra ones never look alike."""
    views = [
        View("zh"), View("zh-tw"), View("zh", fields=("tw",)), View("zh", extra=("tw",)), View("zh", fields=("a", "b")),
        View("zh", fields=("a",), extra=("b",)), View("zh", "2024-06-01T00:00:00Z"),
        View("zh", "2024-06-01T00:00:00Z", ("tw",)),
    ]
    assert len({view.tag for view in views}) == len(views)
