"""Which codec pipeline zarr uses in this process."""

import zarr

from museion_datasets.arrays.pipeline import SealedCodecPipeline

_STOCK_PIPELINE = "zarr.core.codec_pipeline.BatchedCodecPipeline"
_OUR_PIPELINE = f"{SealedCodecPipeline.__module__}.{SealedCodecPipeline.__qualname__}"


def prefer_fused_pipeline() -> None:
    """Let zarr decode without an event loop, unless somebody has chosen a pipeline.

    It reads the same bytes; sharded cubes arrive several times faster. The sharding codec
    looks at zarr's configuration while it reads, so this holds for the whole process.
    """
    if zarr.config.get("codec_pipeline.path") == _STOCK_PIPELINE:
        zarr.config.set({"codec_pipeline.path": _OUR_PIPELINE})
