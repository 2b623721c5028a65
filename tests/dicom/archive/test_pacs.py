"""Where results are sent is a setting; what is no address is refused."""

import pytest

from deeptepp.config import Settings
from deeptepp.dicom.archive.pacs import configured_pacs, pacs_at
from deeptepp.errors import BadSetting


def test_the_address_of_the_environment_is_stronger_than_the_setting():
    settings = Settings(pacs_url="https://one.example/dicom-web", pacs_name="Archive")
    assert configured_pacs(settings, {}).url == "https://one.example/dicom-web"
    pacs = configured_pacs(settings, {"DEEPTEPP_PACS_URL": "http://two.example:8042/dicom-web/"})
    assert (pacs.url, pacs.name) == ("http://two.example:8042/dicom-web", "Archive")


def test_without_an_address_there_is_no_pacs():
    assert configured_pacs(Settings(), {}) is None


@pytest.mark.parametrize(
    "url", ["pacs.example", "file:///etc", "http://", "https://me:word@pacs.example", "http://[x"]
)
def test_an_address_that_is_none_is_refused_without_being_shown(url):
    with pytest.raises(BadSetting) as refused:
        pacs_at(url, "PACS", {})
    assert "word" not in str(refused.value).replace("password", "")
