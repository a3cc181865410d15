"""Invented names of people: common surnames and given names, joined by chance."""

from __future__ import annotations

from random import Random

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
# Few surnames are borne by many: the share of each falls with its place in the list.
_SURNAME_WEIGHTS = tuple(1 / (place + 4) for place in range(len(_SURNAMES)))
_FIRST_GIRL = "雨欣梓思佳若诗婉可语静晓慧嘉美雅紫依沐芷清书"
_SECOND_GIRL = "涵萱怡婷琪瑶妍悦琳洁颖倩彤馨岚蕾薇宁然玥"
_FIRST_BOY = "子浩宇俊明博志文天泽嘉睿一晨建昊思承景家云"
_SECOND_BOY = "轩然涛杰豪宸阳鑫辰凯峰毅航伟哲远恒川林诚"
_SINGLE = "静敏磊洋勇艳杰娟涛超霞平刚琳鹏宁欣悦晨帆"


def surname(draw: Random) -> str:
    """A surname, common ones more often."""
    return draw.choices(_SURNAMES, _SURNAME_WEIGHTS)[0]


def given_name(draw: Random, girl: bool) -> str:
    """A given name of two characters, now and then of one."""
    if draw.random() < 0.12:
        return draw.choice(_SINGLE)
    first, second = (_FIRST_GIRL, _SECOND_GIRL) if girl else (_FIRST_BOY, _SECOND_BOY)
    return draw.choice(first) + draw.choice(second)
