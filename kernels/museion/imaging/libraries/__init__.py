"""Libraries of reference spectra: pigments, minerals, and what was measured oneself.

`open_library` reads a file (ENVI ``.sli``, JCAMP-DX, CSV) or an item of a dataset; a
`SpectralLibrary` is searched by shape, by name and by element.
"""

from museion.imaging.libraries.library import SpectralLibrary, open_library
from museion.imaging.libraries.matching import Match, Ranking
from museion.imaging.libraries.weighing import Verdict, Weighed, weigh

__all__ = [
    "Match",
    "Ranking",
    "SpectralLibrary",
    "Verdict",
    "Weighed",
    "open_library",
    "weigh",
]
