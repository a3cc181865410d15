"""What alerts say of what a camera told, in Chinese and English."""

from __future__ import annotations

from alerts.rules.rule import Bilingual
from campus.events import (
    CameraCrowding,
    CameraFall,
    CameraFlow,
    CameraLoitering,
    CameraObjectLeft,
    CameraRunning,
    Event,
)


def seen_by_camera(event: Event) -> Bilingual | None:
    """Why an event rule about a camera raised; None for an event that needs no words of its own."""
    match event:
        case CameraCrowding(zone=zone, people=people, capacity=capacity):
            return Bilingual(
                zh=f"区域 {zone} 有 {people} 人，容量 {capacity} 人",
                en=f"{people} people in zone {zone}, which holds {capacity}",
            )
        case CameraLoitering(zone=zone, seconds=seconds):
            return Bilingual(
                zh=f"有人在区域 {zone} 停留 {seconds / 60:.0f} 分钟",
                en=f"a person has stayed in zone {zone} for {seconds / 60:.0f} min",
            )
        case CameraFall(seconds=seconds):
            return Bilingual(
                zh=f"有人倒地，已 {seconds:.0f} 秒未起身", en=f"a person fell and has been down for {seconds:.0f} s"
            )
        case CameraObjectLeft(zone=zone, seconds=seconds):
            return Bilingual(
                zh=f"区域 {zone} 内有遗留物，已 {seconds / 60:.0f} 分钟无人看管",
                en=f"a thing was left in zone {zone} and has lain alone for {seconds / 60:.0f} min",
            )
        case CameraRunning(kind=kind, people=people, share=share):
            way_zh, way_en = ("四散奔跑", "run apart") if kind == "dispersal" else ("奔跑", "run")
            return Bilingual(
                zh=f"{people} 人{way_zh}，占画面内 {share:.0%}",
                en=f"{people} people {way_en}, {share:.0%} of those in sight",
            )
        case CameraFlow(line=line, per_min=per_min, capacity=capacity, against=against):
            return Bilingual(
                zh=f"{line} 每分钟 {per_min} 人（可通行 {capacity} 人），逆行 {against:.0%}",
                en=f"{per_min} people a minute at {line}, which carries {capacity}; {against:.0%} against the stream",
            )
        case _:
            return None
