"""`ingest`: brings files and folders into a dataset, once, whatever happens on the way.

First every source is recognised and its files are hashed. A source that the dataset holds
already, byte for byte, is left alone; if that is all, no version is made. Then the originals
are kept byte for byte, and an analysis form is made beside them: an xarray Dataset with
dimensions (y, x, wavelength), units and wavelengths in nm, or a table. All of it is
one draft, so others see the whole or nothing.

What is finished is remembered (see `museion_datasets.ingest.journal`): a run that was
killed, interrupted or cut off from the storage goes on where it stood. Any other error
leaves nothing behind but the version that was there.

Memory stays bounded: originals pass in pieces, arrays in blocks of at most 256 MB.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Unpack

from museion_datasets import environment
from museion_datasets.draft import Draft
from museion_datasets.errors import InvalidError, NotFoundError, UnavailableError
from museion_datasets.ingest.form import ArrayForm, CloudForm, Form, Reader, Reading, ScanForm
from museion_datasets.ingest.journal import Journal
from museion_datasets.ingest.limits import MAX_FILES
from museion_datasets.ingest.progress import STAGES, Meter, Progress, silent
from museion_datasets.ingest.readers import find_reader
from museion_datasets.ingest.record import FOLDER, KeptFile, Record, fingerprint
from museion_datasets.ingest.report import ItemReport, Report
from museion_datasets.ingest.scans.reader import ScanReader
from museion_datasets.ingest.scans.terms import NOTHING_DECLARED, ScanTerms
from museion_datasets.ingest.source import Original, digest, item_name
from museion_datasets.ingest.write import Writer
from museion_datasets.library import Library
from museion_datasets.versions.wish import DraftTerms

type Sources = str | Path | Sequence[str | Path] | Mapping[str, str | Path]


@dataclass(frozen=True, slots=True)
class Options:
    """What to make.

    Attributes
    ----------
    originals : bool
        Keep the files byte for byte beside the analysis form.
    pyramid : bool
        Make smaller images of cubes, which viewers need.
    scan : ScanTerms
        What is declared of meshes and clouds of points.
    """

    originals: bool = True
    pyramid: bool = True
    scan: ScanTerms = field(default=NOTHING_DECLARED, repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to ingest.

    Attributes
    ----------
    item : str
        Name of its main item.
    path : Path
        File or folder.
    reader : Reader
        Of its format.
    originals : tuple of Original
        Its files.
    """

    item: str
    path: Path
    reader: Reader
    originals: tuple[Original, ...]

    @property
    def size_bytes(self) -> int:
        """Bytes of its files."""
        return sum(original.size_bytes for original in self.originals)


_DEFAULT = Options()


def ingest(
    library: Library,
    path: str,
    sources: Sources,
    *,
    options: Options = _DEFAULT,
    progress: Progress = silent,
    **about: Unpack[DraftTerms],
) -> Report:
    """Bring files and folders into a dataset.

    A cube is cut into pillars (all bands of a small window) that lie together in objects of
    some 32 MB, because one pixel's spectrum then costs one read of 2 MB at most; a pillar's
    chunks hold some 8 bands each, so that an image at full resolution decodes only those
    of its bands. Smaller images come from the pyramid, which is cut into planes. The report
    says the numbers for each array.

    Parameters
    ----------
    library : Library
        Where the dataset lies.
    path : str
        Workgroup and name. A dataset that is not there yet is made.
    sources : path, sequence of paths, or mapping of item name to path
        Files and folders; names of items are made from theirs by default. Of a cube with a
        header, either file.
    options : Options
        What to make.
    progress : Progress
        Told how far it is, as `museion_datasets.ingest.progress.TextBar`.
    **about
        Needed for a new dataset, as for `Library.draft`; ``kind`` is told from the sources.

    Returns
    -------
    Report
        Print it.
    """
    planned = _plan(sources, options.scan)
    meter = Meter(progress, STAGES * sum(source.size_bytes for source in planned))
    wanted = [_check(source, options, meter) for source in planned]
    with Journal(_journal_file(path, wanted)) as journal:
        version, known = _known(library, path)
        todo = [
            (source, record)
            for source, record in zip(planned, wanted, strict=True)
            if known.get(record.item, record).fingerprint != record.fingerprint
            or record.item not in known
        ]
        if todo:
            about.setdefault("kind", _kind([source for source, _ in todo]))
            if version is not None:
                about.pop("kind")
            draft = library.draft(path, **about)
            done = _Run(draft, journal, options, meter).write(todo, known)
            known |= {record.item: record for record in done}
            version = library.open(path).version
        journal.close()
        meter.reach(STAGES * sum(source.size_bytes for source in planned), "done")
        new = {record.item for _, record in todo}
        items = tuple(ItemReport(known[r.item], r.item not in new) for r in wanted)
        return Report(path, version or 0, bool(todo), items, journal.resumed_parts, journal.is_kept)


