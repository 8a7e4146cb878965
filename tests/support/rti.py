"""Captures of a surface whose normals are known, and files of RTI models written by hand."""

from pathlib import Path

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from PIL import Image

from museion_datasets.ingest.rti_model import put_model
from museion_datasets.library import Library, connect
from museion_datasets.rti_basis import Basis, Floats

SIZE = (40, 48)
ALBEDO = np.array([0.8, 0.6, 0.4])


def dome(count: int = 36, lowest_deg: float = 15.0) -> Floats:
    """Return unit vectors to lights spread evenly over a dome, as by a golden angle."""
    z = np.linspace(0.98, np.sin(np.deg2rad(lowest_deg)), count)
    around = np.arange(count) * np.pi * (3 - np.sqrt(5))
    level = np.sqrt(1 - z**2)
    return np.stack([level * np.cos(around), level * np.sin(around), z], axis=1)


def ripples(shape: tuple[int, int] = SIZE) -> Floats:
    """Return the normals (y, x, 3) of a rippled surface."""
    y, x = np.mgrid[: shape[0], : shape[1]] / 6.0
    slope = np.stack([0.5 * np.sin(x), 0.4 * np.cos(y), np.ones(shape)], axis=-1)
    normals: Floats = slope / np.linalg.norm(slope, axis=-1, keepdims=True)
    return normals


def relief(shape: tuple[int, int]) -> Floats:
    """Return the normals of three bosses on a plane, the middle one in the middle."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.float64)
    slope_x, slope_y = np.zeros(shape), np.zeros(shape)
    radius = 0.28 * height
    for across in (0.2, 0.5, 0.8):
        dx, dy = (x - across * width) / radius, (height / 2 - y) / radius
        swell = 4 * np.exp(-4 * (dx**2 + dy**2))
        slope_x, slope_y = slope_x + swell * dx, slope_y + swell * dy
    normals = np.stack([slope_x, slope_y, np.ones(shape)], axis=-1)
    unit: Floats = normals / np.linalg.norm(normals, axis=-1, keepdims=True)
    return unit


def matt(normals: Floats, lights: Floats) -> Floats:
    """Return what a matt surface sends to the camera, (light, y, x, channel), linear."""
    facing = np.maximum(np.einsum("yxc,lc->lyx", normals, lights), 0.0)
    sent: Floats = facing[..., None] * ALBEDO
    return sent


def as_capture(values: NDArray[np.generic], lights: Floats) -> xr.DataArray:
    """Return images with their lights."""
    dims = ("light", "y", "x", "channel")[: values.ndim]
    coords = {f"light_{axis}": ("light", lights[:, at]) for at, axis in enumerate("xyz")}
    return xr.DataArray(values, dims=dims, coords=coords, attrs={"pixel_size_mm": 0.5})


def display(light: Floats) -> NDArray[np.uint8]:
    """Return linear light as 8-bit values with a gamma of 2.2."""
    codes: NDArray[np.uint8] = np.round(255 * light.clip(0, 1) ** (1 / 2.2)).astype(np.uint8)
    return codes


def write_capture(folder: Path, images: NDArray[np.uint8], lights: Floats) -> Path:
    """Write images as PNG with a light position file, which is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [str(len(lights))]
    for at, (image, light) in enumerate(zip(images, lights, strict=True)):
        name = f"light {at:02}.png"
        Image.fromarray(image).save(folder / name)
        lines.append(f"C:\\dome\\{name} {' '.join(f'{each:.6f}' for each in light)}")
    positions = folder / "lights.lp"
    positions.write_text("\r\n".join(lines) + "\r\n")
    return positions


def write_ptm(path: Path, planes: NDArray[np.uint8], scale: Floats, bias: Floats) -> Path:
    """Write planes (y, x, 9 or 18), terms first, as PTM; rows go from the bottom up."""
    is_lrgb = planes.shape[2] == 9
    name = "PTM_FORMAT_LRGB" if is_lrgb else "PTM_FORMAT_RGB"
    numbers = [" ".join(f"{each:g}" for each in each_list) for each_list in (scale, bias)]
    head = "\n".join(["PTM_1.2", name, str(planes.shape[1]), str(planes.shape[0]), *numbers])
    blocks = [slice(0, 6), slice(6, 9)] if is_lrgb else [slice(at, 18, 3) for at in range(3)]
    body = b"".join(planes[::-1, :, block].tobytes() for block in blocks)
    path.write_bytes(head.encode() + b"\n" + body)
    return path


def write_hsh(path: Path, planes: NDArray[np.uint8], scale: Floats, offset: Floats) -> Path:
    """Write planes (y, x, 3 * terms), colours of a term together, as HSH."""
    height, width, count = planes.shape
    terms = count // 3
    head = f"#HSH1.2\r\n3\r\n{width} {height} 3\r\n{terms} 2 1\r\n".encode()
    numbers = np.concatenate([scale, offset]).astype("<f4").tobytes()
    stored = np.moveaxis(planes.reshape(height, width, terms, 3), 3, 2)
    path.write_bytes(head + numbers + stored.tobytes())
    return path


def random_model(basis: Basis, shape: tuple[int, int], seed: int = 3) -> xr.DataArray:
    """Return a model of any values, with normals that are unit vectors."""
    random = np.random.default_rng(seed)
    values = random.normal(0, 0.3, (*shape, len(basis.planes))).astype(np.float32)
    values[..., -3:] = ripples(shape)
    return xr.DataArray(
        values,
        dims=("y", "x", "plane"),
        coords={"plane": list(basis.planes)},
        attrs={"rti_basis": basis.kind.value, "rti_normals": "photometric", "pixel_size_mm": 0.5},
    )


def save_model(folder: Path, name: str, model: xr.DataArray, title: str = "Relief") -> Library:
    """Put a model into the local library in `folder` as `murals/<name>`, item `relief`."""
    library = connect(folder.as_uri())
    with library.draft(
        f"murals/{name}", title=title, kind="files", rights="CC0-1.0", synthetic=True
    ) as draft:
        put_model(draft, "relief", model)
    return library
