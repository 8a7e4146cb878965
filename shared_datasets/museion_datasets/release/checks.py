"""What is said about a release besides its signatures: that it was logged, and when it was made.

A proof that proves something else raises; what nobody vouches for is a warning.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from museion_datasets.errors import IntegrityError
from museion_datasets.evidence.certificate import Standing
from museion_datasets.evidence.records import decode_json
from museion_datasets.evidence.timestamp import TimeStamp, read_stamp, verify_stamp
from museion_datasets.log.keys import Verifier
from museion_datasets.log.logged import LogProof, require_logged
from museion_datasets.model import timestamp
from museion_datasets.release.files import OpenedRelease, SignedRelease
from museion_datasets.release.report import Check, Outcome

CLOCK_TOLERANCE = timedelta(minutes=5)
RELEASED_EVENT = "version.released"
_HINT = "don't rely on this copy: ask the dataset's owner for an unaltered one."


def log_check(signed: SignedRelease, opened: OpenedRelease) -> Check:
    """Check the proof that a release was logged.

    Parameters
    ----------
    signed : SignedRelease
        As stored.
    opened : OpenedRelease
        The same, its signatures checked.

    Returns
    -------
    Check
        A warning if nobody vouches for the log's keys.

    Raises
    ------
    IntegrityError
        If it proves something else.
    """
    certificate = opened.judgement.certificate
    if signed.log is None:
        return Check("log", Outcome.SKIPPED, "there is no proof that it was logged")
    if certificate is None or not certificate.log_keys:
        return Check("log", Outcome.SKIPPED, "there is a proof, but nobody says of which log")
    proof = LogProof.from_json(decode_json(signed.log, "log proof"))
    verifiers = [Verifier.parse(key) for key in certificate.log_keys]
    checkpoint = require_logged(proof, verifiers).checkpoint
    event = proof.event or {}
    detail = event.get("detail")
    digest = detail.get("digest") if isinstance(detail, dict) else None
    if event.get("event") != RELEASED_EVENT or digest != opened.digest:
        raise IntegrityError("The log's proof is for something else", hint=_HINT)
    place = f"entry {proof.index} of {checkpoint.head.size} in {checkpoint.origin}"
    if opened.judgement.standing is Standing.UNKNOWN:
        return Check("log", Outcome.WARNING, f"{place}, by keys that you don't trust")
    return Check("log", Outcome.PASSED, place)


def stamp_check(
    stamp: bytes | None, envelope: bytes, authorities: Sequence[bytes]
) -> tuple[TimeStamp | None, Check]:
    """Check the time stamp, if there is one.

    Parameters
    ----------
    stamp : bytes or None
        As stored.
    envelope : bytes
        The signed envelope as stored.
    authorities : sequence of bytes
        Root certificates to believe, in PEM.

    Returns
    -------
    stamp : TimeStamp or None
        If it was verified.
    check : Check
        A warning if no authority is trusted.
    """
    if stamp is None:
        return None, Check("time stamp", Outcome.SKIPPED, "there is none")
    if not authorities:
        claimed = read_stamp(stamp, envelope)
        detail = f"says {claimed.time} by {claimed.authority}, an authority that you don't trust"
        return None, Check("time stamp", Outcome.WARNING, detail)
    verified = verify_stamp(stamp, envelope, authorities)
    return verified, Check("time stamp", Outcome.PASSED, f"{verified.time} by {verified.authority}")


def clock_check(opened: OpenedRelease, stamp: TimeStamp | None, now: datetime) -> Check | None:
    """Compare the time that the author says with what else is known.

    Parameters
    ----------
    opened : OpenedRelease
        The release.
    stamp : TimeStamp or None
        Its time stamp, verified.
    now : datetime.datetime
        The present moment.

    Returns
    -------
    Check or None
        A warning, or None if it fits.
    """
    created = opened.release.created
    if created > timestamp(now + CLOCK_TOLERANCE):
        return Check("clock", Outcome.WARNING, f"created in the future: {created}")
    if stamp is None:
        return None
    latest = datetime.fromisoformat(stamp.time) + CLOCK_TOLERANCE
    if created > timestamp(latest):
        return Check(
            "clock", Outcome.WARNING, f"created after its time stamp: {created}, {stamp.time}"
        )
    return None
