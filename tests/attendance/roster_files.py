"""A roster of two schools with everything an export can say, as sheets that a test changes."""

from __future__ import annotations

import zipfile
from pathlib import Path

CITY = {
    "manifest.csv": (
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.academicSessions,bulk\nfile.orgs,bulk\n"
        "file.classes,bulk\nfile.users,bulk\nfile.enrollments,bulk\nfile.courses,absent\n"
    ),
    "orgs.csv": (
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
        "bureau,,,市教育局,district,,\nnorth,,,北校,school,,bureau\nsouth,,,南校,school,,bureau\n"
    ),
    "academicSessions.csv": (
        "sourcedId,status,title,type,startDate,endDate,parentSourcedId,schoolYear\n"
        "y26,,2026学年,schoolYear,2026-09-01,2027-07-10,,2027\nt1,,第一学期,term,2026-09-01,2027-01-22,y26,2027\n"
    ),
    "classes.csv": (
        "sourcedId,status,title,grades,classType,location,schoolSourcedId,termSourcedIds\n"
        "n-1,,七1班,07,homeroom,a-1,north,t1\nn-2,,七2班,07,homeroom,a-2,north,t1\nn-art,,美术,07,scheduled,art,north,t1\n"
        "s-1,,八1班,08,homeroom,,south,t1\n"
    ),
    "users.csv": (
        "sourcedId,status,enabledUser,orgSourcedIds,role,username,givenName,familyName,email,sms,phone,agentSourcedIds,"
        "grades,password\n"
        'k1,,true,north,student,k1,一,王,k1@school.example,13800000001,,"g1,g2",07,Secret#1\n'
        "k2,,true,north,student,k2,二,李,,,,g3,07,Secret#1\n"
        "k3,,true,north,student,k3,三,张,,,,,07,Secret#1\n"
        "k4,,true,north,student,k4,四,赵,,,,,07,Secret#1\n"
        "k5,,true,south,student,k5,五,孙,,,,g1,08,Secret#1\n"
        'w1,,true,"north,south",teacher,w1,老师,陈,w1@school.example,13900000001,,,,Secret#2\n'
        "g1,,true,north,parent,g1,大,王,g1@home.example,13700000001,,,,Secret#3\n"
        "g2,,true,north,guardian,g2,妈,刘,,,13700000002,,,Secret#3\n"
        "g3,,true,north,relative,g3,奶奶,李,,,,,,Secret#3\n"
        "g9,,true,north,parent,g9,无,关,,13700000009,,,,Secret#3\n"
    ),
    "enrollments.csv": (
        "sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n"
        "e1,,n-1,north,k1,student,,2026-09-01,2027-01-23\ne2,,n-1,north,k2,student,,,\ne3,,n-2,north,k3,student,,,\n"
        "e4,,n-2,north,k4,student,,,\ne5,,s-1,south,k5,student,,,\ne6,,n-1,north,w1,teacher,true,,\n"
        "e7,,s-1,south,w1,teacher,true,,\ne8,,n-art,north,k1,student,,,\n"
    ),
}
DELTA = CITY["manifest.csv"].replace("bulk", "absent")


def write_sheets(folder: Path, sheets: dict[str, str | bytes] | dict[str, str]) -> Path:
    """The sheets as files in ``folder``."""
    folder.mkdir(parents=True)
    for name, text in sheets.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def write_zip(path: Path, sheets: dict[str, str]) -> Path:
    """The sheets as a zip."""
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in sheets.items():
            packed.writestr(name, text)
    return path


def delta(**sheets: str) -> dict[str, str]:
    """A delta of only these parts: rows without their header, which is the whole export's."""
    manifest = DELTA
    found = {}
    for part, rows in sheets.items():
        manifest = manifest.replace(f"file.{part},absent", f"file.{part},delta")
        found[f"{part}.csv"] = CITY[f"{part}.csv"].partition("\n")[0] + "\n" + rows
    return {"manifest.csv": manifest, **found}
