"""What people call a metric; one without a name here is called as the device calls it."""

from __future__ import annotations

from alerts.rules.rule import Bilingual

_NAMES = {
    "battery": Bilingual(zh="电量", en="battery"),
    "co2": Bilingual(zh="二氧化碳", en="CO2"),
    "fps": Bilingual(zh="分析帧率", en="frame rate"),
    "humidity": Bilingual(zh="湿度", en="humidity"),
    "noise": Bilingual(zh="噪声", en="noise"),
    "people": Bilingual(zh="人数", en="head count"),
    "pm25": Bilingual(zh="PM2.5", en="PM2.5"),
    "seats_taken": Bilingual(zh="在用座位", en="seats taken"),
    "temperature": Bilingual(zh="温度", en="temperature"),
}


def called(metric: str) -> Bilingual:
    """The name of a metric in both languages."""
    return _NAMES.get(metric) or Bilingual(zh=metric, en=metric)
