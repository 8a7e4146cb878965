"""oauthenticator's side of a provider: its traits, filled from the deployment's settings."""

import base64
from typing import Final
from urllib.parse import quote

from oauthenticator.generic import GenericOAuthenticator
from tornado.httpclient import AsyncHTTPClient
from traitlets import Bool, Instance, default

from museion_hub.settings import Settings
from museion_hub.sign_in.backchannel import BackChannel
from museion_hub.sign_in.presets import Provider, provider_of
from museion_hub.sign_in.secret import client_secret

MAX_ANSWER_BYTES: Final = 1024 * 1024
CALLBACK: Final = "/hub/oauth_callback"


class ProviderLine(GenericOAuthenticator):
    """The client that a deployment is to its provider."""

    settings = Instance(Settings, help="The deployment's settings.").tag(config=True)
    provider = Instance(Provider, help="Preset and settings together.")
    channel = Instance(BackChannel, help="The line to the provider.")
    enable_auth_state = Bool(default_value=True, help="A refresh needs the provider's tokens.")

    @property
    def is_local_too(self) -> bool:
        """Whether the registry's own accounts may sign in as well."""
        return self.settings.sign_in.local_too

    @default("provider")
    def _provider_default(self) -> Provider:
        return provider_of(self.settings)

    @default("channel")
    def _channel_default(self) -> BackChannel:
        return BackChannel(self.provider, self)

    @default("http_client")
    def _http_client_default(self) -> AsyncHTTPClient:
        return AsyncHTTPClient(force_instance=True, max_body_size=MAX_ANSWER_BYTES)

    @default("login_service")
    def _login_service_default(self) -> str:
        return self.provider.title

    @default("client_id")
    def _client_id_default(self) -> str:
        return self.provider.client_id

    @default("client_secret")
    def _client_secret_default(self) -> str:
        return client_secret(self.settings.sign_in.client_secret_file)

    @default("scope")
    def _scope_default(self) -> list[str]:
        return list(self.provider.scopes)

    @default("oauth_callback_url")
    def _oauth_callback_url_default(self) -> str:
        return self.settings.address + CALLBACK

    def build_token_info_request_headers(self) -> dict[str, str]:
        """Return the headers for the token endpoint; RFC 6749 2.3.1 encodes name and secret."""
        headers: dict[str, str] = super().build_token_info_request_headers()
        if self.basic_auth:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers

    async def discover(self) -> None:
        """Learn where the provider does what.

        Raises
        ------
        SignInError
            If it does not answer, or says what can't be.
        """
        metadata = await self.channel.metadata()
        self.authorize_url = metadata.authorization
        self.token_url = metadata.token
        self.basic_auth = metadata.uses_basic_auth
