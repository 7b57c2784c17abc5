"""What headers of preferences mean; `tests/functional/test_formats.py` has more of it, over HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.pipeline.encoding import acceptable
from dragoman.pipeline.preferences import preferred, qualities

OFFERED = ("application/json", "application/xml", "text/csv")


def test_each_name_has_its_quality_the_best_where_it_stands_twice():
    assert qualities(b"a;q=0.5, B ; x=1 ; q=0.25,c,a;q=0.75,d;q=2") == {"a": 0.75, "b": 0.25, "c": 1.0, "d": 0.0}


@pytest.mark.parametrize(("accept", "expected"), [
    (b"text/csv", 2), (b"text/csv;q=0.5, application/xml;q=0.6", 1), (b"application/json, text/csv", 0), (b"*/*, text/csv", 2),
    (b"*/*;q=0.9, application/json;q=0.1", 1), (b"text/*", 2), (b"text/html", 0), (b"", 0), (b"text/csv" + b" " * 1_100, 0),
])
def test_the_best_of_what_is_offered_is_taken(accept, expected):
    assert preferred(accept, OFFERED) == expected


@given(st.binary(max_size=60) | st.text("*/;q=.01, apxmltcsvjson", max_size=60).map(str.encode))
def test_whatever_is_sent_something_is_taken(header):
    assert preferred(header, OFFERED) in range(3)
    assert set(acceptable(header)) <= {"zstd", "gzip"}
