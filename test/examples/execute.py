"""Runs a notebook in place as `jupyter nbconvert --execute --inplace` does, and misses no output.

Deno's kernel now and then publishes that it is idle before a cell's result, and nbclient stops collecting
at idle. So after each cell the kernel is asked for its description, and what arrives until that request is
done still goes to the cell.
"""

import sys
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ExecutePreprocessor


class ExecuteToTheEnd(ExecutePreprocessor):
    async def _async_poll_output_msg(self, parent_msg_id, cell, cell_index):
        await super()._async_poll_output_msg(parent_msg_id, cell, cell_index)
        request = self.kc.kernel_info()
        while True:
            message = await self.kc.iopub_channel.get_msg(timeout=None)
            parent = message["parent_header"].get("msg_id")
            if parent == parent_msg_id:
                self.process_message(message, cell, cell_index)
            elif parent == request and message["content"].get("execution_state") == "idle":
                return


path = Path(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
ExecuteToTheEnd().preprocess(notebook, {"metadata": {"path": str(path.parent)}})
nbformat.write(notebook, path)
