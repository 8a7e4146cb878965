"""Places: addresses are read strictly, and nothing shows or carries the keys to a bucket."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from museion_datasets.environment import find_credentials
from museion_datasets.errors import InvalidError, KeyUnavailableError
from museion_datasets.home import storage_of
from museion_datasets.objects import LocalObjects, open_objects
from museion_datasets.place import Credentials, Location, Place, place_url

KEYS = Credentials("https://s3.example.org", "eu-1", "AKIDEXAMPLE", "very-secret", "session-token")
BAD_URLS = [
    "",
    "/data",
    "data",
    "http://host/x",
    "file://host/data",
    "file:///data/../etc",
    "file:///data?x=1",
    "s3://",
    "s3:///prefix",
    "s3://b",
    "s3://Bucket",
    "s3://bucket:9000/x",
    "s3://key:secret@bucket/x",
    "s3://bucket/a//b",
    "s3://bucket/../x",
    "s3://bucket/a b",
    "s3://bucket/%2e%2e/x",
    "s3://bucket/x#y",
    "s3://bucket\\x",
    "s3://bucket/" + "a/" * 17,
    "s3://[bucket/x",
    "s3://bucket/\u202ex",
]


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("file:///srv/data", Location("", "/srv/data")),
        ("file:///srv/d%C3%A4t%20a", Location("", "/srv/dät a")),
        ("s3://bucket", Location("bucket", "")),
        ("s3://my.bucket-1/", Location("my.bucket-1", "")),
        ("s3://bucket/a/B_c.d=1", Location("bucket", "a/B_c.d=1")),
    ],
)
def test_address_falls_into_its_parts(url: str, location: Location) -> None:
    assert Place("archive", url, "AT").location == location
    assert location.is_remote == url.startswith("s3:")


@pytest.mark.parametrize("url", BAD_URLS)
def test_address_of_another_form_is_refused_without_showing_keys(url: str) -> None:
    with pytest.raises(InvalidError, match="hint: ") as caught:
        Place("archive", url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "jurisdiction"),
    [("", "AT"), ("Archive", "AT"), ("a/b", "AT"), ("archive", "at"), ("archive", "Austria")],
)
def test_name_and_jurisdiction_of_another_form_are_refused(name: str, jurisdiction: str) -> None:
    with pytest.raises(InvalidError, match="hint: "):
        Place(name, "s3://bucket", jurisdiction)


@pytest.mark.parametrize("name", ["with space", "ü", "100%", "a#b", "q?x"])
def test_any_directory_has_an_address(name: str, tmp_path: Path) -> None:
    place = Place.of_directory("here", tmp_path / name)
    assert place.location == Location("", str(tmp_path / name))
    assert place_url(tmp_path / name) == place_url(str(tmp_path / name)) == place.url
    assert repr(open_objects(place.url, "a/b")) == repr(LocalObjects(tmp_path / name / "a/b"))


def test_keys_are_neither_shown_nor_pickled() -> None:
    for thing in (KEYS, replace(KEYS, region="eu-2")):
        for secret in ("AKIDEXAMPLE", "very-secret", "session-token"):
            assert secret not in repr(thing)
        with pytest.raises(KeyUnavailableError):
            pickle.dumps(thing)


def test_credentials_come_from_the_usual_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "https://general.example.org",
        "AWS_ENDPOINT_URL_S3": KEYS.endpoint,
        "AWS_REGION": "",
        "AWS_DEFAULT_REGION": KEYS.region,
        "AWS_ACCESS_KEY_ID": KEYS.access_key,
        "AWS_SECRET_ACCESS_KEY": KEYS.secret_key,
        "AWS_SESSION_TOKEN": KEYS.session_token,
    }.items():
        monkeypatch.setenv(name, value)
    assert find_credentials() == KEYS


def test_local_catalogue_remembers_a_storage_it_was_told(tmp_path: Path) -> None:
    assert storage_of(tmp_path, None) == (tmp_path / "storage").as_uri()
    assert storage_of(tmp_path, "s3://bucket/x") == storage_of(tmp_path, None) == "s3://bucket/x"
    assert storage_of(tmp_path, tmp_path / "b") == storage_of(tmp_path, None)
    assert [path.name for path in tmp_path.iterdir()] == ["storage.url"]
    assert (tmp_path / "storage.url").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"http://elsewhere", b"\xff\xfe"])
def test_remembered_storage_that_is_no_address_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "storage.url").write_bytes(content)
    with pytest.raises(InvalidError, match="hint: "):
        storage_of(tmp_path, None)
