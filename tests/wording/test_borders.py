"""Sentences are plain text in files, tables, databases and DICOM objects."""

import io
import json
import tomllib

import pyarrow as pa
import pydicom
import pytest
import sqlalchemy
import tomli_w
from pg8000.converters import PY_TYPES, make_param
from pydicom.dataset import Dataset

from deeptepp.errors import EntryTooLong
from deeptepp.wording.sentence import joined, sentence

MADE = [sentence("{n} events", n=2), joined("; ", ("one", sentence("two")))]


def in_sqlite(text):
    with sqlalchemy.create_engine("sqlite://").connect() as connection:
        return connection.execute(sqlalchemy.text("select :text"), {"text": text}).scalar()


def in_dicom(text):
    dataset, file = Dataset(), io.BytesIO()
    dataset.SeriesDescription = text
    pydicom.dcmwrite(file, dataset, implicit_vr=False, little_endian=True)
    return pydicom.dcmread(io.BytesIO(file.getvalue()), force=True).SeriesDescription


BORDERS = [
    lambda text: json.loads(json.dumps({text: text}))[text],
    lambda text: tomllib.loads(tomli_w.dumps({"text": text}))["text"],
    lambda text: pa.array([text])[0].as_py(),
    lambda text: make_param(PY_TYPES, text),
    in_sqlite,
    in_dicom,
]


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("border", BORDERS)
def test_a_sentence_arrives_as_its_english(made, border):
    assert border(made) == str.__str__(made)


def test_the_message_of_an_error_is_a_sentence_of_its_template():
    error = EntryTooLong(field="note", value=5, limit=4)
    assert str(error) == "The note has 5 characters; at most 4 are kept. Shorten it."
    assert str(error).template == EntryTooLong.template