class _Run:
    """One draft and what goes into it."""

    def __init__(self, draft: Draft, journal: Journal, options: Options, meter: Meter) -> None:
        self._draft, self._journal = draft, journal
        self._options, self._meter = options, meter

    def write(
        self, todo: Sequence[tuple[Source, Record]], known: Mapping[str, Record]
    ) -> list[Record]:
        """Write all sources as one version."""
        with self._draft as draft, _Interruptions(draft, self._journal):
            self._journal.attach(draft.store.require_staging())
            names = ", ".join(record.item for _, record in todo)
            draft.message = draft.message or f"Ingested {names}"[:500]
            done = [self._source(source, record, known.get(record.item)) for source, record in todo]
            self._journal.forget()
        return done

    def _source(self, source: Source, record: Record, old: Record | None) -> Record:
        """Write one source, in place of what it was."""
        writer = Writer(self._draft, self._journal)
        kept = self._clear(record, old)
        with source.reader.open(source.path) as opened:
            if self._options.originals or not opened.forms:
                for original, file in zip(source.originals, record.originals, strict=True):
                    if file.key not in kept:
                        writer.put_original(file.key, original)
                    self._meter.advance(original.size_bytes, f"keeping {original.name}")
            record = self._forms(source, record, opened, writer)
            for original in source.originals:
                original.require_unchanged()
        self._draft.write_bytes(record.key, record.to_bytes())
        return record

    def _forms(self, source: Source, record: Record, opened: Reading, writer: Writer) -> Record:
        """Write a source's analysis forms; return the record with what was made."""
        names, layout = [], []
        start, written = self._meter.done, 0
        total = sum(_form_bytes(form) for form in opened.forms) or 1

        def advance(count: int, how: str = "writing") -> None:
            nonlocal written
            written += count
            share = min(1.0, written / total)
            self._meter.reach(start + int(source.size_bytes * share), f"{how} {record.item}")

        for form in opened.forms:
            name = f"{record.item}-{form.suffix}" if form.suffix else record.item
            names.append(name)
            if isinstance(form, ArrayForm):
                layout += writer.put_array(name, _with_origin(form, record), advance)
                if self._options.pyramid and writer.put_pyramid(name, form):
                    layout.append(
                        f"{name}: images of single bands come from a pyramid cut into planes"
                    )
            elif isinstance(form, ScanForm | CloudForm):
                writer.put_scan(name, form, advance)
            else:
                writer.put_table(name, form)
        self._meter.reach(start + source.size_bytes, f"writing {record.item}")
        return replace(
            record,
            items=tuple(names),
            notes=tuple(opened.notes),
            layout=tuple(layout),
            facts=dict(opened.facts),
        )

    def _clear(self, record: Record, old: Record | None) -> set[str]:
        """Remove what an earlier ingest of the item has made; return originals that stay."""
        if old is None:
            return set()
        staging = self._draft.store.require_staging()
        for name in (record.item, *old.items):
            staging.remove_under(f"arrays/{name}/")
            staging.remove_under(f"pyramids/{name}/")
            staging.remove_under(f"scans/{name}/")
            staging.remove_under(f"files/scans/{name}/")
            staging.remove(f"tables/{name}.parquet")
        same = {(file.key, file.sha256) for file in record.originals}
        for file in old.originals:
            if (file.key, file.sha256) not in same:
                staging.remove(file.key)
        return {key for key, _ in same if staging.find(key) is not None}


class _Interruptions:
    """Keeps what was finished if the person or the storage interrupts, else nothing."""

    def __init__(self, draft: Draft, journal: Journal) -> None:
        self._draft, self._journal = draft, journal

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, KeyboardInterrupt):
            self._draft.suspend()
            self._journal.flush()
        elif isinstance(error, UnavailableError):
            self._draft.suspend()
        elif error is not None:
            self._journal.close()


