"""Throws bytes at the parser of ENVI headers.

``python -m tests.fuzz.fuzz_envi_header [FOLDER]`` runs until something breaks; under pytest
a few thousand inputs made from the seeds run.
"""

import math

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.envi_header import EnviHeader, parse_header
from tests.support.fuzzing import fuzz

SEEDS = (
    (
        b"ENVI\nsamples = 3\nlines = 2\nbands = 2\ndata type = 12\ninterleave = bil\n"
        b"byte order = 0\nwavelength = { 500.0,\n 600.0 }\nwavelength units = nm\nbbl = {1, 0}\n"
    ),
    (
        b"\xef\xbb\xbfENVI\r\nSAMPLES=1\r\nLines=1\r\nBands=1\r\nData Type=4\r\nInterleave=BSQ\r\n"
        b"wavelength={0.5}\r\nreflectance scale factor=1e4\r\ndata ignore value=NaN\r\n"
    ),
    (
        b"ENVI\nfile type = ENVI Spectral Library\nsamples = 2\nlines = 1\nbands = 1\n"
        b"data type = 5\ninterleave = bsq\nspectra names={a}\nfwhm = {1, 2}\ndefault bands = {1}\n"
    ),
)
TOKENS = (b"{", b"}", b"=", b",", b"\n", b"-1", b"1e999", b"NaN", b"99999999999999999999",
          b"wavelength", b"bands", b"\xff", b"\0", b"\xc2\xb5m")  # fmt: skip


def check(data: bytes) -> None:
    """Parse; whatever is accepted keeps its promises."""
    try:
        header = parse_header(data)
    except InvalidError:
        return
    _require(header)


def _require(header: EnviHeader) -> None:
    assert min(header.shape) >= 1
    assert header.offset_bytes >= 0
    for values in (header.wavelength_nm, header.fwhm_nm, header.good_bands, header.band_names):
        assert values is None or len(values) == header.bands
    assert all(map(math.isfinite, header.wavelength_nm or ()))
    assert all(0 <= band < header.bands for band in header.default_bands or ())
    assert header.scale is None or header.scale > 0


if __name__ == "__main__":
    fuzz(check)
