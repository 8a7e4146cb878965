"""A PKCS#11 token in software (SoftHSM), in a folder of its own."""

import os
import subprocess
from pathlib import Path
from typing import Final

MODULE: Final = "/usr/lib/softhsm/libsofthsm2.so"
LABEL: Final = "museion-test"
PIN: Final = "123456"


def make_token(folder: Path) -> dict[str, str]:
    """Initialise a token; give the environment in which its library finds it."""
    tokens = folder / "tokens"
    tokens.mkdir(parents=True)
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\n")
    environment = {**os.environ, "SOFTHSM2_CONF": str(config)}
    subprocess.run(
        [
            *("softhsm2-util", "--init-token", "--free"),
            *("--label", LABEL, "--so-pin", "12345678", "--pin", PIN),
        ],
        env=environment,
        check=True,
        capture_output=True,
    )
    return {"SOFTHSM2_CONF": str(config)}
