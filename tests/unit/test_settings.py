"""Settings that make no sense are told with the remedy."""

import pytest

from dragoman.control.configuration import values_of
from dragoman.errors import SettingsError
from dragoman.settings import Settings


@pytest.mark.parametrize("name", ["lesta", "gw3", ""])
def test_only_what_has_one_address_for_all_catalogs_is_mounted(name):
    """In lesta each catalog has its own, which it says itself."""
    with pytest.raises(SettingsError, match=rf"mounts.{name}: only .*gw2.*api_name"):
        Settings(mounts={name: "/api"})


def test_a_mount_is_a_path():
    """Without a slash at its end."""
    assert Settings(mounts={"gw2": "/games/gw-2.0"}).bases()["gw2"].current == "/games/gw-2.0"
    with pytest.raises(SettingsError, match="write a path such as /v2"):
        Settings(mounts={"gw2": "/v2/"})


@pytest.mark.parametrize("base_url", ["https://api.example.org/games", "https://api.example.org/games/", "https://api.example.org/games//"])
def test_a_path_can_follow_the_public_address_however_it_was_written(tmp_path, base_url):
    """And the origin that browsers tell of its pages has neither path nor slash."""
    settings = Settings(base_url=base_url, data_dir=str(tmp_path))
    assert settings.base_url + "/v2" == "https://api.example.org/games/v2"
    assert values_of(settings)["CSRF_TRUSTED_ORIGINS"] == ["https://api.example.org"]
