"""The few files of `/etc` that are written for a sandbox instead of shown from the machine.

They name one user and one host, and no resolver: a sandbox with a network of its own has
nobody to ask.
"""

from collections.abc import Mapping
from pathlib import Path

from museion_hub.sandbox.bubblewrap import USER_ID, Mount

NOBODY_ID = 65534


def identity_files(name: str, home: str) -> Mapping[str, str]:
    """Return the files' contents by their name in `/etc`; a pure function."""
    return {
        "passwd": (
            f"member:x:{USER_ID}:{USER_ID}:{name}:{home}:/bin/bash\n"
            f"nobody:x:{NOBODY_ID}:{NOBODY_ID}:nobody:/nonexistent:/usr/sbin/nologin\n"
        ),
        "group": f"member:x:{USER_ID}:\nnogroup:x:{NOBODY_ID}:\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
        "hostname": f"{name}\n",
        "hosts": f"127.0.0.1 localhost {name}\n",
        "resolv.conf": "# no resolver: the sandbox has a network of its own\n",
    }


def write_identity_files(contents: Mapping[str, str], folder: Path) -> tuple[Mount, ...]:
    """Write the files into `folder` and return where they are to be seen."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_text(content, encoding="utf-8")
    return tuple(Mount(folder / name, f"/etc/{name}") for name in contents)
