"""The settings of a deployment: one file `museion.toml`, read once, checked, then frozen."""

from museion_hub.settings.files import load_settings, save_settings, settings_from
from museion_hub.settings.model import (
    DeclaredPlace,
    GroupRule,
    Isolation,
    Limits,
    Mail,
    MailSecurity,
    Network,
    RootKey,
    Settings,
    SignIn,
    SignInOpenTo,
    SignInPreset,
    SignInProvider,
)

__all__ = [
    "DeclaredPlace",
    "GroupRule",
    "Isolation",
    "Limits",
    "Mail",
    "MailSecurity",
    "Network",
    "RootKey",
    "Settings",
    "SignIn",
    "SignInOpenTo",
    "SignInPreset",
    "SignInProvider",
    "load_settings",
    "save_settings",
    "settings_from",
]
