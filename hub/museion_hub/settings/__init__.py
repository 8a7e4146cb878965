"""The settings of a deployment: one file `museion.toml`, read once, checked, then frozen."""

from museion_hub.settings.compute import Clusters, ComputeKind, ComputePlace
from museion_hub.settings.files import (
    load_settings,
    save_settings,
    settings_from,
    settings_text,
)
from museion_hub.settings.kubernetes import Kubernetes, KubernetesOptions
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
from museion_hub.settings.servers import Servers, ServersKind
from museion_hub.settings.slurm import SlurmOptions

__all__ = [
    "Clusters",
    "ComputeKind",
    "ComputePlace",
    "DeclaredPlace",
    "GroupRule",
    "Isolation",
    "Kubernetes",
    "KubernetesOptions",
    "Limits",
    "Mail",
    "MailSecurity",
    "Network",
    "RootKey",
    "Servers",
    "ServersKind",
    "Settings",
    "SignIn",
    "SignInOpenTo",
    "SignInPreset",
    "SignInProvider",
    "SlurmOptions",
    "load_settings",
    "save_settings",
    "settings_from",
    "settings_text",
]
