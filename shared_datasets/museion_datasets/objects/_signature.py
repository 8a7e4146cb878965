"""The S3 signature, version 4, for the few requests that obstore does not make.

As AWS specifies it for the ``Authorization`` header; only for requests without a body.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from museion_datasets.place import Credentials

DEFAULT_REGION = "us-east-1"

_ALGORITHM = "AWS4-HMAC-SHA256"
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


def encode_query(query: Mapping[str, str]) -> str:
    """Encode a query as the signature wants it.

    Parameters
    ----------
    query : mapping of str to str
        Names and values.

    Returns
    -------
    str
        Sorted and escaped.
    """
    return "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(query.items())
    )


def sign(
    method: str, host: str, path: str, query: str, credentials: Credentials, moment: datetime
) -> dict[str, str]:
    """Return the headers that authorize a request without a body.

    Parameters
    ----------
    method : str
        GET or DELETE.
    host : str
        As the ``Host`` header says it.
    path : str
        Escaped, as it stands in the request.
    query : str
        From `encode_query`.
    credentials : Credentials
        With both keys.
    moment : datetime.datetime
        Now.

    Returns
    -------
    dict of str to str
        Headers to send.
    """
    stamp = moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-content-sha256": _EMPTY_SHA256, "x-amz-date": stamp}
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{_EMPTY_SHA256}"
    parts = (stamp[:8], credentials.region or DEFAULT_REGION, "s3", "aws4_request")
    scope = "/".join(parts)
    text = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_key}".encode()
    for part in parts:
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    credential = f"{credentials.access_key}/{scope}"
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return headers
