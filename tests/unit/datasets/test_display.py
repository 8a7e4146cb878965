"""A display is quick, says whose the data is, and believes nothing that people wrote."""

import base64
import html.parser
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from PIL import Image

from museion_datasets.dataset import Dataset
from museion_datasets.display.outline import DISPLAY_BYTES, outline
from museion_datasets.display.stills import MAX_STILL_BYTES, refresh
from museion_datasets.draft import Draft
from museion_datasets.ingest.cube import put_cube
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scan import ScanInfo, put_scan
from museion_datasets.library import Library
from museion_datasets.policy import DatasetPolicy
from tests.support.datasets import (
    PANEL,
    begin_panel,
    dataset_folder,
    flip_bit,
    make_cube,
    object_file,
)
from tests.support.reading import count_reads

ATTACK = '"><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202etxt'


def make_png(width: int = 300, height: int = 200, mode: str = "RGBA") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (width, height), 90 if mode == "L" else (20, 140, 90, 128)).save(buffer, "PNG")
    return buffer.getvalue()


def put_everything(draft: Draft) -> None:
    cube = make_cube(300, 280, 6).astype("float32") / 100_000
    put_cube(draft, "vnir", cube.assign_coords(wavelength=[450.0, 500, 550, 600, 650, 700]))
    draft.put_array("map", xr.DataArray(np.eye(50), dims=("y", "x"), attrs={"units": "counts"}))
    draft.put_tree("survey", xr.DataTree.from_dict({"/a/b": xr.Dataset({"v": ("x", [1, 2])})}))
    draft.put_table("pigments", pd.DataFrame({"name": pd.Categorical(["azurite"]), "n": [1]}))
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
    put_scan(
        draft,
        "vessel",
        MeshArrays(corners, faces, None, None),
        ScanInfo("Vessel", is_synthetic=True),
    )
    draft.put_file("photo.png", make_png())
    draft.put_file("notes.txt", b"notes")


@pytest.fixture
def dataset(library: Library) -> Dataset:
    with begin_panel(library) as draft:
        put_everything(draft)
    return library.open(PANEL)


