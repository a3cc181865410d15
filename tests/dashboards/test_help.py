"""The help of each page is the guide people read: sections by page, in both languages, without markup of others."""

import pytest

from dashboards.access.roles import HOME, ROLES, Role, pages_of
from dashboards.guides import FURTHER, GUIDES, guide, guide_of, help_of, parse
from tests.dashboards.conftest import SignIn


def test_a_section_names_the_pages_it_explains_and_markup_is_text() -> None:
    found = parse("# G\n\nIntro\n\n## One\n<!-- page: console, load -->\n\nA **b** <script>x</script>\n\n## Two\n\nc")
    first, second = found.sections
    assert (found.title, "Intro" in found.intro) == ("G", True)
    assert first.pages == ("console", "load")
    assert "<strong>b</strong>" in first.html
    assert "<script>" not in first.html
    assert (second.title, second.pages) == ("Two", ())


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_help_on_its_first_page_and_a_guide(role: Role) -> None:
    for language in ("zh", "en"):
        assert help_of(HOME[role], role, language)  # type: ignore[arg-type]
        assert guide_of(role, language).sections  # type: ignore[arg-type]
    assert pages_of(role)


@pytest.mark.parametrize("name", sorted({*GUIDES, *(one for names in FURTHER.values() for one in names)}))
def test_both_languages_explain_the_same_pages_in_the_same_order(name: str) -> None:
    assert [one.pages for one in guide(name, "zh").sections] == [one.pages for one in guide(name, "en").sections]


def test_links_lead_to_guides_that_are_here_and_are_text_otherwise() -> None:
    found = parse("# G\n\nSee [the roster](roster.zh.md), [the **keys**](../reference/settings.md).\n").intro
    assert found == '<p>See <a href="/help/guide/roster">the roster</a>, the <strong>keys</strong>.</p>\n'


def test_an_administrator_finds_the_guides_about_work_beside_the_console(sign_in: SignIn) -> None:
    admin = sign_in("admin")
    start = admin.get("/help").text
    for name in FURTHER["admin"]:
        assert f'href="/help/guide/{name}"' in start
        assert guide(name, "zh").title in admin.get(f"/help/guide/{name}").text
    assert "/help/guide/" not in sign_in("guard").get("/help").text
    assert [admin.get(f"/help/guide/{name}").status_code for name in ("nothing", "..%2Fadmin")] == [404, 404]


def test_the_panel_and_the_page_show_the_same(sign_in: SignIn) -> None:
    page = sign_in("guard").get("/help/console").text
    assert 'id="help-text"' in page
    assert "确认" in page
    assert 'id="help-open"' in sign_in("guard").get("/console").text
    assert sign_in("guard").get("/help/nothing").status_code == 200  # says that there is none


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_the_menu_is_explained(role: Role) -> None:
    assert [page for page in pages_of(role) if not help_of(page, role, "zh")] == []
