"""The variables that schedulers and workers have in every place."""

from typing import Final

PAGES: Final = [
    "distributed.http.statics",
    "distributed.http.scheduler.info",
    "distributed.http.scheduler.json",
]
"""What a scheduler shows besides Dask's dashboard; nothing here changes a cluster."""

WORKER_ENVIRONMENT: Final = {
    "DASK_DISTRIBUTED__P2P__STORAGE__DISK": "False",
    "DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES": str(PAGES),
    "DASK_DISTRIBUTED__WORKER__HTTP__ROUTES": "[]",
    "DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__SPILL": "False",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TARGET": "False",
    "BLOSC_NTHREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""Decrypted chunks stay in memory, one thread a core, no pages of workers over HTTP."""
