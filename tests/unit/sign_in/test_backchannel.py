"""What the hub makes of a provider's answers: believed, refused, or a sign that it is away."""

import json
import time
from io import BytesIO
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tornado.httpclient import HTTPClientError, HTTPRequest, HTTPResponse

from museion_hub.sign_in.backchannel import KEYS_AGAIN_AFTER_S, METADATA_FOR_S, BackChannel
from museion_hub.sign_in.errors import (
    AttemptError,
    DeniedError,
    Problem,
    ProviderAnswerError,
    ProviderAwayError,
)
from museion_hub.sign_in.presets import Provider
from museion_hub.sign_in.rules import Rules
from museion_hub.sign_in.tokens import Session

ISSUER = "https://sso.example"
NOW = 1_800_000_000.0
PROVIDER = Provider(
    "Museum", ISSUER, "museion", ("openid",), "sub", "", Rules((), None, frozenset(), frozenset())
)


class SimulatedLine:
    """A provider in the same process: answers by address, and counts the questions."""

    def __init__(self) -> None:
        self.now = NOW
        self.asked: list[str] = []
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.key_id = "one"
        self.answers: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/auth",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/jwks",
                "userinfo_endpoint": f"{ISSUER}/me",
            },
            "/jwks": self.jwks,
            "/token": lambda: {"access_token": "a", "refresh_token": "r", "id_token": self.token()},
            "/me": {"sub": "1", "name": "Astrid"},
        }

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "use": "sig"}]}

    def token(self, **changes: object) -> str:
        now = int(time.time())  # the library looks at the real clock
        claims = {"iss": ISSUER, "aud": "museion", "sub": "1", "nonce": "n"}
        return jwt.encode(
            {**claims, "iat": now, "exp": now + 60, **changes},
            self.key,
            "RS256",
            headers={"kid": self.key_id},
        )

    async def httpfetch(self, url: str, label: str, **options: object) -> object:
        del label
        assert options["follow_redirects"] is False
        path = url.removeprefix(ISSUER)
        self.asked.append(path)
        answer = self.answers[path]
        answer = answer() if callable(answer) else answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def build_token_info_request_headers(self) -> dict[str, str]:
        return {}

    def build_refresh_token_request_params(self, refresh_token: str) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": refresh_token}

    def build_userdata_request_headers(self, access_token: str, token_type: str) -> dict[str, str]:
        return {"Authorization": f"{token_type} {access_token}"}


@pytest.fixture
def line() -> SimulatedLine:
    return SimulatedLine()


@pytest.fixture
def channel(line: SimulatedLine) -> BackChannel:
    return BackChannel(PROVIDER, line, lambda: line.now)


def failure(code: int, body: str = "") -> HTTPClientError:
    request = HTTPRequest(ISSUER)
    response = HTTPResponse(request, code, buffer=BytesIO(body.encode()))
    return HTTPClientError(code, response=response)


SESSION = Session("1", "a", "r", "", NOW - 100)


async def test_code_becomes_claims_and_a_session(channel: BackChannel) -> None:
    claims, session = await channel.exchange({}, "n")
    assert (claims["sub"], claims["name"]) == ("1", "Astrid")
    assert (session.refresh_token, session.confirmed) == ("r", NOW)


async def test_description_is_read_again_after_an_hour(
    channel: BackChannel, line: SimulatedLine
) -> None:
    for _ in range(3):
        await channel.metadata()
    assert len(line.asked) == 1
    line.now += METADATA_FOR_S + 1
    await channel.metadata()
    assert len(line.asked) == 2


async def test_new_key_of_the_provider_is_looked_up_but_not_for_every_token(
    channel: BackChannel, line: SimulatedLine
) -> None:
    await channel.exchange({}, "n")
    line.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    line.key_id = "two"
    with pytest.raises(ProviderAnswerError):
        await channel.exchange({}, "n")
    assert line.asked.count("/jwks") == 1
    line.now += KEYS_AGAIN_AFTER_S + 1
    await channel.exchange({}, "n")
    assert line.asked.count("/jwks") == 2


