import json
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import ModuleType

from deeptepp.train.fit.journal import Journal, JournalReader


def write_many(folder, name):
    journal = Journal(folder)
    for number in range(200):
        journal.add("epoch", f"{name} {number}", filling="x" * 300)


def test_processes_side_by_side_lose_and_mix_no_line(tmp_path, monkeypatch):
    # A spawned process runs the main module of its parent, whose place a script of Streamlit may have taken.
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))
    names = ("one", "other", "third")
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        for future in [pool.submit(write_many, tmp_path, name) for name in names]:
            future.result()
    texts = [json.loads(line)["text"] for line in (tmp_path / "progress.jsonl").read_text().splitlines()]
    assert len(texts) == 600
    for name in names:
        assert [text for text in texts if text.startswith(name)] == [f"{name} {k}" for k in range(200)]


def test_a_reader_gives_every_line_once_and_waits_for_the_end_of_one(tmp_path):
    path = tmp_path / "progress.jsonl"
    reader = JournalReader(path)
    assert reader.read() == []
    journal = Journal(tmp_path)
    journal.add("start", "first")
    assert [line["text"] for line in reader.read()] == ["first"]
    line = json.dumps({"event": "epoch", "text": "second"}) + "\n"
    with path.open("a") as file:
        file.write(line[:20])
        file.flush()
        assert reader.read() == []
        file.write(line[20:])
    assert [line["text"] for line in reader.read()] == ["second"]
    assert reader.read() == []
    assert JournalReader(path, from_end=True).read() == []
