"""A tree of groups comes back as it was put, and so does each of its nodes."""

import numpy as np
import pytest
import xarray as xr

from museion_datasets.errors import InvalidError, NotFoundError
from museion_datasets.item import ItemKind
from museion_datasets.library import Library
from tests.support.datasets import PANEL, begin_panel, make_cube


def make_tree() -> xr.DataTree:
    packed = xr.DataArray(
        np.array([[10, 20], [30, 65535]], np.uint16),
        dims=("y", "x"),
        attrs={"scale_factor": 1e-4, "_FillValue": 65535, "units": "1"},
    )
    return xr.DataTree.from_dict({
        "/": xr.Dataset(coords={"y": ("y", [0.0, 0.5], {"units": "mm"})}, attrs={"survey": "2026"}),
        "/infrared": xr.Dataset(
            {"raw": (("y", "x"), np.array([[1.5, np.nan], [2.5, 3.5]]))},
            coords={"wavelength": ((), 940.0, {"units": "nm"})},
            attrs={"filter": "RG 830"},
        ),
        "/infrared/calibrated": xr.Dataset({"reflectance": packed}),
        "/samples": xr.Dataset(
            {
                "place": ("sample", ["sleeve", "sky über dem Kopf", ""]),
                "taken": ("sample", np.array(["2026-01-02", "2026-03-04T05:06", "NaT"], "M8[ns]")),
                "drying": ("sample", np.array([1, 2, 3], "m8[h]").astype("m8[ns]")),
                "is_original": ("sample", [True, False, True]),
            },
        ),
        "/empty group": xr.Dataset(),
        "/c": xr.Dataset({"c": ((), 7)}),
    })


def decoded() -> xr.DataTree:
    tree = make_tree()
    values = np.array([[10, 20], [30, np.nan]], "f4") * np.float32(1e-4)
    tree["infrared/calibrated/reflectance"] = xr.DataArray(
        values, dims=("y", "x"), attrs={"units": "1"}
    )
    return tree


@pytest.fixture
def library(library: Library) -> Library:
    with begin_panel(library) as draft:
        draft.put_tree("survey", make_tree())
        draft.put_tree("lazy", make_tree().chunk({"y": 1}))
        draft.put_array("vnir", make_cube())
    return library


@pytest.mark.parametrize("name", ["survey", "lazy"])
@pytest.mark.parametrize("is_lazy", [False, True])
def test_tree_comes_back_as_it_was_put(name: str, is_lazy: bool, library: Library) -> None:  # noqa: FBT001 - a parameter of the test
    item = library.open(PANEL)[name]
    tree = item.to_datatree(lazy=is_lazy)
    assert item.kind is ItemKind.TREE
    assert tree.attrs.pop("museion") == {"dataset": PANEL, "version": 1, "item": name}
    xr.testing.assert_identical(tree.load(), decoded())


def test_one_node_opens_by_itself(library: Library) -> None:
    item = library.open(PANEL)["survey"]
    node = item.to_xarray("infrared/calibrated")
    assert node.attrs["museion"]["group"] == "/infrared/calibrated"
    assert node["reflectance"].dtype == np.float32
    assert node["reflectance"].attrs["units"] == "1"
    assert item.to_xarray().attrs["survey"] == "2026"
    assert item.to_dask("/infrared/")["raw"].chunks
    assert float(item.to_xarray("infrared").wavelength) == 940.0


def test_unknown_node_is_not_found_and_the_hint_names_those_there_are(library: Library) -> None:
    with pytest.raises(NotFoundError, match=r"/infrared, /infrared/calibrated"):
        library.open(PANEL)["survey"].to_xarray("../vnir")


def test_array_is_a_tree_of_one_node(library: Library) -> None:
    tree = library.open(PANEL)["vnir"].to_datatree()
    assert list(tree.data_vars) == ["reflectance"]
    with pytest.raises(InvalidError, match="to_pandas does not apply to the tree"):
        library.open(PANEL)["survey"].to_pandas()


def test_tree_takes_the_place_of_an_array_of_the_same_name(library: Library) -> None:
    with library.draft(PANEL) as draft:
        draft.put_tree("vnir", make_tree())
        draft.put_array("survey", make_cube())
    dataset = library.open(PANEL)
    assert dataset["vnir"].kind is ItemKind.TREE
    assert dataset["survey"].kind is ItemKind.ARRAY


@pytest.mark.parametrize("name", ["..", "zarr.json", "line\nbreak"])
def test_group_whose_name_cannot_be_a_folder_is_refused(name: str, library: Library) -> None:
    tree = xr.DataTree(children={name: xr.DataTree(xr.Dataset({"a": 1}))})
    with pytest.raises(InvalidError), library.draft(PANEL) as draft:
        draft.put_tree("bad", tree)


def test_something_else_than_a_tree_is_refused(library: Library) -> None:
    with pytest.raises(InvalidError, match="from_dict"), library.draft(PANEL) as draft:
        draft.put_tree("bad", xr.Dataset())  # type: ignore[arg-type]


def test_variable_whose_name_would_be_a_path_is_refused(library: Library) -> None:
    with pytest.raises(InvalidError, match="rename the variable"), library.draft(PANEL) as draft:
        draft.put_array("bad", xr.Dataset({"a/b": ("x", [1])}))