async def test_provider_without_user_info_is_read_by_its_id_token(
    channel: BackChannel, line: SimulatedLine
) -> None:
    del line.answers["/.well-known/openid-configuration"]["userinfo_endpoint"]
    claims, session = await channel.exchange({}, "n")
    assert "name" not in claims
    line.answers["/token"] = lambda: {"access_token": "b", "id_token": line.token()}
    _, renewed = await channel.renew(session)
    assert (renewed.access_token, renewed.refresh_token) == ("b", "r")


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        ("/token", failure(503), ProviderAwayError),
        ("/token", failure(429), ProviderAwayError),
        ("/token", failure(599), ProviderAwayError),
        ("/token", OSError("refused"), ProviderAwayError),
        ("/token", ValueError("no JSON"), ProviderAnswerError),
        ("/token", failure(400, '{"error": "invalid_grant"}'), AttemptError),
        ("/token", failure(401, '{"error": "invalid_client"}'), ProviderAnswerError),
        ("/token", failure(302), ProviderAnswerError),
        ("/token", None, ProviderAnswerError),
        ("/token", {"error": "x"}, ProviderAnswerError),
        ("/token", {"access_token": 7, "id_token": "x"}, ProviderAnswerError),
        ("/token", {"access_token": "a"}, ProviderAnswerError),
        ("/jwks", {"keys": []}, ProviderAnswerError),
        ("/jwks", failure(404), ProviderAnswerError),
        ("/me", {"sub": "2"}, ProviderAnswerError),
        ("/me", [], ProviderAnswerError),
    ],
)
async def test_sign_in_fails_for_this_reason(
    channel: BackChannel, line: SimulatedLine, path: str, answer: object, error: type[Exception]
) -> None:
    line.answers[path] = answer
    with pytest.raises(error):
        await channel.exchange({}, "n")


@pytest.mark.parametrize(
    ("me", "token", "error"),
    [
        (failure(401), failure(400, '{"error": "invalid_grant"}'), DeniedError),
        (failure(401), failure(500), ProviderAwayError),
        (failure(401), failure(401, '{"error": "invalid_client"}'), ProviderAnswerError),
        (failure(401), {"access_token": "b"}, DeniedError),
        (failure(500), {"access_token": "b"}, ProviderAwayError),
        (failure(403, '{"error": "insufficient_scope"}'), None, ProviderAnswerError),
    ],
)
async def test_refresh_fails_for_this_reason(
    channel: BackChannel, line: SimulatedLine, me: object, token: object, error: type[Exception]
) -> None:
    line.answers |= {"/me": me, "/token": token}
    with pytest.raises(error):
        await channel.renew(SESSION)


async def test_refresh_does_not_say_itself_that_the_person_is_vouched_for(
    channel: BackChannel,
) -> None:
    _, renewed = await channel.renew(SESSION)
    assert renewed == SESSION


async def test_refreshed_token_of_another_person_is_refused(
    channel: BackChannel, line: SimulatedLine
) -> None:
    line.answers["/me"] = failure(401)
    line.answers["/token"] = lambda: {"access_token": "b", "id_token": line.token(sub="2")}
    with pytest.raises(ProviderAnswerError):
        await channel.renew(SESSION)


async def test_provider_that_is_away_is_not_asked_by_every_request(
    channel: BackChannel, line: SimulatedLine
) -> None:
    await channel.metadata()
    line.answers["/me"] = OSError("refused")
    for _ in range(5):
        with pytest.raises(ProviderAwayError):
            await channel.renew(SESSION)
    assert line.asked.count("/me") == 1
    line.now += 6
    line.answers["/me"] = {"sub": "1"}
    await channel.renew(SESSION)


async def test_session_without_a_refresh_token_ends_with_its_access_token(
    channel: BackChannel, line: SimulatedLine
) -> None:
    line.answers["/me"] = failure(401)
    with pytest.raises(DeniedError) as error:
        await channel.renew(Session("1", "a", "", "", NOW))
    assert error.value.problem is Problem.ENDED


async def test_token_signed_on_a_curve_is_read(channel: BackChannel, line: SimulatedLine) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    held = jwt.decode(line.token(), options={"verify_signature": False})
    token = jwt.encode(held, key, "ES256")
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    line.answers |= {
        "/jwks": {"keys": [public, {"kty": "oct", "k": "AA"}]},
        "/token": {"access_token": "a", "id_token": token},
    }
    claims, _ = await channel.exchange({}, "n")
    assert claims["sub"] == "1"
