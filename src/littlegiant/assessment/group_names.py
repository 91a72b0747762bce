"""Names of the groups that firms are counted by: regions, sectors, size classes."""

from littlegiant.packs import Pack
from littlegiant.words import Language, say, sentence_codes, text_in


def group_name(kind: str, code: str, pack: Pack, language: Language) -> str:
    """Return a person's word for `code` of a kind of group (region, area, sector, size, or any fact); `?` is not known."""
    if code == "?":
        return say("not_known", language)
    if kind == "size":
        return say(f"size_{code}", language) if f"size_{code}" in sentence_codes() else code
    if kind == "area":
        return text_in(pack.areas[code], language) if code in pack.areas else code
    codes = pack.facts[kind].codes if kind in pack.facts else None
    if codes == "regions":
        return text_in(pack.regions[code].title, language) if code in pack.regions else code
    if codes == "sectors":
        known = [prefix for prefix in pack.sectors if code.startswith(prefix)]
        return text_in(pack.sectors[max(known, key=len)], language) + f" {code}" if known else code
    return code
