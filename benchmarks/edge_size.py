"""How big an edge agent is: its install on disk and its memory, with and without cameras and a model.

    python -m benchmarks.edge_size [--model yolox_nano.onnx] [--seconds 20]

Each row is a fresh virtual environment with one extra, and an agent that runs from it with no broker in reach. Memory
is the proportional set size of the process (what it adds to the machine) at the end of the run.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """
[agent]
id = "edge-1"
spool = "{folder}/spool.db"
threads = 1
[mqtt]
port = 1
[secrets]
credential_key = "0123456789abcdef"
"""
ZKTECO = '[[gates]]\nid = "gate-1"\nsource = "zkteco"\nterminals = ["X"]\nlisten = "127.0.0.1"\nport = {port}\n'
HIKVISION = '[[gates]]\nid = "gate-2"\nsource = "hikvision"\n[gates.hikvision]\naddress = "http://127.0.0.1:9"\n'
HIKVISION += 'login_file = "{folder}/login"\n'
MODBUS = (
    '[[sensors]]\nid = "s-1"\n[sensors.modbus]\nline = "/dev/null"\nregisters = [{{address = 0, metric = "co2"}}]\n'
)
CAMERA = '[[cameras]]\nid = "cam-1"\nsource = "sim"\n'
MODEL = CAMERA + 'detector = "yolox"\nmodel = "{model}"\n'


def install(folder: Path, extra: str) -> tuple[Path, float, int]:
    """A fresh environment with ``extra``: its program, its size in MB without Python itself, and its packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin/python"
    wanted = f"{ROOT}[{extra}]" if extra else str(ROOT)
    if shutil.which("uv"):
        subprocess.run(["uv", "pip", "install", "--quiet", "--python", str(python), wanted], check=True)
    else:
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", wanted]
        subprocess.run(pip, check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    size = sum(file.stat().st_blocks * 512 for file in packages.rglob("*") if file.is_file() and not file.is_symlink())
    return folder / "bin/campus", size / 1e6, len(list(packages.glob("*.dist-info")))


def memory_and_cpu(program: Path, config: Path, seconds: float) -> tuple[float, float]:
    """Proportional set size in MB and CPU seconds a second, of an agent that ran for ``seconds``."""
    agent = subprocess.Popen(
        [program, "edge", "--config", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(seconds / 2)
        before = cpu_seconds(agent.pid)
        time.sleep(seconds / 2)
        if agent.poll() is not None:
            raise RuntimeError(f"the agent of {config.read_text()} ended: {agent.returncode}")
        rollup = Path(f"/proc/{agent.pid}/smaps_rollup").read_text(encoding="ascii")
        used = cpu_seconds(agent.pid) - before
    finally:
        agent.terminate()
        agent.wait(30)
    pss = next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(pss) / 1000, used / (seconds / 2)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a YOLOX model, for the row with one")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each agent runs")
    said = parser.parse_args()
    rows = [
        ("gate: ZKTeco", "", ZKTECO),
        ("gate: ZKTeco and Hikvision", "gate", ZKTECO + HIKVISION),
        ("sensor: Modbus", "sensor", MODBUS),
        ("camera: motion", "edge", CAMERA),
    ]
    if said.model:
        rows.append(("camera: YOLOX", "edge", MODEL))
    print("| agent | extra | packages | on disk | memory | CPU |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "login").write_text("user:password")
        made: dict[str, tuple[Path, float, int]] = {}
        for name, extra, devices in rows:
            if extra not in made:
                made[extra] = install(folder / f"venv-{extra}", extra)
            program, disk, count = made[extra]
            config = folder / "edge.toml"
            config.write_text(
                (HEAD + devices).format(folder=folder, port=21190, model=said.model and said.model.resolve())
            )
            memory, cpu = memory_and_cpu(program, config, said.seconds)
            row = f"{count} | {disk:.0f} MB | {memory:.0f} MB | {100 * cpu:.0f} % of a core"
            print(f"| {name} | {f'`{extra}`' if extra else 'none'} | {row} |", flush=True)


if __name__ == "__main__":
    main()
