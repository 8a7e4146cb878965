"""What a verification says, for people and for programs.

Text from a statement was written by whoever made the release. It is shown without control
characters and direction marks, so that no title can pretend to be a line of the report.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from museion_datasets.evidence.certificate import Judgement, Standing
from museion_datasets.evidence.statement import Release
from museion_datasets.policy import RIGHTS

_MARKS = {"passed": "+", "warning": "!", "skipped": "-"}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_MAX_SHOWN = 240
_MAX_NAME = 60
_GIB = 1 << 30


class Outcome(StrEnum):
    """How a check ended; what fails raises instead."""

    PASSED = "passed"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What.
    outcome : Outcome
        How it ended.
    detail : str
        For people.
    """

    name: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """A release of which nothing that was checked is wrong.

    Attributes
    ----------
    release : Release
        What was signed.
    digest : str
        SHA-256 over the signed envelope: keep it to recognise the release.
    judgement : Judgement
        Who signed, and whether that is to be believed.
    level : int
        1: every object is there in its length. 2: and bit for bit the one released.
    checks : tuple of Check
        What was checked and what was not.
    """

    release: Release
    digest: str
    judgement: Judgement
    level: int
    checks: tuple[Check, ...]

    @property
    def is_trusted(self) -> bool:
        """Whether a key that the person keeps stands behind the signer."""
        return self.judgement.standing is Standing.TRUSTED

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs.

        Returns
        -------
        dict
            What JSON knows.
        """
        certificate = self.judgement.certificate
        outline = asdict(self.release.outline)
        return {
            "outcome": "trusted" if self.is_trusted else "signer-unknown",
            "digest": self.digest,
            "level": self.level,
            "release": {
                **outline,
                **asdict(self.release.listed),
                "message": self.release.message,
                "provenance": self.release.provenance,
                "created": self.release.created,
            },
            "signer": {
                "standing": self.judgement.standing.value,
                "trusted_as": self.judgement.trusted_as,
                "fingerprint": self.judgement.fingerprint,
                "principal": certificate and certificate.principal,
                "institution": certificate and certificate.institution,
            },
            "checks": [asdict(check) for check in self.checks],
        }

    def to_text(self) -> str:
        """Return the report for people.

        Returns
        -------
        str
            Several lines.
        """
        outline, listed = self.release.outline, self.release.listed
        policy = outline.policy
        rights = RIGHTS[policy.rights].label
        where = f"{outline.stored_at.name} ({outline.stored_at.jurisdiction or 'not said'})"
        rows = [
            ("title", outline.title),
            ("version", f"{outline.version}, {listed.objects} objects, {_size(listed.size_bytes)}"),
            ("released", f"{self.release.created} by {outline.author}, {outline.institution}"),
            ("message", self.release.message),
            ("derived", ", ".join(_inputs(self.release.provenance))),
            ("owner", policy.owner),
            ("rights", rights),
            ("for", ", ".join(outline.recipients.workgroups)),
            ("stored at", where),
            ("digest", self.digest),
            ("signer", self._signer()),
        ]
        lines = [f"Release {outline.release} of {outline.path} is intact"]
        lines += [f"  {name:<10}{printable(value)}" for name, value in rows if value]
        lines += [
            f"{_MARKS[check.outcome]} {check.name}: {printable(check.detail)}"
            for check in self.checks
        ]
        return "\n".join(lines)

    def _signer(self) -> str:
        """Return who signed, in words."""
        judgement, certificate = self.judgement, self.judgement.certificate
        who = "a key" if certificate is None else f"the key of {_short(certificate.principal)}"
        if self.is_trusted:
            return f'{who}, trusted as "{judgement.trusted_as}"'
        claim = (
            "" if certificate is None else f", which says it belongs to {certificate.institution}"
        )
        return f"NOT TRUSTED: {who}; compare the fingerprint{claim}: {judgement.fingerprint}"


def _inputs(provenance: dict[str, Any]) -> list[str]:
    """Return what a release says it was made from, as far as it keeps to the convention."""
    inputs = provenance.get("inputs")
    named = [each for each in inputs if isinstance(each, dict)] if isinstance(inputs, list) else []
    return [
        f"{each.get('path', '?')} version {each['version']}"
        if "version" in each
        else f"{each.get('path', '?')} release {each.get('release', '?')}"
        for each in named
    ]


def printable(text: str) -> str:
    """Return text that shows as one plain line.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    str
        Without control characters, direction marks and line ends; not longer than a few lines.
    """
    line = "".join(char if char.isprintable() else _REPLACEMENT for char in text)
    return line if len(line) <= _MAX_SHOWN else f"{line[:_MAX_SHOWN]}…"


def _short(name: str) -> str:
    """Return a name that cannot push what follows it out of sight."""
    return printable(name)[:_MAX_NAME]


def _size(size_bytes: int) -> str:
    """Return a size in words."""
    if size_bytes >= _GIB:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.1f} MB"
