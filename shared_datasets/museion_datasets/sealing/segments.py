"""How a plaintext falls into the segments of a FLOE ciphertext. Pure arithmetic."""

from dataclasses import dataclass
from typing import Self

from museion_datasets.errors import IntegrityError

HEADER_BYTES = 74
OVERHEAD_BYTES = 32
MAX_SEGMENTS = 1 << 40
DAMAGED_HINT = "the storage was damaged or tampered with: restore it from a backup."


@dataclass(frozen=True, slots=True)
class Shape:
    """How a plaintext of one length falls into segments.

    Attributes
    ----------
    segment_bytes : int
        Length of a full encrypted segment.
    plaintext_bytes : int
        Length of the plaintext.
    segments : int
        Number of segments, at least 1.
    """

    segment_bytes: int
    plaintext_bytes: int
    segments: int

    @classmethod
    def of_plaintext(cls, plaintext_bytes: int, segment_bytes: int) -> Self:
        """Return the shape that encryption gives.

        Parameters
        ----------
        plaintext_bytes, segment_bytes : int
            Lengths in bytes.

        Returns
        -------
        Shape
            With the fewest segments.
        """
        capacity = segment_bytes - OVERHEAD_BYTES
        return cls(segment_bytes, plaintext_bytes, max(1, -(-plaintext_bytes // capacity)))

    @classmethod
    def of_ciphertext(cls, ciphertext_bytes: int, segment_bytes: int) -> Self:
        """Return the shape of a whole ciphertext, its header included.

        Parameters
        ----------
        ciphertext_bytes, segment_bytes : int
            Lengths in bytes.

        Returns
        -------
        Shape
            A full last segment may be followed by an empty one, as the specification allows.

        Raises
        ------
        IntegrityError
            If no plaintext gives that length.
        """
        body = ciphertext_bytes - HEADER_BYTES
        segments = -(-body // segment_bytes)
        last = body - (segments - 1) * segment_bytes
        if body < OVERHEAD_BYTES or last < OVERHEAD_BYTES or segments > MAX_SEGMENTS:
            raise IntegrityError(
                f"Impossible length of a sealed object: {ciphertext_bytes} bytes", hint=DAMAGED_HINT
            )
        return cls(segment_bytes, body - segments * OVERHEAD_BYTES, segments)

    @property
    def capacity(self) -> int:
        """Plaintext bytes in a full segment."""
        return self.segment_bytes - OVERHEAD_BYTES

    @property
    def ciphertext_bytes(self) -> int:
        """Length of header and segments."""
        return HEADER_BYTES + self.plaintext_bytes + self.segments * OVERHEAD_BYTES

    def segment_length(self, position: int) -> int:
        """Return the encrypted length of one segment.

        Parameters
        ----------
        position : int
            Counts from 0.

        Returns
        -------
        int
            Length in bytes.
        """
        if position < self.segments - 1:
            return self.segment_bytes
        return self.plaintext_bytes - position * self.capacity + OVERHEAD_BYTES

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return which part of the ciphertext a range of the plaintext needs.

        Parameters
        ----------
        start, stop : int
            First plaintext byte and end.

        Returns
        -------
        tuple of int
            First ciphertext byte and end: whole segments, at least one. The end of the
            plaintext needs the last segment, which proves that it is the end.
        """
        first = min(start // self.capacity, self.segments - 1)
        last = max(first + 1, min(self.segments, -(-stop // self.capacity)))
        if stop == self.plaintext_bytes:
            last = self.segments
        end = (last - 1) * self.segment_bytes + self.segment_length(last - 1)
        return HEADER_BYTES + first * self.segment_bytes, HEADER_BYTES + end
