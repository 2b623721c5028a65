"""Studies arrive by C-STORE from those who may send, privately, and go by age."""

import logging
import os
import socket
import stat
import time

import phantoms_dicom
import pytest
from pynetdicom import AE

from deeptepp.config import Settings
from deeptepp.dicom.archive import arrived
from deeptepp.dicom.archive.arrived import arrived_studies
from deeptepp.dicom.archive.listener import start_listener
from deeptepp.dicom.read_dicom import read_study
from deeptepp.errors import ArrivedGone, BadSetting

VERIFICATION = "1.2.840.10008.1.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
NO_ROOM = 0xA700


@pytest.fixture
def settings(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "arrived"
    return Settings(
        dicom_folder=folder, dicom_port=port, dicom_callers="MR01, PACS", dicom_quiet_s=1, dicom_max_age_s=60
    )


@pytest.fixture
def listener(settings):
    server = start_listener(settings)
    yield settings
    server.shutdown()


@pytest.fixture(scope="module")
def images():
    return phantoms_dicom.dynamic_series(phantoms_dicom.truth())


def sent(settings, images, title="MR01", called="DEEPTEPP", **others):
    """Statuses of an echo and of every image; None where the caller is not let in."""
    entity = AE(title)
    for kind in (VERIFICATION, images[0].SOPClassUID, SECONDARY_CAPTURE):
        entity.add_requested_context(kind)
    line = entity.associate("127.0.0.1", settings.dicom_port, ae_title=called)
    if not line.is_established:
        return None
    statuses = {line.send_c_echo().Status} | {line.send_c_store(image).Status for image in images}
    assert SECONDARY_CAPTURE not in [each.abstract_syntax for each in line.accepted_contexts]
    line.release()
    return statuses


def wait_until_quiet(studies):
    for _ in range(100):
        found = studies.studies()
        if found and all(study.is_complete for study in found):
            return found
        time.sleep(0.1)
    raise AssertionError


def test_a_study_arrives_whole_and_private_and_reads_as_its_files_do(listener, images, tmp_path, caplog):
    with caplog.at_level(logging.DEBUG):
        assert sent(listener, images) == {0}
    studies = arrived_studies(listener)
    (study,) = wait_until_quiet(studies)
    assert (study.row.patient_id, study.row.n_images) == (phantoms_dicom.RECORD, 18)
    for path in (listener.dicom_folder, *listener.dicom_folder.rglob("*")):
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077
        assert "1.2.3" not in path.name
    hidden = (phantoms_dicom.RECORD, "DOE", phantoms_dicom.BIRTH)
    assert not [each for each in hidden if each in caplog.text or each in str(study)]
    (tmp_path / "case").mkdir()
    studies.copy_to(study.name, tmp_path / "case")
    assert len(read_study(tmp_path / "case").study.phases) == 3
    # What is refused can be opened again.
    assert [each.name for each in studies.studies()] == [study.name]
    with pytest.raises(ArrivedGone):
        studies.copy_to("../case", tmp_path / "case")


def test_a_study_that_still_arrives_is_not_complete(listener, images):
    sent(listener, images[:3])
    assert not arrived_studies(listener).studies()[0].is_complete


@pytest.mark.parametrize("names", [{"title": "EVIL"}, {"called": "OTHER"}])
def test_who_is_not_named_is_not_let_in(listener, images, names):
    assert sent(listener, images, **names) is None


def test_beyond_its_limits_a_study_is_refused_by_status(listener, images, monkeypatch):
    monkeypatch.setattr(arrived, "MAX_FILES", 4)
    assert sent(listener, images) == {0, NO_ROOM}
    assert len(list(listener.dicom_folder.glob("*/*"))) == 4
    monkeypatch.setattr(arrived, "MAX_BYTES", 10)
    other = phantoms_dicom.dynamic_series(phantoms_dicom.truth(), StudyInstanceUID="1.2.4")
    assert sent(listener, other[:1]) == {0, NO_ROOM}


def test_what_arrived_goes_by_age(listener, images):
    sent(listener, images[:2])
    for path in listener.dicom_folder.rglob("*"):
        os.utime(path, (0, 0))
    studies = arrived_studies(listener)
    assert studies.studies() == ()
    assert list(listener.dicom_folder.glob("*")) == []


@pytest.mark.parametrize(
    ("own", "key"),
    [
        ({"dicom_callers": "MR01"}, "dicom_folder"),
        ({"dicom_folder": True, "dicom_callers": "MR01"}, "dicom_port"),
        ({"dicom_folder": True, "dicom_port": 11112}, "dicom_callers"),
        ({"dicom_folder": True, "dicom_port": 11112, "dicom_callers": "MR01, ,"}, "dicom_callers"),
    ],
)
def test_without_folder_port_or_callers_it_does_not_listen(tmp_path, own, key):
    if "dicom_folder" in own:
        own = own | {"dicom_folder": tmp_path / "in"}
    with pytest.raises(BadSetting, match=key):
        start_listener(Settings(**own))
