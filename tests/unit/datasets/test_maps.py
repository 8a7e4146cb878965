"""How maps become colours, smaller maps and counts."""

from pathlib import Path

import dask.array as da
import numpy as np
import pytest
import xarray as xr

from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.halving import halve_classes, halve_means
from museion_datasets.histogram import count_values
from museion_datasets.ingest.maps import is_map, put_map
from museion_datasets.library import connect
from museion_datasets.map_variable import MapKind
from museion_datasets.maps import MapStack
from museion_datasets.painting import (
    RAMPS,
    class_colours,
    paint_classes,
    paint_picture,
    paint_values,
)

ELEMENTS = xr.Dataset(
    {
        "counts": (("element", "y", "x"), np.arange(2 * 5 * 6, dtype=np.float32).reshape(2, 5, 6)),
        "counts_error": (("element", "y", "x"), np.ones((2, 5, 6), np.float32)),
        "detected": (("element", "y", "x"), np.ones((2, 5, 6), bool)),
        "residual": (("y", "x"), np.ones((5, 6), np.float32)),
    },
    coords={
        "element": ["Hg L", "Ca K"],
        "status": ("element", ["determined", "not determined"]),
        "reason": ("element", ["", "too few counts"]),
        "interferes": ("element", ["Pb L", ""]),
    },
)


def open_maps(
    folder: Path, data: xr.DataArray | xr.Dataset, variable: str | None = None
) -> MapStack:
    library = connect(folder.as_uri())
    with library.draft(
        "murals/maps", title="Maps", kind="files", rights="CC0-1.0", synthetic=True
    ) as draft:
        if isinstance(data, xr.DataArray) and is_map(data):
            put_map(draft, "map", data)
        else:
            draft.put_array("map", data)
    store = library.open("murals/maps").store
    return MapStack(store, "map", title="Maps", synthetic=True, variable=variable)


def test_ramp_goes_from_low_to_high_and_leaves_out_the_unknown() -> None:
    values = np.array([[-5.0, 0.0, 10.0, 99.0, np.nan]])
    pixels = paint_values(values, 0, 10, "viridis")[0]
    assert pixels[0].tolist() == pixels[1].tolist() == [0x44, 0x01, 0x54, 255]
    assert pixels[2].tolist() == pixels[3].tolist() == [0xFD, 0xE7, 0x25, 255]
    assert pixels[4].tolist() == [0, 0, 0, 0]


def test_hue_begins_transparent() -> None:
    pixels = paint_values(np.array([[0.0, 0.5, 1.0]]), 0, 1, "red")[0]
    assert [int(each) for each in pixels[:, 3]] == [0, 128, 255]
    assert len({tuple(each[:3]) for each in pixels}) == 1


def test_unknown_class_is_transparent_and_each_class_has_its_colour() -> None:
    pixels = paint_classes(np.array([[-1, 0, 1, 7]]), 2)[0]
    assert [int(each) for each in pixels[:, 3]] == [0, 255, 255, 0]
    assert bytes(pixels[2, :3]).hex() == class_colours(2)[1][1:]
    assert len(set(class_colours(60))) == 60


def test_picture_keeps_its_own_opacity() -> None:
    picture = np.array([[[0, 255, 0, 128], [255, 255, 255, 255]]], np.uint8)
    assert np.array_equal(paint_picture(picture, 0, 255), picture)
    grey = paint_picture(np.array([[[0.0], [510.0], [np.nan]]]), 0, 1020)[0]
    assert grey.tolist() == [[0, 0, 0, 255], [128, 128, 128, 255], [0, 0, 0, 0]]


def test_ramps_are_opaque_or_begin_transparent() -> None:
    for stops in RAMPS.values():
        assert stops[-1].endswith("ff")
        assert all(len(stop) == len("#rrggbbaa") for stop in stops)


def test_class_of_the_majority_is_kept() -> None:
    classes = np.array([[0, 0, 2], [1, 0, -1], [-1, -1, 5]])
    assert halve_classes(classes).tolist() == [[0, 2], [-1, 5]]


def test_mean_leaves_out_what_is_not_known() -> None:
    values = np.array([[1, np.nan, np.nan], [3, 2, np.nan]], np.float32)
    assert np.array_equal(halve_means(values), [[2.0, np.nan]], equal_nan=True)


def test_histogram_counts_every_pixel_that_has_a_value() -> None:
    values = np.linspace(0, 1, 200).reshape(10, 10, 2)
    values[0, 0, 1] = np.nan
    found = count_values(values, ["a", "b"])
    assert [sum(channel.counts) for channel in found.channels] == [99, 99]
    assert (found.pixels, found.missing) == (100, 1)
    assert {each.percent: each.value for each in found.percentiles}[100] == 1.0


