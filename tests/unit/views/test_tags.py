"""A view's tag tells it from every other view of the same record."""

from dragoman.query import View


def test_views_that_may_differ_in_bytes_have_different_tags():
    """Entity tags are made of them: a language, a version, fields chosen and extra ones never look alike."""
    views = [
        View("zh"), View("zh-tw"), View("zh", shown=(("tw", None),)), View("zh", shown=(("a", None), ("b", None))), View("zh", shown=()),
        View("zh", shown=(("a", (("b", None),)),)), View("zh", "2024-06-01T00:00:00Z"),
        View("zh", "2024-06-01T00:00:00Z", (("tw", None),)),
    ]
    assert len({view.tag for view in views}) == len(views)
