"""`workflow-chat traces`: writes what is not written yet into MLflow, and opens MLflow's page."""

from __future__ import annotations

import argparse
import os
import sys

from chat_app.cli.building import built
from chat_app.cli.exits import Exit, Misuse
from chat_app.cli.texts import note, say
from chat_app.tracing.traces import NICE, Traces
from chat_app.translation import tr


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    command = commands.add_parser("traces", help="look at runs and designs in MLflow", description=__doc__)
    command.add_argument("--port", type=int, default=5000, help="the port of MLflow's page (default: 5000)")
    command.add_argument("--write", action="store_true", help="only write, quietly, and end")
    command.set_defaults(command=traces)


def traces(arguments: argparse.Namespace) -> Exit:
    """Writes, then serves MLflow's page unless a server of its own does."""
    with built() as app:
        try:
            if app.traces is None:
                raise Misuse("traces are switched off here; set WORKFLOW_CHAT_MLFLOW=on or MLFLOW_TRACKING_URI")
            if arguments.write:
                return _write_quietly(app.traces)
            return _show(app.traces, arguments.port)
        finally:
            app.close()


def _write_quietly(traces: Traces) -> Exit:
    if hasattr(os, "nice"):
        os.nice(NICE)
    traces.write()
    return Exit.DONE


def _show(traces: Traces, port: int) -> Exit:
    say(tr("Writing traces to {name} ...", name=traces.target.name))
    try:
        count = traces.write(_progress)
    except Exception as error:  # noqa: BLE001 - MLflow raises whatever its store or its client raises
        note(tr("MLflow cannot be written to: {error}", error=error))
        return Exit.FAILED
    say(tr("Another process writes them.") if count is None else tr("{count} written.", count=count))
    if traces.target.page is not None:
        say(tr("They are at {url}", url=traces.target.page))
        return Exit.DONE
    try:
        traces.serve(port, _tell)
    except KeyboardInterrupt:
        return Exit.DONE
    note(tr("MLflow's page could not be served at port {port}; is it in use? Choose another with --port", port=port))
    return Exit.FAILED


def _tell(address: str) -> None:
    say(tr("MLflow's page is at {url} in a few seconds (stop it with Ctrl+C)", url=address))


def _progress(count: int) -> None:
    if count % 50 == 0:
        print(f"{count} ...", file=sys.stderr, flush=True)  # noqa: T201
