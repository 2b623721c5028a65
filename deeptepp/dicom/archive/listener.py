"""Receives studies that a PACS or a scanner sends (C-STORE), and answers whether it is there (C-ECHO).

References
----------
DICOM PS3.4 Annex B (Storage Service Class), Annex A (Verification Service Class); PS3.7 Annex C (status codes).
"""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.uid import (
    EnhancedMRColorImageStorage,
    EnhancedMRImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, _config, evt
from pynetdicom.transport import ThreadedAssociationServer

from deeptepp.config import Settings
from deeptepp.dicom.archive.arrived import ArrivedStudies, arrived_studies
from deeptepp.dicom.header_values import UNREADABLE, quiet
from deeptepp.errors import BadSetting

_KINDS = (
    MRImageStorage,
    EnhancedMRImageStorage,
    EnhancedMRColorImageStorage,
    LegacyConvertedEnhancedMRImageStorage,
)
"""What is taken: MR images. Other objects of a study are not offered a way in, and a sender passes over them."""

_VERIFICATION = "1.2.840.10008.1.1"
"""SOP class of C-ECHO."""

_SUCCESS, _NO_ROOM, _UNREADABLE = 0x0000, 0xA700, 0xC000
_MOST_SENDERS = 8
"""Associations at the same time."""

_IDLE_S = 60.0
"""Seconds after which a sender that says nothing is cut off."""


def start_listener(settings: Settings) -> ThreadedAssociationServer:
    """Listen in threads of this process, until the server that is given is shut down.

    Raises BadSetting: no folder, port or caller is set; OSError: the port is taken.
    """
    studies, callers = arrived_studies(settings), [each.strip() for each in settings.dicom_callers.split(",")]
    if studies is None:
        raise BadSetting(key="dicom_folder", value="nothing", limit="a folder for received studies")
    if not settings.dicom_port:
        raise BadSetting(key="dicom_port", value=0, limit="a port, such as 11112")
    if not all(callers):
        raise BadSetting(key="dicom_callers", value="nothing", limit="the AE titles that may send, by commas")
    # Headers that pass by would be logged; what is stored goes to disk while it arrives, into a file of this user.
    _config.LOG_HANDLER_LEVEL = "none"
    _config.STORE_RECV_CHUNKED_DATASET = True
    entity = AE(settings.dicom_ae_title)
    entity.require_called_aet, entity.require_calling_aet = True, callers
    entity.maximum_associations, entity.network_timeout = _MOST_SENDERS, _IDLE_S
    entity.add_supported_context(_VERIFICATION)
    for kind in _KINDS:
        entity.add_supported_context(kind, ALL_TRANSFER_SYNTAXES)
    handlers: list[Any] = [(evt.EVT_C_ECHO, lambda _event: _SUCCESS), (evt.EVT_C_STORE, _keep, [studies])]
    with quiet():
        server = entity.start_server(
            (settings.dicom_address, settings.dicom_port), block=False, evt_handlers=handlers
        )
    assert server is not None  # noqa: S101  it is, for a server that does not block
    return server


def _keep(event: evt.Event, studies: ArrivedStudies) -> int:
    """Put one image with its study and give the status that the sender is told."""
    path = Path(event.dataset_path)
    try:
        with quiet():
            study = str(
                dcmread(path, stop_before_pixels=True, specific_tags=["StudyInstanceUID"]).StudyInstanceUID
            )
        if not studies.has_room(study, path.stat().st_size):
            return _NO_ROOM
        shutil.move(path, studies.place_of(study) / secrets.token_hex(8))
    except UNREADABLE:
        return _UNREADABLE
    else:
        return _SUCCESS
    finally:
        path.unlink(missing_ok=True)