class Page(html.parser.HTMLParser):
    """Collects tags and what a reader hears."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_display_reads_less_than_a_megabyte_of_a_dataset_of_many_items(library: Library) -> None:
    noise = np.random.default_rng(5)
    with begin_panel(library) as draft:
        for number in range(40):
            pixels = Image.fromarray(noise.integers(0, 255, (160, 160, 3), np.uint8))
            buffer = io.BytesIO()
            pixels.save(buffer, "PNG")
            draft.put_file(f"{number}.png", buffer.getvalue())
        draft.put_table("long", pd.DataFrame(noise.random((60_000, 8)), columns=list("abcdefgh")))
        draft.put_array("cube", make_cube(200, 200, 40))
    dataset = library.open(PANEL)
    with count_reads(dataset) as reads:
        page = dataset._repr_html_()
        assert repr(dataset)
    assert 100_000 < reads.total / 2 < 1_000_000
    assert page.count("<img") > 10
    assert page.count("<li") == 42


def test_every_picture_has_a_text_and_comes_with_the_page(dataset: Dataset) -> None:
    page = Page(dataset._repr_html_())
    pictures = [attrs for tag, attrs in page.tags if tag == "img"]
    assert [attrs["alt"] for attrs in pictures] == [
        f"{kind}, reduced" for kind in ("array map", "array vnir", "scan vessel", "file photo.png")
    ]
    for attrs in pictures:
        data = base64.b64decode(str(attrs["src"]).removeprefix("data:image/jpeg;base64,"))
        assert len(data) <= MAX_STILL_BYTES
        assert max(Image.open(io.BytesIO(data)).size) <= 160
    assert not page.open


def test_display_says_rights_owner_policy_and_signature(library: Library) -> None:
    policy = DatasetPolicy("Musée <b>", "CC-BY-4.0", (), ("EU",), "2027-03-01")
    with library.draft(
        PANEL, title="Panel", kind="cube", synthetic=False, rights="CC-BY-4.0", policy=policy
    ) as draft:
        draft.put_file("notes.txt", b"notes")
    dataset = library.open(PANEL)
    page = Page(dataset._repr_html_())
    links = [attrs for tag, attrs in page.tags if tag == "a"]
    assert links[0]["href"] == "https://creativecommons.org/licenses/by/4.0/"
    for said in ("CC BY 4.0", "Musée <b>", "opened in EU; embargo until 2027-03-01"):
        assert said in page.text
    assert "not released" in page.text
    assert [tag for tag, _ in page.tags if tag == "h3"] == ["h3"]
    assert "Musée" in repr(dataset)


def test_tree_names_groups_dimensions_types_units_chunks_and_columns(dataset: Dataset) -> None:
    tree = str(dataset.tree())
    for said in (
        "vnir  array  y 300 \N{MULTIPLICATION SIGN} x 280 ",
        "wavelength 6, float32 as uint16",
        "chunks ",
        "wavelength  coordinate  wavelength 6, float64, nm",
        "x 50, float64, counts",
        "survey  tree  2 groups",
        "b  group",
        "pigments  table  1 row, 2 columns",
        "name  category of string",
        "vessel  scan",
        "notes.txt  file  TXT  5 B",
    ):
        assert said in tree
    assert repr(dataset.tree()) == tree
    assert "<details open>" in dataset.tree()._repr_html_()


def test_nothing_that_an_attacker_wrote_steers_page_or_terminal(library: Library) -> None:
    with library.draft(
        PANEL, title=ATTACK, kind="files", rights="INC", synthetic=False, description=ATTACK
    ) as draft:
        draft.message = ATTACK
        draft.put_file('"><b onclick="x">.txt', b"")
        units = xr.DataArray([1.0], dims=['<i>"'], name="<u>'", attrs={"units": ATTACK})
        draft.put_array("vnir", units)
        draft.put_tree("t", xr.DataTree.from_dict({"/<s>": xr.Dataset({"<q>": 1})}))
        draft.put_table("p", pd.DataFrame({"<em onload='1'>": [1]}))
    dataset = library.open(PANEL)
    for text in (dataset._repr_html_(), dataset.tree()._repr_html_()):
        page = Page(text)
        names = {tag for tag, _ in page.tags}
        assert not names & {"script", "b", "i", "u", "s", "q", "em", "style", "link", "img"}
        assert not [attrs for _, attrs in page.tags if any(key.startswith("on") for key in attrs)]
        assert not page.open
    for text in (repr(dataset), str(dataset.tree()), dataset._repr_html_()):
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize(
    "forged",
    [b"<svg onload='alert(1)'/>", b"\x89PNG\r\n", b"\xff\xd8\xff" + b"x" * 40_000, b""],
    ids=["svg", "png", "too long", "empty"],
)
def test_forged_still_is_not_shown(forged: bytes, library: Library) -> None:
    with begin_panel(library) as draft:
        draft.put_file("a.txt", b"a")
        draft.write_bytes("stills/files/a.txt", forged)
    assert "<img" not in library.open(PANEL)._repr_html_()


def test_damaged_item_is_said_to_be_damaged_and_the_others_are_shown(
    dataset: Dataset, library: Library, home: Path
) -> None:
    folder = dataset_folder(home, library)
    for key in ("tables/pigments.parquet", "arrays/map/map/zarr.json", "stills/files/photo.png"):
        entry = dataset.snapshot.find(key) or dataset.snapshot.require(
            "arrays/map/values/zarr.json"
        )
        flip_bit(object_file(folder, entry.object_id), 100)
    tree = str(library.open(PANEL).tree())
    assert re.search(r"pigments  table  damaged", tree)
    assert re.search(r"map  array  damaged", tree)
    assert "category" not in tree
    assert "vessel  scan" in tree
    assert library.open(PANEL)._repr_html_().count("<img") == 3


def test_spent_budget_says_less_and_hides_no_item(dataset: Dataset) -> None:
    nodes = outline(dataset.items.values(), 0)
    assert [node.name for node in nodes] == list(dataset.items)
    assert all(not node.details or node.kind in {"file", "scan", "tree"} for node in nodes)
    assert DISPLAY_BYTES < 1_000_000


def test_still_follows_the_item(dataset: Dataset, library: Library) -> None:
    first = dataset.read_bytes("stills/arrays/map")
    with library.draft(PANEL) as draft:
        draft.put_array("map", xr.DataArray(np.eye(50)[::-1], dims=("y", "x")))
        draft.put_file("photo.png", b"no image at all")
        draft.remove("vessel")
    later = library.open(PANEL)
    assert later.read_bytes("stills/arrays/map") != first
    assert later.keys("stills/") == ["stills/arrays/map", "stills/arrays/vnir"]


@pytest.mark.parametrize(
    "name",
    ["bomb.png", "cut.png", "text.jpg", "deep.tif"],
)
def test_image_of_any_kind_is_kept_and_never_fails_the_commit(name: str, library: Library) -> None:
    deep = io.BytesIO()
    Image.fromarray(np.arange(10_000, dtype=np.uint16).reshape(100, 100)).save(deep, "TIFF")
    content = {
        "bomb.png": make_png(12_000, 12_000, "L"),
        "cut.png": make_png()[:200],
        "text.jpg": b"no image",
        "deep.tif": deep.getvalue(),
    }[name]
    with begin_panel(library) as draft:
        draft.put_file(name, content)
    dataset = library.open(PANEL)
    assert dataset[name].read_bytes() == content
    assert bool(dataset.keys("stills/")) == (name == "deep.tif")


def test_making_stills_ends_when_its_time_is_up(library: Library) -> None:
    ticks = iter(range(0, 1000, 4))
    with begin_panel(library) as draft:
        for number in range(5):
            draft.put_file(f"{number}.png", make_png())
        staging = draft.store.require_staging()
        refresh(staging, clock=lambda: next(ticks))
        assert len(staging.entries_under("stills/")) == 1
