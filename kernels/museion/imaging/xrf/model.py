"""What a scan's spectra are made of: templates, fitted once to the mean spectrum.

One template for each element; others for what is not asked for but there: further families
of the same elements, argon of the air, the tube's scattered lines, sums of two photons, and
the continuum that SNIP finds, in broad overlapping parts so that it may tilt. Gain, offset,
width of the peaks and the Compton angle are refined on the mean spectrum, and so are the
proportions of an element's L and M subshells, since a tube excites them in its own way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares, nnls

from museion.errors import InputError
from museion.imaging.xrf.background import snip
from museion.imaging.xrf.families import Wanted, choose_families, on_top_of, other_families
from museion.imaging.xrf.lines import Family, compton_kev, find_lines
from museion.imaging.xrf.response import Response, channel_edges

_TRUST = 0.02  # relative error of any template's shape
_LOWEST_KEV = 1.0
_TUBE_KEV = 200.0
_CONTINUUM_KEV = 10.0
_SNIP_FWHM = 1.5
_ALIKE = 0.9
_SEEN = 0.05  # of a template, at least, lies in the channels used
_NEAR = 0.03
_DISTURBING = 0.02
_STRONGEST = 3
_CLEAR = 0.01  # of the strongest template: subshells of less follow theory
_REPEATED = frozenset({"Rayleigh", "Compton", "continuum"})
_SUM_SIGMAS = 3.0
_START = (0.0, 1.0, 0.09, 0.115, 110.0, 1.5)
_LEAST = (-0.1, 0.98, 0.02, 0.07, 60.0, 1.0)
_MOST = (0.1, 1.02, 0.35, 0.2, 179.0, 4.0)
_STEP = (0.01, 0.001, 0.01, 0.01, 5.0, 0.2)

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Excitation:
    """How a scan was made.

    Attributes
    ----------
    primary_kev : float
        Energy of the exciting X-rays; of a tube one that stands for its spectrum.
    anode : str or None
        The tube's, whose K lines are scattered; None for a monochromatic beam.
    around : tuple of str
        Elements of air and instrument.
    """

    primary_kev: float
    anode: str | None
    around: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """Templates for the spectra of a scan.

    Attributes
    ----------
    wanted : Wanted
        The elements.
    response : Response
        The detector's, refined.
    channels : slice
        Which channels are used.
    energy_kev : (channels,) float64
        Of all channels.
    whole : (templates, channels) float64
        Those of the elements first; area one, escape peaks included.
    labels : tuple of str
        Their names.
    amounts : (templates,) float64
        In the mean spectrum, counts.
    hidden : tuple of (int, int)
        Pairs: the first element's main line lies under another family of the second.
    """

    wanted: Wanted
    response: Response
    channels: slice
    energy_kev: Floats
    whole: Floats
    labels: tuple[str, ...]
    amounts: Floats
    hidden: tuple[tuple[int, int], ...]

    @cached_property
    def templates(self) -> Floats:
        """In the channels used, (templates, used channels)."""
        return self.whole[:, self.channels]

    @property
    def expected(self) -> Floats:
        """Mean counts that the templates explain, (used channels,)."""
        return self.amounts @ self.templates

    def interfering(self) -> tuple[str, ...]:
        """Return for each element the one that disturbs it most in the mean spectrum, or ""."""
        count = len(self.wanted.families)
        shapes, amounts = self.templates[:count], self.amounts[:count]
        product = shapes @ shapes.T
        apparent = product * amounts / np.diag(product)[:, None]
        np.fill_diagonal(apparent, 0)
        names = []
        for at, row in enumerate(apparent):
            under = [two for one, two in self.hidden if one == at]
            worst = under[0] if under else int(row.argmax())
            is_near = _likeness(shapes[at], shapes[worst]) > _NEAR
            disturbs = under or (is_near and row[worst] > _DISTURBING * amounts[at])
            names.append(self.wanted.families[worst].name if disturbs else "")
        return tuple(names)


def fit_model(
    energy_kev: Floats, mean: Floats, pixels: int, elements: Iterable[str], beam: Excitation
) -> Model:
    """Fit the model of a scan to its mean spectrum.

    Parameters
    ----------
    energy_kev, mean : (channels,) float64
        Energies and counts per pixel.
    pixels : int
        Of how many it is the mean.
    elements : iterable of str
        As for `choose_families`.
    beam : Excitation
        How the scan was made.

    Returns
    -------
    Model
        Its templates.

    Raises
    ------
    InputError
        If the spectrum is empty or none of the elements can be seen.
    """
    if not np.all(np.isfinite(mean)) or mean.sum() <= 0:
        raise InputError("The spectrum is empty", hint="check which dataset holds the counts.")
    low = max(_LOWEST_KEV, float(energy_kev[0]))
    wanted = choose_families(elements, beam.primary_kev, low, float(energy_kev[-1]))
    if not wanted.families:
        said = "; ".join(f"{name}: {why}" for name, why in wanted.reasons.items())
        raise InputError(
            f"None of the elements can be seen: {said:.200}", hint="check the excitation energy."
        )
    maker = _Maker(energy_kev, np.clip(mean, 0, None), pixels, wanted, beam)
    return maker.model(maker.refine())


def with_templates(model: Model, mean: Floats, labels: list[str], whole: Floats) -> Model:
    """Return a model with other templates for the same elements.

    Parameters
    ----------
    model : Model
        Fitted to the mean spectrum.
    mean : (channels,) float64
        That spectrum.
    labels : list of str
        Of the templates, those of the elements first; parts of one element bear one label and
        are put together as the mean spectrum has them.
    whole : (templates, channels) float64
        Any areas.

    Returns
    -------
    Model
        With amounts from the mean spectrum.
    """
    weight = 1 / np.sqrt(model.expected + (_TRUST * model.expected) ** 2 + 1e-7)
    used = model.channels

    def amounts_of(templates: Floats) -> Floats:
        amounts: Floats = nnls((templates[:, used] * weight).T, mean[used] * weight)[0]
        return amounts

    names, joined = _joined(labels, whole, amounts_of(whole))
    return replace(model, whole=joined, labels=tuple(names), amounts=amounts_of(joined))


class _Maker:
    """Builds templates for a set of parameters; holds what stays the same."""

    def __init__(
        self, energy_kev: Floats, mean: Floats, pixels: int, wanted: Wanted, beam: Excitation
    ) -> None:
        self._energy, self._mean, self._wanted, self._beam = energy_kev, mean, wanted, beam
        self._edges = channel_edges(energy_kev)
        self._scattered = _scattered_lines(beam, float(energy_kev[-1]))
        low, high = _LOWEST_KEV, float(energy_kev[-1])
        if not len(self._scattered[0]):
            high = max(line.energy_kev for f in wanted.families for line in f.lines) + 0.5
        start, stop = np.searchsorted(energy_kev, [low, high])
        self._used = slice(int(start), max(int(stop), int(start) + 2))
        self._weight = 1 / np.sqrt(mean / pixels + (_TRUST * mean) ** 2 + 1e-7)[self._used]
        around = choose_families(beam.around, beam.primary_kev, low, high) if beam.around else None
        names = {family.name for family in wanted.families}
        self._air = [f for f in (around.families if around else ()) if f.name not in names]
        self._others = other_families(wanted.families, beam.primary_kev, low, high)

    def refine(self) -> Floats:
        """Return the parameters that fit the mean spectrum best."""
        found = least_squares(
            self._residual,
            _START,
            bounds=(_LEAST, _MOST),
            x_scale=_STEP,
            loss="soft_l1",
            max_nfev=40,
        )
        refined: Floats = found.x
        return refined

    def model(self, parameters: Floats) -> Model:
        """Return the model for some parameters."""
        response = Response(*parameters[:4])
        hidden = self._hidden(response)
        labels, templates = self._templates(parameters, split=True)
        amounts = self._amounts(templates)
        labels, templates = _joined(labels, templates, amounts)
        sum_labels, sums = self._sums(response, templates)
        labels, templates = [*labels, *sum_labels], np.vstack([templates, sums])
        amounts = self._amounts(templates)
        return Model(
            self._wanted,
            response,
            self._used,
            self._energy,
            templates,
            tuple(labels),
            amounts,
            hidden,
        )

    def _residual(self, parameters: Floats) -> Floats:
        _, templates = self._templates(parameters, split=False)
        amounts = self._amounts(templates)
        left: Floats = (self._mean - amounts @ templates)[self._used] * self._weight
        return left

    def _amounts(self, templates: Floats) -> Floats:
        """Return how much of each template is in the mean spectrum."""
        matrix = (templates[:, self._used] * self._weight).T
        amounts: Floats = nnls(matrix, self._mean[self._used] * self._weight)[0]
        return amounts

    def _templates(self, parameters: Floats, *, split: bool) -> tuple[list[str], Floats]:
        """Return names and templates; with each subshell for itself if they shall be split."""
        response = Response(*parameters[:4])
        named = []
        for family in self._wanted.families:
            parts = _subshells(family) if split else (family,)
            named += [(family.name, response.family(self._edges, part)) for part in parts]
        for family in (*self._air, *self._visible_others(response)):
            shape = response.family(self._edges, family)
            if all(_likeness(shape, other) < _ALIKE for _, other in named):
                named.append((family.name, shape))
        named += self._scatter(response, float(parameters[4]), float(parameters[5]))
        named += self._continuum(response)
        named = [
            (label, shape)
            for label, shape in named
            if shape[self._used].sum() > _SEEN * shape.sum()
        ]
        return [label for label, _ in named], np.array([shape for _, shape in named])

    def _visible_others(self, response: Response) -> list[Family]:
        """Return further families that don't lie under an element that is asked for."""
        return [
            other
            for other in self._others
            if not any(on_top_of(wish, other, response) for wish in self._wanted.families)
        ]

    def _hidden(self, response: Response) -> tuple[tuple[int, int], ...]:
        """Return which elements lie under another family of which."""
        elements = [family.element for family in self._wanted.families]
        return tuple(
            (at, elements.index(other.element))
            for at, wish in enumerate(self._wanted.families)
            for other in self._others
            if other.element != wish.element and on_top_of(wish, other, response)
        )

    def _scatter(
        self, response: Response, angle: float, widening: float
    ) -> list[tuple[str, Floats]]:
        """Return templates of Rayleigh and Compton scattering, the main line apart."""
        energies, shares = self._scattered
        named: list[tuple[str, Floats]] = []
        if not len(energies):
            return named
        main = energies < energies[shares.argmax()] * 1.05
        for chosen in (main, ~main):
            if chosen.any():
                part = shares[chosen] / shares[chosen].sum()
                elastic = part @ response.peaks(self._edges, energies[chosen])
                lower = np.array([compton_kev(float(e), angle) for e in energies[chosen]])
                inelastic = part @ response.peaks(self._edges, lower, widening)
                named += [("Rayleigh", elastic), ("Compton", inelastic)]
        return named

    def _continuum(self, response: Response) -> list[tuple[str, Floats]]:
        """Return the continuum in overlapping parts."""
        step = np.median(np.diff(self._energy))
        width = np.maximum(1, _SNIP_FWHM * response.fwhm_kev(np.clip(self._energy, 0, None)) / step)
        level = snip(self._mean, width.astype(np.intp)) + 1e-4 * self._mean.max()
        first, last = self._energy[self._used][[0, -1]]
        knots = np.linspace(first, last, max(2, 1 + round((last - first) / _CONTINUUM_KEV)))
        spacing = knots[1] - knots[0]
        parts = np.clip(1 - np.abs(self._energy - knots[:, None]) / spacing, 0, None) * level
        return [("continuum", part / part.sum()) for part in parts if part.sum() > 0]

    def _sums(self, response: Response, templates: Floats) -> tuple[list[str], Floats]:
        """Return templates for two photons counted as one, where the mean spectrum shows them."""
        count = len(self._wanted.families)
        amounts = self._amounts(templates)
        strongest = np.argsort(-amounts[:count])[:_STRONGEST]
        energies = [self._wanted.families[at].main_kev for at in strongest]
        labels, found = [], np.empty((0, templates.shape[1]))
        for at, first in enumerate(energies):
            for second in energies[at:]:
                shape = response.peaks(self._edges, np.array([first + second]))
                is_seen = shape[self._used].sum() > _SEEN
                if is_seen and self._is_there(np.vstack([templates, shape])):
                    labels.append(f"sum {first:.2f} + {second:.2f} keV")
                    found = np.vstack([found, shape])
        return labels, found

    def _is_there(self, templates: Floats) -> bool:
        """Whether the last template is in the mean spectrum beyond doubt."""
        if max(_likeness(templates[-1], other) for other in templates[:-1]) > _ALIKE:
            return False
        scaled = templates[:, self._used] * self._weight
        error = np.sqrt(np.linalg.inv(scaled @ scaled.T)[-1, -1])
        return bool(self._amounts(templates)[-1] > _SUM_SIGMAS * error)


