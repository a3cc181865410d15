"""Holds XML against a schema: as much of XML Schema as CAP uses, and an error for anything else in the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

XS = "{http://www.w3.org/2001/XMLSchema}"
KNOWN = {
    "element", "complexType", "sequence", "simpleType", "restriction", "enumeration", "pattern", "any", "annotation",
    "documentation",
}  # fmt: skip
TYPES = {
    "string": r"(?s).*", "anyURI": r"\S*", "integer": r"\s*[+-]?\d+\s*", "decimal": r"\s*[+-]?(\d+\.?\d*|\.\d+)\s*",
    "language": r"\s*[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*\s*", "dateTime": r"\s*-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d.*",
}  # fmt: skip


class Schema:
    def __init__(self, path: Path) -> None:
        root = ET.parse(path).getroot()
        unknown = {one.tag.removeprefix(XS) for one in root.iter()} - KNOWN - {"schema"}
        assert not unknown, f"the schema uses {unknown}, which nobody here understands"
        self.space = f"{{{root.attrib['targetNamespace']}}}"
        self.roots = {one.attrib["name"]: one for one in root.findall(f"{XS}element")}

    def errors(self, document: bytes) -> list[str]:
        """What is wrong with the document; nothing when it is valid."""
        try:
            root = ET.fromstring(document)
        except ET.ParseError as error:
            return [f"is not XML: {error}"]
        name = root.tag.removeprefix(self.space)
        if name not in self.roots or not root.tag.startswith(self.space):
            return [f"{root.tag} is no root"]
        return list(self._element(self.roots[name], root, name))

    def _element(self, said: ET.Element, found: ET.Element, path: str) -> Iterator[str]:
        if "ref" in said.attrib:
            said = self.roots[said.attrib["ref"].split(":")[1]]
        sequence = said.find(f"{XS}complexType/{XS}sequence")
        if sequence is not None:
            yield from self._sequence(sequence, list(found), path)
            return
        if len(found):
            yield f"{path} has elements in it"
        text = found.text or ""
        restriction = said.find(f"{XS}simpleType/{XS}restriction")
        base = said.attrib["type"] if restriction is None else restriction.attrib["base"]
        if not re.fullmatch(TYPES[base.split(":")[1]], text) or (base == "xs:dateTime" and not _is_moment(text)):
            yield f"{path}: {text!r} is no {base}"
        if restriction is None:
            return
        values = [one.attrib["value"] for one in restriction.findall(f"{XS}enumeration")]
        patterns = [one.attrib["value"] for one in restriction.findall(f"{XS}pattern")]
        if values and text not in values:
            yield f"{path}: {text!r} is none of {values}"
        if patterns and not any(re.fullmatch(one, text, re.ASCII) for one in patterns):
            yield f"{path}: {text!r} is not like {patterns}"

    def _sequence(self, sequence: ET.Element, children: list[ET.Element], path: str) -> Iterator[str]:
        left = children
        for said in sequence:
            most = said.attrib.get("maxOccurs", "1")
            limit = len(left) if most == "unbounded" else int(most)
            count = 0
            while left and count < limit and self._fits(said, left[0]):
                if said.tag == f"{XS}element":
                    yield from self._element(said, left[0], f"{path}/{self._name(said)}")
                left, count = left[1:], count + 1
            if count < int(said.attrib.get("minOccurs", "1")):
                yield f"{path} lacks {self._name(said)}"
        if left:
            yield f"{path} has {left[0].tag} where it may not stand"

    def _fits(self, said: ET.Element, found: ET.Element) -> bool:
        if said.tag == f"{XS}any":
            return found.tag.startswith(f"{{{said.attrib['namespace']}}}")
        return found.tag == self.space + self._name(said)

    @staticmethod
    def _name(said: ET.Element) -> str:
        return said.attrib.get("name") or said.attrib.get("ref", "any").split(":")[-1]


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return False
    return True
