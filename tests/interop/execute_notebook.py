"""Executes a notebook in its own folder, and prints what came of it as JSON."""
import json
import os
import sys

import nbformat
from nbclient import NotebookClient

path = os.path.abspath(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
client = NotebookClient(
    notebook,
    kernel_name="deno",
    timeout=900,
    allow_errors=True,
    record_timing=False,
    resources={"metadata": {"path": os.path.dirname(path)}},
)
client.execute()
json.dump(notebook, sys.stdout)
