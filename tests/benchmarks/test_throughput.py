"""The throughput of many studies can be measured in pieces."""

import pytest

throughput = pytest.importorskip("throughput")
pytestmark = pytest.mark.long


def measured(monkeypatch, rows, n, asked):
    """Measure with times that are numbers of the study."""

    def times(path, *_):
        return throughput.Times(float(path), 1.0, 2.0, 0.5)

    monkeypatch.setattr(throughput, "packed_study", lambda _, k: asked.append(k) or k)
    monkeypatch.setattr(throughput, "our_times", times)
    monkeypatch.setattr(throughput, "peer_times", times)
    return throughput.measure(n, None, rows)


def test_a_second_run_goes_on_where_the_first_stopped(tmp_path, monkeypatch):
    rows, asked = tmp_path / "rows.jsonl", []
    first = measured(monkeypatch, rows, 2, asked)
    second = measured(monkeypatch, rows, 4, asked)
    third = measured(monkeypatch, rows, 4, asked)
    # Each process warms up with study 0, and measures nothing twice; a finished file needs no warming up.
    assert asked == [0, 1, 2, 0, 3, 4]
    assert second == third
    assert second["ours"][:2] == first["ours"]
    assert [each.found_s for each in second["peer"]] == [1, 2, 3, 4]


def test_rows_of_another_commit_are_not_mixed_in(tmp_path, monkeypatch):
    rows = tmp_path / "rows.jsonl"
    measured(monkeypatch, rows, 1, [])
    monkeypatch.setattr(throughput, "commit_of", lambda _: "another")
    with pytest.raises(ValueError, match="another commit"):
        measured(monkeypatch, rows, 2, [])
