"""The examples that the S3 documentation publishes for signature version 4."""

from datetime import UTC, datetime

import pytest

from museion_datasets.objects._signature import encode_query, sign
from museion_datasets.place import Credentials

KEYS = Credentials(
    "", "us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)
HOST = "examplebucket.s3.amazonaws.com"
MOMENT = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "signature"),
    [
        (
            {"lifecycle": ""},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            {"prefix": "J", "max-keys": "2"},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_request_is_signed_as_the_documentation_says(query: dict[str, str], signature: str) -> None:
    headers = sign("GET", HOST, "/", encode_query(query), KEYS, MOMENT)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        f"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"
    )


def test_key_that_ends_sends_its_session_token() -> None:
    keys = Credentials("", "", "a", "b", "session")
    headers = sign("GET", HOST, "/", "", keys, MOMENT)
    assert headers["x-amz-security-token"] == "session"
    assert "x-amz-security-token" in headers["authorization"]