def _scattered_lines(beam: Excitation, highest: float) -> tuple[Floats, Floats]:
    """Return energies and shares of the lines that the object scatters."""
    if beam.anode is None:
        energies, shares = np.array([beam.primary_kev]), np.ones(1)
    else:
        family = find_lines(beam.anode, "K", _TUBE_KEV)
        lines = family.lines if family else ()
        energies = np.array([line.energy_kev for line in lines])
        shares = np.array([line.share for line in lines])
    seen = energies < highest
    return energies[seen], shares[seen]


def _subshells(family: Family) -> tuple[Family, ...]:
    """Return the lines to each subshell as a family; K has but one."""
    shells = sorted({line.transition[:2] for line in family.lines}) if family.shell != "K" else []
    if not shells:
        return (family,)
    parts = ([line for line in family.lines if line.transition[:2] == shell] for shell in shells)
    return tuple(replace(family, lines=tuple(part)) for part in parts)


def _joined(labels: list[str], templates: Floats, amounts: Floats) -> tuple[list[str], Floats]:
    """Put an element's subshells together as the mean spectrum has them, each of area one."""
    areas = templates.sum(axis=1)
    counts = amounts * areas
    names: list[str] = []
    shapes = []
    for at, label in enumerate(labels):
        own = [at] if label in _REPEATED else [i for i, each in enumerate(labels) if each == label]
        if own[0] != at:
            continue
        is_clear = counts[own].sum() > _CLEAR * counts.max()
        weights = amounts[own] if is_clear else np.ones(len(own))
        names.append(label)
        shapes.append(weights @ templates[own] / (weights @ areas[own]))
    return names, np.array(shapes)


def _likeness(first: Floats, second: Floats) -> float:
    """Return the cosine of the angle between two templates."""
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))
