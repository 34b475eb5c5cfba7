"""AWS Lambda for real: every execution environment is a process that runs the handler under `awslambdaric`.

- `api` is the contract: configure, invoke, shutdown.
- `moto_seam` puts it behind moto's Lambda API.
- `nursery`, `nursery_main` fork environments; `environment` drives one; `runtime_api` speaks its protocol.
- `pool`, `concurrency` decide which environment serves, and whether one may.
- `logs`, `memory`, `measures` tell afterwards what happened.
"""


def install() -> None:
    """Put this Lambda behind moto's API; see `moto_seam`."""
    from infra.embedded.functions import moto_seam  # noqa: PLC0415 - moto is loaded when it is needed

    moto_seam.install()
