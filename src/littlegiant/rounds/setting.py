"""What a round rests on: the programme read, the standard compiled, every document as an exact copy."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from littlegiant.assessment.relation import check_year
from littlegiant.documents import Document
from littlegiant.packs import Pack, open_pack
from littlegiant.problems import refuse
from littlegiant.records import AccessPolicy
from littlegiant.register import open_register, read_mapping
from littlegiant.rounds.programme import Programme, read_programme
from littlegiant.standards import Compiled, compile_applying


@dataclass(frozen=True)
class Setting:
    """A programme with everything it names, read and checked, before anything is written."""

    programme: Document[Programme]
    folder: Path  # where the programme's paths start
    pack: Pack
    policy: AccessPolicy
    compiled: Compiled

    @property
    def register_path(self) -> Path:
        return self.folder / self.programme.value.register_

    @property
    def is_mapping(self) -> bool:
        return self.register_path.suffix in (".yaml", ".yml")

    @property
    def acts_path(self) -> Path | None:
        acts = self.programme.value.acts
        return self.folder / acts if acts is not None else None

    def documents(self) -> dict[str, bytes]:
        """Return exact copies of all documents: the programme, the mapping, and the whole pack."""
        files = {"programme.yaml": self.programme.source}
        if self.is_mapping:
            files["mapping.yaml"] = self.register_path.read_bytes()
        for path in sorted(self.pack.path.rglob("*.yaml")):
            files[f"pack/{path.relative_to(self.pack.path)}"] = path.read_bytes()
        return files

    def head(self) -> dict[str, Any]:
        """Return what makes two runs the same round; acts are not among it, they arrive between stages."""
        return {
            "programme": self.programme.meaning_hash,
            "documents": {
                document.name: {"bytes": document.bytes_hash, "meaning": document.meaning_hash}
                for document in self.compiled.documents
            },
            "standard": self.compiled.standard.standard,
            "version": self.compiled.standard.version,
            "application": self.compiled.application,
            "reference_date": self.compiled.reference_date.isoformat(),
            "year": self.programme.value.year,
            "fingerprint": self.compiled.fingerprint,
            "seed": self.programme.value.seed,
        }


def read_setting(path: Path, *, pack_path: Path | None = None) -> Setting:
    """Read the programme at `path` and all it names; `pack_path` takes the pack from a round's own copies."""
    programme = read_programme(path)
    value = programme.value
    pack = open_pack(pack_path if pack_path is not None else _pack_place(value.pack, path.parent))
    compiled = compile_applying(
        pack,
        value.standard,
        on=value.reference_date,
        application=value.application,
        version=value.version,
        notices=value.notices,
    )
    policy = pack.document(pack.path / "policy.yaml", AccessPolicy).value
    return Setting(programme, path.parent, pack, policy, compiled)


def _pack_place(name: str, folder: Path) -> str | Path:
    return folder / name if (folder / name / "pack.yaml").is_file() else name


def check_inputs(setting: Setting) -> None:
    """Refuse a programme whose register or acts are not there, before a folder is made for it."""
    path, acts = setting.register_path, setting.acts_path
    if acts is not None and not acts.is_file():
        found = f"no acts at {setting.programme.value.acts!r}"
        remedy = "Correct `acts:`, or make an empty file: acts may arrive later."
        refuse(setting.programme.place("acts"), found, "", remedy, code="missing-file")
    if setting.is_mapping:
        read_mapping(path, setting.pack)
        if setting.programme.value.keep_register is False:
            found = "keep_register: false with a mapping"
            remedy = "Import the register first, or leave the line out: an imported register lives in the round."
            refuse(setting.programme.place("keep_register"), found, "", remedy, code="keep-register")
    elif not path.exists():
        refuse(
            setting.programme.place("register"),
            f"no register at {setting.programme.value.register_!r}",
            "",
            "Correct `register:`; it is taken from the programme's folder.",
            code="missing-file",
        )
    else:
        register = open_register(path)
        if register.manifest.get("pack") != setting.pack.id:
            refuse(
                str(path),
                f"a register of pack {register.manifest.get('pack')!r}",
                f"one of pack {setting.pack.id!r}",
                "Import it with this pack.",
                code="other-pack",
            )
        check_year(register, setting.programme.value.year)
