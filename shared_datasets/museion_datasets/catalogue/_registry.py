"""A hub's registry over HTTP.

Data keys, and the keys to a bucket, arrive sealed to a key pair made for that one request,
so neither the hub nor a proxy on the way sees them. The token goes to the registry's
address and nowhere else. A registry that is away for seconds is asked again.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, override
from urllib.parse import quote

import httpx

from museion_datasets import envelope, environment
from museion_datasets.catalogue._access import Catalogue, DatasetAccess, NewDataset
from museion_datasets.catalogue._answers import decode
from museion_datasets.catalogue._patience import Patience
from museion_datasets.catalogue._registrar import Registrar
from museion_datasets.catalogue._registry_notary import RegistryNotary
from museion_datasets.errors import (
    ConflictError,
    DatasetsError,
    InvalidError,
    KeyUnavailableError,
    NotFoundError,
    PolicyError,
    UnavailableError,
)
from museion_datasets.memory import Keyring
from museion_datasets.model import DatasetPath, DatasetRecord, Head
from museion_datasets.place import Credentials, Place
from museion_datasets.policy import DatasetPolicy
from museion_datasets.recipients.recipient import Partner, Recipient, Revocation

_TIMEOUT_S = 30.0
_PATIENCE_S = 5.0
_ERRORS: dict[int, type[DatasetsError]] = {
    400: InvalidError,
    401: KeyUnavailableError,
    403: PolicyError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidError,
    422: InvalidError,
}
_HINTS: dict[int, str] = {
    401: "sign in to the hub again, then restart the kernel.",
    404: "check the spelling with museion.datasets(), or ask the owner for access.",
    409: "open the newest version, apply the change to it and commit again.",
}


type Sign = Callable[[httpx.Request], httpx.Request]


def _sign_with(token: str) -> Sign:
    """Sign with a token; with the workspace's own, in the form that it has at the time."""
    is_own = token == environment.find_token()

    def sign(request: httpx.Request) -> httpx.Request:
        newest = environment.find_token() if is_own else None
        request.headers["Authorization"] = f"token {newest or token}"
        return request

    return sign


