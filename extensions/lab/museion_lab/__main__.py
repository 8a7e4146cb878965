"""A workspace's server: ``python -m museion_lab …``, started by the hub."""

import sys


def main() -> None:
    """Run the server until it is asked to end."""
    # The server's event schemas hold no IRI, whose grammar takes seconds to build.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    from jupyterhub.singleuser import main as serve  # noqa: PLC0415  after that

    serve()


if __name__ == "__main__":
    main()
