"""What a refused study is told to do next fits what there is to look at."""

import pytest

from deeptepp.errors import NotAnArchive, NotDynamic, UploadGone
from deeptepp.ui.case.case_refused import _next_step


@pytest.mark.parametrize("error", [NotAnArchive(), UploadGone(), NotDynamic(value=2)])
def test_nobody_is_sent_to_a_table_that_is_not_there(error):
    assert "below" not in _next_step(error, has_series=False)


def test_the_table_of_series_is_pointed_to_where_there_is_one():
    assert "below" in _next_step(NotDynamic(value=2), has_series=True)