class RegistryCatalogue(Catalogue):
    """The datasets that a hub's registry shows to the holder of a token.

    Parameters
    ----------
    url : str
        Address of the registry service.
    token : str
        Hub API token; never shown.
    sign : callable, optional
        Signs each request, if that takes something else than a hub token.
    patience : Patience, optional
        For how long to ask again when the registry does not answer.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        sign: Sign | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.address = url.rstrip("/")
        self._patience = patience or Patience(_PATIENCE_S)
        self._client = httpx.Client(
            base_url=f"{self.address}/api/v1/",
            auth=sign or _sign_with(token),
            timeout=_TIMEOUT_S,
            # Questions are rare: an idle connection would only outlive forks and restarts.
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )

    def __repr__(self) -> str:
        return f"RegistryCatalogue({self.address!r})"

    def __reduce__(self) -> str:
        raise KeyUnavailableError(
            "A token does not leave the process that holds it",
            hint="connect again in the other process.",
        )

    @override
    def author(self) -> str:
        return decode(lambda: str(self._ask("GET", "me")["name"]))

    @override
    def records(self) -> list[DatasetRecord]:
        answer = self._ask("GET", "datasets")
        return decode(lambda: [DatasetRecord.from_json(item) for item in answer])

    @override
    def open_dataset(self, path: str, purpose: str | None = None) -> DatasetAccess:
        return self._open(path, {"purpose": purpose})

    @override
    def head(self, path: str, version: int) -> Head:
        answer = self._ask("GET", f"{_below(path)}/versions/{int(version)}")
        return decode(lambda: Head.from_json(answer))

    @override
    def create(self, wish: NewDataset) -> DatasetRecord:
        answer = self._ask("POST", "datasets", wish.to_json())
        return decode(lambda: DatasetRecord.from_json(answer))

    @override
    def commit(self, path: str, head: Head, size_bytes: int) -> None:
        body = {"parent": head.parent, "head": head.to_json(), "size_bytes": size_bytes}
        self._ask("POST", f"{_below(path)}/versions", body)

    @override
    def abandon(self, path: str) -> None:
        self._ask("DELETE", _below(path))

    @override
    def share(self, path: str, recipient: str | Partner) -> list[Recipient]:
        if isinstance(recipient, Partner):
            body = asdict(recipient)
            body["public_key"] = base64.b64encode(body.pop("public")).decode()
            answer = self._ask("POST", f"{_below(path)}/partners", body)
        else:
            body = {"workgroup": recipient}
            answer = self._ask("POST", f"{_below(path)}/recipients", body)
        return decode(lambda: [Recipient.from_json(item) for item in answer])

    @override
    def revoke(self, path: str, recipient: str) -> Revocation:
        route = f"{_below(path)}/recipients/{quote(recipient, safe='')}"
        answer = self._ask("DELETE", route)
        return decode(lambda: Revocation(**answer))

    @override
    def rotate(self, path: str) -> int:
        answer = self._ask("POST", f"{_below(path)}/epochs")
        return decode(lambda: int(answer["epoch"]))

    @override
    def recipients(self, path: str) -> list[Recipient]:
        answer = self._ask("GET", f"{_below(path)}/recipients")
        return decode(lambda: [Recipient.from_json(item) for item in answer])

    @override
    def policy(self, path: str) -> DatasetPolicy:
        answer = self._ask("GET", f"{_below(path)}/policy")
        return decode(lambda: DatasetPolicy.from_json(answer))

    @override
    def set_policy(self, path: str, policy: DatasetPolicy) -> DatasetPolicy:
        answer = self._ask("PUT", f"{_below(path)}/policy", policy.to_json())
        return decode(lambda: DatasetPolicy.from_json(answer))

    @override
    def notary(self) -> RegistryNotary:
        return RegistryNotary(self._ask)

    def clusters(self) -> Registrar:
        """Return what makes clusters known to the registry.

        Returns
        -------
        Registrar
            On behalf of the same token.
        """
        return Registrar(self._ask)

    def _open(self, path: str, wish: dict[str, Any]) -> DatasetAccess:
        """Ask for access, with the keys sealed to a fresh pair."""
        pair = envelope.generate_keypair()
        body = {"public_key": base64.b64encode(pair.public).decode(), **wish}
        answer = self._ask("POST", f"{_below(path)}/open", body, is_repeatable=True)
        return decode(lambda: _access(answer, pair))

    def _ask(
        self,
        method: str,
        route: str,
        body: dict[str, Any] | None = None,
        *,
        is_repeatable: bool = False,
    ) -> Any:  # noqa: ANN401 - parsed JSON
        """Send a request, again if need be, and return the parsed answer."""
        return self._parsed(
            lambda: self._patience.ask(
                lambda: self._client.request(method, route, json=body),
                is_repeatable=is_repeatable or method == "GET",
            )
        )

    def _parsed(self, send: Callable[[], httpx.Response]) -> Any:  # noqa: ANN401 - parsed JSON
        """Return what is in an answer.

        Raises
        ------
        UnavailableError
            If the registry does not answer, or answers with something else than JSON.
        """
        try:
            response = send()
            require_success(response)
            return response.json() if response.content else None
        except (httpx.TransportError, ValueError) as error:
            raise UnavailableError(
                f"The registry does not answer: {self.address}",
                hint="wait a minute, then try again; if it stays, ask whoever runs the hub.",
            ) from error


def _below(path: str) -> str:
    """Return the route of a dataset."""
    return f"datasets/{DatasetPath.parse(path)}"


def require_success(response: httpx.Response) -> None:
    """Raise our error for an answer that is one.

    Parameters
    ----------
    response : httpx.Response
        From a registry.

    Raises
    ------
    DatasetsError
        As the registry's status says, in the registry's words.
    """
    if not response.is_error:
        return
    status = response.status_code
    try:
        said = response.json()
        message, hint = str(said["message"]), str(said["hint"])
    except (ValueError, KeyError, TypeError):
        message, hint = f"The registry refuses: {status} {response.reason_phrase}", ""
    hint = hint or _HINTS.get(status, "wait a minute, then try again.")
    error: DatasetsError = _ERRORS.get(status, UnavailableError)(message, hint=hint)
    raise error


def _access(answer: dict[str, Any], pair: envelope.KeyPair) -> DatasetAccess:
    """Open what the registry vended."""
    record = DatasetRecord.from_json(answer["dataset"])
    # Nothing but a Keyring holds keys in these frames, whose variables a traceback may show.
    keys = Keyring({
        int(item["epoch"]): envelope.open_(
            pair.private,
            base64.b64decode(item["sealed_key"], validate=True),
            envelope.vend_info(record.id, int(item["epoch"])),
        )
        for item in answer["keys"]
    })
    place = Place(**answer["place"])
    return DatasetAccess(
        record=record,
        head=None if answer["head"] is None else Head.from_json(answer["head"]),
        epoch=int(answer["epoch"]),
        keys=keys,
        location=str(answer["location"]),
        policy=DatasetPolicy.from_json(answer["policy"]),
        place=place,
        credentials=_credentials(answer, pair, envelope.place_info(record.id, place.name)),
        key_files={str(path): str(text).encode() for path, text in answer["key_files"].items()},
    )


def _credentials(answer: dict[str, Any], pair: envelope.KeyPair, info: bytes) -> Credentials | None:
    """Open the keys to a bucket, if there are any."""
    sealed = answer["sealed_credentials"]
    if sealed is None:
        return None
    opened = envelope.open_(pair.private, base64.b64decode(sealed, validate=True), info)
    return Credentials(**json.loads(opened))
