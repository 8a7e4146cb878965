"""The root key in a PKCS#11 token, and the commands that move it there and back."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.hardware_token import LABEL, MODULE, PIN, make_token

pytestmark = pytest.mark.integration
GUARD = """
import sys
from pathlib import Path
from museion_hub.custody import open_root_key
from museion_hub.custody.errors import CustodyError
from museion_hub.custody.hardware import TokenGuard
module, label, pin, path, may_create = sys.argv[1:]
try:
    guard = TokenGuard(module, label, pin)
    key = open_root_key(Path(path), may_create=bool(may_create), guard=guard)
    print(key.hex())
except CustodyError as error:
    print(error)
"""


class Token:
    """A token, used from processes of their own: its library looks once at its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = make_token(folder)

    def open(
        self,
        path: Path,
        *,
        module: str = MODULE,
        label: str = LABEL,
        pin: str = PIN,
        make: bool = False,
    ) -> str:
        """Open the root key in this file; give it in hexadecimal digits, or the refusal."""
        arguments = [module, label, pin, str(path), "yes" if make else ""]
        return self.run(["-c", GUARD, *arguments])

    def run(self, arguments: list[str]) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        return (done.stdout + done.stderr).strip()


@pytest.fixture
def token(tmp_path: Path) -> Token:
    return Token(tmp_path / "hsm")


def test_key_in_a_token_opens_with_token_and_pin_only(token: Token, tmp_path: Path) -> None:
    path = tmp_path / "root-key"
    key = token.open(path, make=True)
    assert len(bytes.fromhex(key)) == 32
    assert token.open(path) == key
    assert key not in path.read_text()
    assert "PIN does not open the token" in token.open(path, pin="999999")
    assert "There is no token labelled: lost" in token.open(path, label="lost")
    assert "library does not answer: /nowhere.so" in token.open(path, module="/nowhere.so")


def test_another_token_with_the_same_label_and_pin_does_not_open(
    token: Token, tmp_path: Path
) -> None:
    path = tmp_path / "root-key"
    token.open(path, make=True)
    other = Token(tmp_path / "other")
    assert "holds no key named museion-root" in other.open(path)
    other.open(tmp_path / "of-the-other", make=True)
    assert "does not open the root key" in other.open(path)


def test_rewrap_moves_the_key_into_the_token_and_back(token: Token, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    pin.chmod(0o600)
    config = tmp_path / "museion.toml"
    settings = {"module": MODULE, "token": LABEL, "pin_file": "pin"}
    hardware = "".join(f'root_key_{name} = "{value}"\n' for name, value in settings.items())
    config.write_text(hardware)
    path = tmp_path / ".museion/secrets/root-key"
    make = "import sys; from pathlib import Path; from museion_hub.custody import open_root_key;"
    make += "print(open_root_key(Path(sys.argv[1]), may_create=True).hex())"
    (tmp_path / ".museion/run").mkdir(parents=True)
    key = token.run(["-c", make, str(path)])
    command = "import sys; from museion_datasets.cli import main; sys.exit(main(sys.argv[1:]))"
    rewrap = ["-c", command, "keys", "rewrap", "--config", str(config), "--to"]
    assert 'root_key = "pkcs11"' in token.run([*rewrap, "pkcs11"])
    assert token.open(path) == key
    config.write_text(f'root_key = "pkcs11"\n{hardware}')
    assert 'root_key = "file"' in token.run([*rewrap, "file"])
    assert token.run(["-c", make, str(path)]) == key
