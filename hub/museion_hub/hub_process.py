"""The hub's process: ``python -m museion_hub.hub_process --config …``."""

import sys


def main() -> None:
    """Run the hub until it is asked to end."""
    # JupyterHub's event schemas hold no IRI, whose grammar takes seconds to build.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    from museion_hub.hub import Hub  # noqa: PLC0415  after that

    Hub.launch_instance()


if __name__ == "__main__":
    main()
