"""Where dask.distributed enters (and, on its workers, capture/seats): lazily, and with the pip line where it is missing."""

import gc
import logging
from contextlib import AbstractContextManager
from typing import Any

from ..models.errors import CaptureError, InvalidType, MissingExtra

CONNECT_SECONDS = 10.0


def distributed() -> Any:
    """Return the distributed module (0.7 s on first use). Raises MissingExtra where it is not installed."""
    try:
        import distributed as module
    except ImportError:
        raise MissingExtra("work in many processes", "host", "distributed") from None
    return module


def local_cluster(workers: int) -> Any:
    """Return a cluster of `workers` dask workers on threads of this process: no process is started, no port opened to others.

    Takes go out one ahead, so that all workers are done at the same time.
    """
    from dask import config

    calm = {"distributed.scheduler.worker-saturation": 1.0, "distributed.worker.profile.enabled": False}
    only_here = "127.0.0.1:0"  # of the status pages, which dask serves in any case
    with config.set(calm):
        return distributed().LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=False, memory_limit=0, silence_logs=False,
            dashboard_address=None, worker_dashboard_address=only_here, scheduler_kwargs={"dashboard_address": only_here},
        )  # fmt: skip


def quiet() -> AbstractContextManager[None]:
    """Return a context in which dask logs nothing here: what goes wrong is said once, by our errors."""
    from distributed.utils import silence_logging_cmgr

    return silence_logging_cmgr(logging.CRITICAL + 1)


def client_of(scheduler: Any) -> tuple[Any, bool]:
    """Return (client, whether it is ours to close) of an address, a dask cluster or a dask client.

    Raises:
        CaptureError: no scheduler answers there. InvalidType: it is none of these.
    """
    module = distributed()
    if isinstance(scheduler, module.Client):
        return scheduler, False
    if not isinstance(scheduler, str) and not hasattr(scheduler, "scheduler_address"):
        raise InvalidType(
            f"scheduler is an address such as tcp://host:8786, or a dask cluster or client, got {scheduler!r:.80}"
        )
    try:
        return module.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False), True
    except (OSError, ValueError, TypeError) as error:
        why = f"{error}" or type(error).__name__
    gc.collect()  # closes the client that failed: were it collected while another one starts, dask would wait for itself
    raise CaptureError(f"no dask scheduler answers at {scheduler} ({why}): start one with `dask scheduler`, and workers with "
                       "`dask worker ADDRESS`")  # fmt: skip


def lost_its_workers(error: Exception) -> bool:
    """Tell whether dask gave a task up because the workers that ran it were lost."""
    from distributed.scheduler import KilledWorker

    return isinstance(error, KilledWorker)
