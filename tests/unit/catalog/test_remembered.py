"""What is worked out once for each field and stage, and for no other that only looks like it."""

import pytest

from dragoman.catalog.fields import Field
from dragoman.catalog.remembered import remembered
from dragoman.catalog.shapes import shape_of
from dragoman.catalog.stage import Stage


def make_field():
    return Field(name="tags", type=list[int], shape=shape_of(list[int]), required=False, default=[])


def make_stage():
    return Stage(version="2024-06-01T00:00:00Z", meanings={})


@pytest.mark.parametrize("make", [make_field, make_stage])
def test_each_thing_has_a_result_of_its_own(make):
    """Two that hold the same are two, and what they hold need not be hashable."""
    worked = []
    one, other = make(), make()
    tell = remembered(lambda thing: worked.append(thing) or len(worked))
    assert [tell(one), tell(other), tell(one), tell(other)] == [1, 2, 1, 2]
    assert worked == [one, other]
    assert one != other


def test_what_failed_is_tried_again():
    """A failure is no result."""
    asked = []

    @remembered
    def ask(stage):
        asked.append(stage)
        if len(asked) == 1:
            raise LookupError
        return "found"

    stage = make_stage()
    with pytest.raises(LookupError):
        ask(stage)
    assert [ask(stage), ask(stage)] == ["found", "found"]
    assert len(asked) == 2
