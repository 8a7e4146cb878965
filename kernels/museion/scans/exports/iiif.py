"""Describes a scan for IIIF viewers: a manifest with one scene.

Follows the draft of the IIIF Presentation API 4.0 (4.0.0-draft, as of May 2026), classes
Manifest, Scene, Model and Quantity. A scene is right-handed with y up, as glTF is; its
`spatialScale` says that a unit is a metre.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from museion.errors import InputError
from museion.scans.exports.content import ScanFacts

CONTEXT = "http://iiif.io/api/presentation/4/context.json"
GLB = "model/gltf-binary"
_PAINTING = "painting"

type Json = dict[str, Any]


def make_manifest(
    facts: ScanFacts,
    manifest_url: str,
    model_url: str,
    annotations: Sequence[Mapping[str, Any]] = (),
) -> Json:
    """Return the manifest.

    Parameters
    ----------
    facts : ScanFacts
        Of the exported level of detail.
    manifest_url : str
        Where the manifest will be published; http or https.
    model_url : str
        Where the GLB file will be published.
    annotations : sequence of mapping
        W3C Web Annotations that target the manifest's scene, whose id is `scene_url`, in the
        scene's coordinates: metres, y up. Those that paint, as cameras, become items of the
        scene, the others its annotations.

    Raises
    ------
    InputError
        If an address is none, or an annotation has no id and target.
    """
    root = _root(manifest_url)
    require_url(model_url)
    scene: Json = {
        "id": scene_url(manifest_url),
        "type": "Scene",
        "label": _said(facts.title),
        "spatialScale": {"type": "Quantity", "quantityValue": 1.0, "unit": "m"},
    }
    checked = [_require_annotation(each) for each in annotations]
    painted = [each for each in checked if _PAINTING in each["motivation"]]
    others = [each for each in checked if _PAINTING not in each["motivation"]]
    model = _painting(facts, root, model_url)
    scene["items"] = [_page(f"{root}/scene/items", [model, *painted])]
    if others:
        scene["annotations"] = [_page(f"{root}/scene/annotations", others)]
    summary = {"summary": _said(facts.description)} if facts.description else {}
    rights = facts.rights_uri.replace("https://", "http://", 1)
    return {
        "@context": CONTEXT,
        "id": manifest_url,
        "type": "Manifest",
        "label": _said(facts.title),
        **summary,
        "metadata": [_pair(name, value) for name, value in _metadata(facts).items()],
        **({"rights": rights} if rights else {}),
        "requiredStatement": _pair("Rights", f"{facts.rights}. {facts.nature}."),
        "items": [scene],
    }


def scene_url(manifest_url: str) -> str:
    """Return the id of a manifest's scene, which annotations target.

    Parameters
    ----------
    manifest_url : str
    """
    return f"{_root(manifest_url)}/scene"


def require_url(text: object) -> str:
    """Return an absolute address of http or https.

    Raises
    ------
    InputError
        If it is none, or has a fragment.
    """
    parts = urlsplit(text) if isinstance(text, str) else None
    is_plain = parts is not None and not any(each.isspace() for each in str(text))
    if (
        parts is None
        or not is_plain
        or parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.fragment
    ):
        raise InputError(
            f"Not an address where something can be published: {text!r:.80}",
            hint='give it whole, as "https://museum.example/iiif/amphora/manifest.json".',
        )
    return str(text)


def _root(manifest_url: str) -> str:
    return require_url(manifest_url).removesuffix(".json").rstrip("/")


def _painting(facts: ScanFacts, root: str, model_url: str) -> Json:
    return {
        "id": f"{root}/scene/models/1",
        "type": "Annotation",
        "motivation": [_PAINTING],
        "body": {"id": model_url, "type": "Model", "format": GLB, "label": _said(facts.title)},
        "target": {"id": f"{root}/scene", "type": "Scene"},
    }


def _page(url: str, items: Sequence[Mapping[str, Any]]) -> Json:
    return {"id": url, "type": "AnnotationPage", "items": list(items)}


def _metadata(facts: ScanFacts) -> dict[str, str]:
    found = {
        "Dataset": f"{facts.dataset}, version {facts.version}",
        "Digest": facts.digest,
        "Unit of length": "metre",
        "Nature": facts.nature,
        "Level of detail": facts.level,
        "Source": facts.source,
        "Noise (standard deviation)": "" if facts.noise_m is None else f"{facts.noise_m:g} m",
        "Software": facts.software,
    }
    return {name: value for name, value in found.items() if value}


def _pair(name: str, value: str) -> Json:
    return {"label": {"en": [name]}, "value": _said(value)}


def _said(text: str) -> dict[str, list[str]]:
    """Return a text of no declared language."""
    return {"none": [text]}


def _require_annotation(annotation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an annotation that a manifest can hold.

    Raises
    ------
    InputError
        If it is none.
    """
    is_one = isinstance(annotation, Mapping) and annotation.get("type") == "Annotation"
    if not is_one or not annotation.get("target") or not annotation.get("motivation"):
        raise InputError(
            f"Not a Web Annotation: {annotation!r:.80}",
            hint="it has type Annotation, an id, a motivation and a target.",
        )
    require_url(annotation.get("id"))
    return {name: value for name, value in annotation.items() if name != "@context"}
