"""HDF5, NetCDF, TIFF, images, tables and folders come in as independent readers see them."""

import io
import os
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import tifffile
import xarray as xr
from numpy.typing import NDArray
from PIL import Image

from museion_datasets.errors import InvalidError
from museion_datasets.library import Library
from tests.support.ingest import bring, make_cube, opened


def write_nexus(path: Path, **changes: NDArray[Any]) -> Path:
    cube = make_cube(6, 5, 4)
    fields = {"y": np.arange(6.0), "x": np.arange(5.0), "energy": np.arange(4) * 0.5, **changes}
    with h5py.File(path, "w") as file:
        file.attrs["default"] = "entry"
        entry = file.create_group("entry")
        entry.attrs.update(NX_class="NXentry", default="map")
        data = entry.create_group("map")
        data.attrs.update(NX_class="NXdata", signal="counts", axes=["y", "x", "energy"])
        data["counts"] = cube
        for name, values in fields.items():
            data[name] = values
        data["energy"].attrs["units"] = "keV"
        data["live_time"] = np.ones((6, 5), "f4")
    return path


def test_nexus_shows_its_default_plot(library: Library, tmp_path: Path) -> None:
    bring(library, write_nexus(tmp_path / "map.nxs"))
    found = opened(library)["map"].to_xarray()
    with h5py.File(tmp_path / "map.nxs") as file:
        assert np.array_equal(found["counts"], file["entry/map/counts"][()])
    assert found["counts"].dims == ("y", "x", "energy")
    assert found["energy"].attrs["units"] == "keV"
    assert found["live_time"].dims == ("y", "x")


def test_plain_hdf5_gives_all_its_arrays(library: Library, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "plain.h5", "w") as file:
        file["a/map"] = np.arange(12.0).reshape(3, 4)
        file["a/line"] = np.arange(4)
        file["note"] = "measured on Monday"
    bring(library, tmp_path / "plain.h5")
    found = opened(library)["plain"].to_xarray()
    assert found["a.map"].dims == ("dim_3", "dim_4")
    assert found["a.line"].dims == ("dim_4",)
    assert np.array_equal(found["a.map"], np.arange(12.0).reshape(3, 4))
    assert b"measured on Monday" in opened(library).read_bytes("ingest/plain.json")


def test_axis_that_does_not_fit_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InvalidError, match="The axis 'energy' has 3 values, the signal 4"):
        bring(library, write_nexus(tmp_path / "map.nxs", energy=np.arange(3.0)))


