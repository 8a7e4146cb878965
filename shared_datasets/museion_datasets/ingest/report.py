"""What a person reads after an ingest."""

from dataclasses import dataclass
from html import escape

from museion_datasets.display.text import size_text
from museion_datasets.ingest.record import Record


@dataclass(frozen=True, slots=True)
class ItemReport:
    """One source.

    Attributes
    ----------
    record : Record
        What the dataset remembers of it.
    is_unchanged : bool
        The dataset held exactly this already.
    """

    record: Record
    is_unchanged: bool

    @property
    def size_bytes(self) -> int:
        """Bytes of its originals."""
        return sum(file.size_bytes for file in self.record.originals)


@dataclass(frozen=True, slots=True)
class Report:
    """What an ingest has done.

    Attributes
    ----------
    path : str
        The dataset.
    version : int
        The version that holds the sources.
    is_new_version : bool
        False if there was nothing to do.
    items : tuple of ItemReport
        Each source.
    resumed_parts : int
        Parts that an interrupted run had finished.
    is_resumable : bool
        Whether an interruption could have been made good; not without a cache folder.
    """

    path: str
    version: int
    is_new_version: bool
    items: tuple[ItemReport, ...]
    resumed_parts: int = 0
    is_resumable: bool = True

    def __str__(self) -> str:
        return "\n".join([self._first(), *(line for item in self.items for line in _lines(item))])

    def _repr_html_(self) -> str:
        rows = "".join(f"<li>{_html(item)}</li>" for item in self.items)
        return f"<section><p>{escape(self._first())}</p><ul>{rows}</ul></section>"

    def _first(self) -> str:
        """Say what has happened in one sentence."""
        if not self.is_new_version:
            return f"{self.path} holds this already, in version {self.version}"
        resumed = f", {self.resumed_parts:,} parts from before" if self.resumed_parts else ""
        journal = "" if self.is_resumable else "; no journal could be kept"
        return f"{self.path} has version {self.version} now{resumed}{journal}"


def _head(item: ItemReport) -> str:
    record = item.record
    count = len(record.originals)
    files = record.originals[0].name if count == 1 else f"{count:,} files"
    same = ", unchanged" if item.is_unchanged else ""
    return f"{record.item}: {record.format}, {files}, {size_text(item.size_bytes)}{same}"


def _lines(item: ItemReport) -> list[str]:
    details = (*item.record.notes, *item.record.layout)
    return [f"  {_head(item)}", *(f"    {text}" for text in details)]


def _html(item: ItemReport) -> str:
    details = (*item.record.notes, *item.record.layout)
    inner = "".join(f"<li>{escape(text)}</li>" for text in details)
    return escape(_head(item)) + (f"<ul>{inner}</ul>" if inner else "")