def test_histogram_of_nothing_is_empty() -> None:
    found = count_values(np.full((3, 3, 1), np.nan), ["a"])
    assert (found.percentiles, sum(found.channels[0].counts), found.missing) == ((), 0, 9)


def test_element_maps_say_what_one_must_know(tmp_path: Path) -> None:
    stack = open_maps(tmp_path, ELEMENTS)
    assert stack.info.variable == "counts"
    assert [each.name for each in stack.info.planes] == ["Hg L", "Ca K"]
    assert [each.note for each in stack.info.planes] == [
        "overlaps with Pb L",
        "not determined: too few counts",
    ]
    everything = slice(None)
    shown = stack.window(0, everything, everything, 1)
    assert np.array_equal(shown, ELEMENTS["counts"][1])


def test_other_variable_is_shown_when_it_is_named(tmp_path: Path) -> None:
    stack = open_maps(tmp_path, ELEMENTS, "residual")
    assert stack.info.variables == ("counts", "counts_error", "detected", "residual")
    assert stack.info.limits == {"low": [1.0], "high": [2.0]}
    with pytest.raises(NotFoundError, match="No such map"):
        open_maps(tmp_path / "again", ELEMENTS, "area")


@pytest.mark.parametrize("form", ["in memory", "lazy"])
def test_pyramid_holds_means_of_numbers(tmp_path: Path, form: str) -> None:
    values = np.random.default_rng(1).random((2, 517, 300)).astype(np.float32)
    values[1, :100] = np.nan
    data = values if form == "in memory" else da.from_array(values, chunks=(1, 200, 200))
    stack = open_maps(tmp_path, xr.DataArray(data, dims=("element", "y", "x"), name="counts"))
    assert stack.has_pyramid
    assert [(each.width, each.height) for each in stack.levels] == [
        (300, 517),
        (150, 259),
        (75, 130),
    ]
    expected = halve_means(halve_means(values[1]))
    assert np.allclose(stack.reduced(2, 1), expected, equal_nan=True, atol=1e-6)


def test_pyramid_of_classes_invents_no_class(tmp_path: Path) -> None:
    classes = np.random.default_rng(2).choice([-1, 0, 4], (300, 400)).astype(np.int32)
    array = xr.DataArray(
        classes, dims=("y", "x"), name="pigment", attrs={"classes": ["a", "b", "c", "d", "e"]}
    )
    stack = open_maps(tmp_path, array)
    assert stack.variable.kind is MapKind.CLASSES
    assert np.array_equal(stack.reduced(1), halve_classes(classes))
    assert [each.name for each in stack.info.classes] == ["a", "b", "c", "d", "e"]


def test_map_without_pyramid_is_halved_when_it_is_looked_at(tmp_path: Path) -> None:
    values = np.random.default_rng(3).random((300, 400)).astype(np.float32)
    stack = open_maps(tmp_path, xr.Dataset({"a": (("y", "x"), values), "b": (("y", "x"), values)}))
    assert not stack.has_pyramid
    assert np.array_equal(stack.reduced(1), halve_means(values))


def test_picture_comes_with_its_channels_last(tmp_path: Path) -> None:
    pixels = np.random.default_rng(4).integers(0, 255, (20, 30, 3), np.uint8)
    image = xr.DataArray(pixels, dims=("y", "x", "channel"), attrs={"quantity": "image"})
    stack = open_maps(tmp_path, image)
    assert stack.info.kind is MapKind.IMAGE
    assert np.array_equal(stack.window(0, slice(4, 9), slice(None)), pixels[4:9])
    assert len(stack.histogram().channels) == 3


@pytest.mark.parametrize(
    "data",
    [
        xr.DataArray(np.ones((4, 5, 40), np.float32), dims=("y", "x", "energy"), name="counts"),
        xr.DataArray(np.ones((4, 5, 40), np.float32), dims=("y", "x", "channel"), name="counts"),
        xr.DataArray(np.ones((4, 5)), dims=("row", "column"), name="values"),
        xr.DataArray(np.ones((2, 3, 4, 5)), dims=("a", "b", "y", "x"), name="values"),
    ],
    ids=["a cube of energies", "a cube of channels", "no y and x", "four dimensions"],
)
def test_what_is_no_map_is_refused(tmp_path: Path, data: xr.DataArray) -> None:
    with pytest.raises(InvalidError, match="Not a map"):
        open_maps(tmp_path, data)