def test_hdf5_never_reads_another_file(library: Library, tmp_path: Path) -> None:
    (tmp_path / "secret.raw").write_bytes(b"secret!!" * 4)
    with h5py.File(tmp_path / "outer.h5", "w") as file:
        file["own"] = np.arange(4)
        file["linked"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/x")
        file["loop"] = h5py.SoftLink("/")
        file["again"] = file["/"]
        file.create_dataset("stolen", (4,), "f8", external=[(str(tmp_path / "secret.raw"), 0, 32)])
        layout = h5py.VirtualLayout((4,), "i8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "x", (4,))
        file.create_virtual_dataset("virtual", layout)
    report = str(bring(library, tmp_path / "outer.h5"))
    assert set(opened(library)["outer"].to_xarray().data_vars) == {"own"}
    for name in ("linked", "stolen", "virtual"):
        assert f"Skipped, since it lies in another file: {name}" in report


def test_netcdf_comes_in_as_xarray_reads_it(library: Library, tmp_path: Path) -> None:
    cube = xr.Dataset(
        {"radiance": (("y", "x", "wavelength"), make_cube(6, 5, 4, "f4"), {"units": "W"})},
        {"wavelength": ("wavelength", [0.7, 0.6, 0.5, 0.4], {"units": "um"})},
        {"title": "fresco"},
    )
    packed = {"radiance": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -1}}
    for engine, name in (("h5netcdf", "new.nc"), ("scipy", "classic.nc")):
        cube.to_netcdf(tmp_path / name, engine=engine, encoding=packed)
        bring(library, tmp_path / name)
        found = opened(library)[name.removesuffix(".nc")].to_xarray()
        assert found["wavelength"].to_numpy() == pytest.approx([400, 500, 600, 700])
        expected = xr.load_dataset(tmp_path / name, engine=engine)["radiance"][..., ::-1]
        assert np.array_equal(found["radiance"], expected)
        assert found.attrs["title"] == "fresco"


def test_large_netcdf_variable_is_stored_packed(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("museion_datasets.ingest.netcdf.SMALL_BYTES", 10)
    cube = make_cube(6, 5, 4, "f8")
    data = xr.Dataset({"r": (("y", "x", "wavelength"), cube)}, {"wavelength": [4.0, 3, 2, 1]})
    packing = {"r": {"dtype": "i2", "scale_factor": 0.5, "_FillValue": -1}}
    data.to_netcdf(tmp_path / "p.nc", engine="h5netcdf", encoding=packing)
    bring(library, tmp_path / "p.nc")
    found = opened(library)["p"].to_xarray()["r"]
    assert found.encoding["dtype"] == np.int16
    assert np.array_equal(found, cube[..., ::-1])


STACKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "big": {"bigtiff": True},
    "big endian": {"byteorder": ">"},
    "compressed strips": {"compression": "zlib", "rowsperstrip": 3},
    "tiles": {"tile": (16, 16), "compression": "lzw"},
    "ImageJ": {"imagej": True, "metadata": {"axes": "ZYX"}},
    "OME": {"ome": True, "metadata": {"axes": "CYX"}},
}


@pytest.mark.parametrize("how", STACKS.values(), ids=STACKS)
def test_stack_becomes_a_cube(library: Library, tmp_path: Path, how: dict[str, Any]) -> None:
    path = tmp_path / "stack.tif"
    stack = np.moveaxis(make_cube(20, 17, 4), -1, 0)
    tifffile.imwrite(path, stack, photometric="minisblack", resolution=(100, 100),
                     resolutionunit="CENTIMETER", **how)  # fmt: skip
    bring(library, path)
    found = opened(library)["stack"].to_xarray()["values"]
    assert found.dims == ("y", "x", "band")
    assert np.array_equal(np.moveaxis(found.to_numpy(), -1, 0), tifffile.imread(path))
    assert found.attrs["pixel_size_mm"] == pytest.approx(0.1)


def test_pages_that_say_their_wavelengths_are_sorted(library: Library, tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "stack.tif") as file:
        for nm in (700, 450, 550):
            page = np.full((6, 5), nm, np.uint16)
            file.write(page, description=f"band {nm} nm", metadata=None, contiguous=False)
    bring(library, tmp_path / "stack.tif")
    found = opened(library)["stack"].to_xarray()
    assert found["wavelength"].to_numpy().tolist() == [450, 550, 700]
    assert found["values"][0, 0].to_numpy().tolist() == [450, 550, 700]


def test_folder_of_bands_becomes_a_cube_and_keeps_its_files(
    library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "Φάκελος"
    folder.mkdir()
    for nm in (1000, 450, 550):
        tifffile.imwrite(folder / f"panel_{nm:04}nm.tif", np.full((6, 5), nm, np.uint16))
    (folder / "notes.txt").write_text("by hand")
    bring(library, {"vnir": folder})
    dataset = opened(library)
    found = dataset["vnir"].to_xarray()
    assert found["wavelength"].to_numpy().tolist() == [450, 550, 1000]
    assert found["values"][2, 3].to_numpy().tolist() == [450, 550, 1000]
    assert "originals/vnir/Φάκελος/notes.txt" in dataset.files


def test_bands_of_different_size_are_refused(library: Library, tmp_path: Path) -> None:
    for nm, rows in ((450, 6), (550, 6), (650, 7)):
        tifffile.imwrite(tmp_path / f"{nm}nm.tif", np.zeros((rows, 5), np.uint8))
    with pytest.raises(InvalidError, match="The bands differ in size"):
        bring(library, {"vnir": tmp_path})


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "I;16", "P", "1", "CMYK"])
def test_image_comes_in_as_pillow_reads_it(library: Library, tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("photo.tif" if mode == "CMYK" else "photo.png")
    rng = np.random.default_rng(1)
    image = (
        Image.fromarray(rng.integers(0, 60000, (9, 7), np.uint16))
        if mode == "I;16"
        else Image.fromarray(rng.integers(0, 255, (9, 7, 3), np.uint8)).convert(mode)
    )
    image.save(path)
    bring(library, path)
    found = opened(library)["photo"].to_xarray()["image"].to_numpy()
    reread = Image.open(path)
    assert np.array_equal(found, np.asarray(reread.convert("RGB") if mode == "P" else reread))


def test_sixteen_bit_colour_is_not_cut_to_eight(library: Library, tmp_path: Path) -> None:
    from imagecodecs import png_encode  # noqa: PLC0415

    pixels = np.random.default_rng(2).integers(0, 65535, (9, 7, 3), np.uint16)
    (tmp_path / "deep.png").write_bytes(png_encode(pixels))
    bring(library, tmp_path / "deep.png")
    assert np.array_equal(opened(library)["deep"].to_xarray()["image"], pixels)


def test_orientation_and_profile_are_kept_and_not_applied(library: Library, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Kamera"
    image = Image.new("RGB", (7, 9), (10, 20, 30))
    image.save(tmp_path / "photo.jpg", exif=exif, icc_profile=b"profile", dpi=(254, 254))
    report = bring(library, tmp_path / "photo.jpg")
    found = opened(library)["photo"].to_xarray()["image"]
    assert found.shape == (9, 7, 3)
    assert found.attrs["exif_orientation"] == 6
    assert found.attrs["pixel_size_mm"] == pytest.approx(0.1)
    assert len(found.attrs["icc_profile_sha256"]) == 64
    assert "another orientation" in str(report)
    assert b"Kamera" in opened(library).read_bytes("ingest/photo.json")


TABLES = {
    "UTF-8": ("name,share\nAzurit,0.5\nZinnober,1\n", "utf-8"),
    "byte order mark": ("name,share\nAzurit,0.5\nZinnober,1\n", "utf-8-sig"),
    "UTF-16": ("name\tshare\nÄgyptischblau\t0.5\nZinnober\t1\n", "utf-16"),
    "UTF-16 unmarked": ("name;share\nAzurit;0.5\nZinnober;1\n", "utf-16-le"),
    "Windows": ("name;share\r\nBleiweiß €;0,5\r\nZinnober;1\r\n", "cp1252"),
    "quoted": ('name,share\n"a ""b"", c\nd",0.5\nx,1\n', "utf-8"),
}


@pytest.mark.parametrize(("text", "encoding"), TABLES.values(), ids=TABLES)
def test_table_comes_in_as_pandas_reads_it(
    library: Library, tmp_path: Path, text: str, encoding: str
) -> None:
    (tmp_path / "table.csv").write_bytes(text.encode(encoding))
    bring(library, tmp_path / "table.csv")
    found = opened(library)["table"].to_pandas()
    expected = pd.read_csv(
        io.StringIO(text),
        sep=next(each for each in "\t;," if each in text),
        decimal="," if encoding == "cp1252" else ".",
    )
    assert found["name"].tolist() == expected["name"].str.replace("\r\n", "\n").tolist()
    assert found["share"].tolist() == expected["share"].tolist() == [0.5, 1.0]


def test_inventory_numbers_keep_their_zeros(library: Library, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("inv,year,empty\n00123,1510,\n00007,,\n")
    bring(library, tmp_path / "list.csv")
    found = opened(library)["list"].to_pandas()
    assert found["inv"].tolist() == ["00123", "00007"]
    assert found["year"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    "text",
    [
        "wavelength (nm);azurite;vermilion\n700;0,7;0,8\n500;0,5;0,6\n600;0,6;0,7\n",
        "λ [\N{MICRO SIGN}m],azurite,vermilion\n0.7,0.7,0.8\n0.5,0.5,0.6\n0.6,0.6,0.7\n",
    ],
)
def test_column_of_wavelengths_gives_spectra(library: Library, tmp_path: Path, text: str) -> None:
    (tmp_path / "fors.csv").write_text(text, encoding="utf-8")
    bring(library, tmp_path / "fors.csv")
    found = opened(library)["fors-spectra"].to_xarray()
    assert found["wavelength"].to_numpy() == pytest.approx([500, 600, 700])
    assert found["values"].to_numpy() == pytest.approx(np.array([[0.5, 0.6, 0.7], [0.6, 0.7, 0.8]]))
    assert found["name"].to_numpy().tolist() == ["azurite", "vermilion"]


def test_rows_under_a_header_of_wavelengths_give_spectra(library: Library, tmp_path: Path) -> None:
    bands = [str(400 + 10 * at) for at in range(12)]
    rows = [["azurite", *["0.5"] * 12], ["lead white", *["0.9"] * 12]]
    lines = [",".join(row) for row in [["name", *bands], *rows]]
    (tmp_path / "lib.csv").write_text("\n".join(lines))
    bring(library, tmp_path / "lib.csv")
    found = opened(library)["lib-spectra"].to_xarray()
    assert found["values"].shape == (2, 12)
    assert found["name"].to_numpy().tolist() == ["azurite", "lead white"]


def test_folder_keeps_its_tree_in_every_script(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "capture"
    names = ["Πίνακας/зима/絵画.txt", "مخطوطة.bin", "e\u0301 NFD.txt", "é NFC.txt", "with space/a"]
    odd = [os.fsdecode(b"raw-\xff.bin"), "zero\u200cwidth.txt", "line\nbreak"]
    for name in (*names, *odd, "sub/Thumbs.db", ".DS_Store", "._fork", ".hidden"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(os.fsencode(name))
    (folder / "away").symlink_to("/etc")
    (folder / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    report = str(bring(library, folder))
    dataset = opened(library)
    stored = {f"capture/{name}" for name in (*names, ".hidden")}
    escaped = {"capture/raw-%FF.bin", "capture/zero%E2%80%8Cwidth.txt", "capture/line%0Abreak"}
    assert set(dataset.files) == stored | escaped
    assert all(dataset.open_file(f"files/{name}").read() for name in dataset.files)
    assert "Skipped: " in report
    skipped = dataset.read_bytes("ingest/capture.json").decode()
    for name in ("away (a link)", "passwd (a link)", "pipe (no ordinary file)", "sub/Thumbs.db"):
        assert name in skipped


def test_empty_folder_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidError, match="The folder is empty"):
        bring(library, tmp_path / "empty")


def test_mesh_in_a_folder_or_of_another_format_is_kept_as_it_is(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "vase").mkdir()
    (tmp_path / "vase/vase.obj").write_bytes(b"v 0 0 0\n")
    (tmp_path / "vase.fbx").write_bytes(b"Kaydara")
    bring(library, {"tree": tmp_path / "vase", "file": tmp_path / "vase.fbx"})
    assert opened(library).read_bytes("files/vase/vase.obj") == b"v 0 0 0\n"
    assert opened(library)["vase.fbx"].read_bytes() == b"Kaydara"


def png_bomb(side: int) -> bytes:
    def part(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    head = side.to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(b""))


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    tifffile.imwrite(folder / "whole.tif", make_cube(9, 40, 40), photometric="minisblack")
    whole_tiff = (folder / "whole.tif").read_bytes()
    whole_h5 = write_nexus(folder / "whole.h5").read_bytes()
    with h5py.File(folder / "bomb.h5", "w") as file:
        file.create_dataset("zeros", (1 << 20, 1 << 20), "f8", chunks=(1024, 1024))
    xr.Dataset({"a": ("x", np.arange(5000))}).to_netcdf(folder / "whole.nc", engine="scipy")
    contents = {
        "cut.tif": (whole_tiff[:-999], "cut short"),
        "head.tif": (whole_tiff[:20], "cut short|no image"),
        "cut.h5": (whole_h5[: len(whole_h5) // 2], "cut short"),
        "cut.nc": ((folder / "whole.nc").read_bytes()[:9000], "cut short"),
        "cut.jpg": (b"\xff\xd8\xff\xe0" + bytes(99), "cut short"),
        "bomb.png": (png_bomb(200_000), "too large|bomb|would unfold"),
        "ragged.csv": (b"a,b\n1,2\n3\n4,5\n", "ragged.*Row #3"),
        "wide.csv": (b"a,b\n1,2\n3,4,5\n", "ragged"),
        "quote.csv": (b'a,b\n1,"2\n', "ragged|cannot be read"),
        "binary.csv": (b"\x00\x81\x8d\x00" * 50, "no text"),
    }
    for name, (content, _) in contents.items():
        (folder / name).write_bytes(content)
    files = {name: (folder / name, message) for name, (_, message) in contents.items()}
    return {**files, "bomb.h5": (folder / "bomb.h5", "decompression bomb|would unfold")}


NAMES = ("cut.tif", "head.tif", "cut.h5", "cut.nc", "cut.jpg", "bomb.png", "ragged.csv", "wide.csv",
         "quote.csv", "binary.csv", "bomb.h5")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_bad_file_is_told_and_leaves_nothing(
    library: Library, home: Path, tmp_path: Path, name: str
) -> None:
    path, message = bad_files(tmp_path)[name]
    with pytest.raises(InvalidError, match=message) as caught:
        bring(library, path)
    assert caught.value.hint
    assert [path for path in (home / "storage").rglob("*") if path.is_file()] == []
    assert library.datasets() == []