def _plan(sources: Sources, terms: ScanTerms = NOTHING_DECLARED) -> list[Source]:
    """Recognise all sources.

    Raises
    ------
    InvalidError
        If there are none, two would have the same name, or files keep the same name.
    """
    if isinstance(sources, str | Path):
        sources = [sources]
    if isinstance(sources, Mapping):
        named = {item_name(name): Path(path) for name, path in sources.items()}
        pairs = list(named.items())
    else:
        pairs = [(_default_name(Path(path)), Path(path)) for path in sources]
    names = [name for name, _ in pairs]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not pairs or len(pairs) != len(sources):
        raise InvalidError(
            f"Two sources would make the same item: {', '.join(sorted(twice)) or 'none'}",
            hint="name them: ingest(…, {'vnir': 'a/panel.hdr', 'swir': 'b/panel.hdr'}).",
        )
    planned = []
    for name, path in pairs:
        reader = find_reader(path)
        if isinstance(reader, ScanReader):
            reader = replace(reader, terms=terms)
        planned.append(Source(name, path, reader, reader.originals(path)))
    _require_names(planned)
    return planned


def _require_names(planned: Sequence[Source]) -> None:
    """Raise if two files would keep the same name.

    Raises
    ------
    InvalidError
        With one of the names, or if there are too many files.
    """
    keys = [_file_key(source, each) for source in planned for each in source.originals]
    if len(keys) > MAX_FILES:
        raise InvalidError(
            f"More than {MAX_FILES:,} files: {len(keys):,}",
            hint="pack them into archives, or ingest them in several datasets.",
        )
    if len(set(keys)) != len(keys):
        seen: set[str] = set()
        twice = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InvalidError(
            f"Two files would keep the same name: {twice!r:.80}", hint="rename one of them."
        )


def _default_name(path: Path) -> str:
    """Return an item's name: the file's without ending, the folder's own."""
    real = path.absolute()
    return item_name(real.name if real.is_dir() else real.stem)


def _file_key(source: Source, original: Original) -> str:
    """Return where a file is kept: beside its analysis form, or simply as a file."""
    plain = source.reader.name in {"file", "folder"}
    inside = original.name if plain else f"originals/{source.item}/{original.name}"
    return f"files/{inside}"


def _check(source: Source, options: Options, meter: Meter) -> Record:
    """Hash a source's files and return what its record will begin with."""
    files = tuple(
        KeptFile(
            original.name,
            _file_key(source, original),
            original.size_bytes,
            digest(original, _advance(meter, f"checking {original.name}")),
            original.media_type,
        )
        for original in source.originals
    )
    name, asked = source.reader.name, repr(options)
    if isinstance(source.reader, ScanReader):
        asked += source.reader.asked
    return Record(source.item, name, fingerprint(name, source.item, asked, files), files)


def _advance(meter: Meter, what: str) -> Callable[[int], None]:
    return lambda count: meter.advance(count, what)


def _known(library: Library, path: str) -> tuple[int | None, dict[str, Record]]:
    """Return the newest version's number and what it remembers of ingests."""
    try:
        dataset = library.open(path)
    except NotFoundError:
        return None, {}
    records = [Record.from_bytes(dataset.read_bytes(key)) for key in dataset.keys(FOLDER)]
    return dataset.version, {record.item: record for record in records}


def _journal_file(path: str, wanted: Sequence[Record]) -> Path:
    """Return where this ingest keeps its journal: the same for the same files."""
    content = "\n".join([path, *(record.fingerprint for record in wanted)])
    name = hashlib.sha256(content.encode()).hexdigest()[:32]
    return environment.find_cache_folder() / "ingest" / f"{name}.jsonl"


def _kind(sources: Sequence[Source]) -> str:
    """Return the kind of dataset that sources make."""
    names = {source.reader.name for source in sources}
    if names & {"ENVI", "TIFF bands", "NeXus", "HDF5", "NetCDF", "TIFF"}:
        return "cube"
    if any(isinstance(source.reader, ScanReader) for source in sources):
        return "scan"
    return "table" if names == {"CSV"} else "files"


def _form_bytes(form: Form) -> int:
    if isinstance(form, ArrayForm):
        return sum(variable.nbytes for variable in form.variables.values())
    return form.nbytes if isinstance(form, ScanForm | CloudForm) else 0


def _with_origin(form: ArrayForm, record: Record) -> ArrayForm:
    """Say in an array's attributes which files it was made from."""
    files = [
        {"name": f.name, "sha256": f.sha256, "media_type": f.media_type, "size_bytes": f.size_bytes}
        for f in record.originals[:16]
    ]
    source = f"{record.format}: {', '.join(file.name for file in record.originals[:4])}"
    frame = form.frame.assign_attrs(source=source, originals=files)
    frame.attrs.setdefault("calibration", "unknown")
    return replace(form, frame=frame)
