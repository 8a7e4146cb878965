"""Throws bytes at the reader of text tables: encodings, delimiters, quotes, numbers.

``python -m tests.fuzz.fuzz_csv [FOLDER]`` runs until something breaks.
"""

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.csv_table import find_spectra
from museion_datasets.ingest.csv_text import parse_table
from tests.support.fuzzing import fuzz

SEEDS = (
    b"name,share\nAzurit,0.5\nZinnober,1\n",
    b'\xef\xbb\xbfname;share\r\n"a;b";0,5\r\nx;1\r\n',
    "name\tshare\nÄ\t1\n".encode("utf-16"),
    b"wavelength (nm),a,b\n400,1,2\n500,3,4\n",
    b"344.2,0.059\n345.8,0.057\n",
)
TOKENS = (b'"', b",", b";", b"\t", b"\n", b"\r", b"\0", b"\xff\xfe", b"nm", b"00123", b"1e999",
          b"0,5", b"NaN", b"wavelength,400,410")  # fmt: skip


def check(data: bytes) -> None:
    """Read; whatever is accepted is a table with named columns of one length."""
    try:
        parsed = parse_table(data)
    except InvalidError:
        return
    names = parsed.table.column_names
    assert len(set(names)) == len(names) >= 1
    assert all(names)
    spectra = find_spectra(parsed.table)
    if spectra is not None:
        nm = spectra["wavelength"].to_numpy()
        assert (nm[1:] > nm[:-1]).all()


if __name__ == "__main__":
    fuzz(check)
