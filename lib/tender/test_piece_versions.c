/* Names without marks of a version, and which pieces replace others. */
#include "piece_versions.h"

#include <criterion/criterion.h>
#include <string.h>

static void plain(const char *name, const char *expected)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	char *got = piece_plain_name(mem, name, true);
	cr_assert_str_eq(got, expected, "%s: %s", name, got);
	talloc_free(mem);
}

Test(piece_versions, marks_of_a_version_go)
{
	plain("RC.pdf", "rc");
	plain("RC v2.pdf", "rc");
	plain("RC_V1.2.pdf", "rc");
	plain("RC (1).pdf", "rc");
	plain("RCv3.pdf", "rc");
	plain("RC-rectifié.pdf", "rc");
	plain("Règlement de la consultation modifié le 12-03-2026.pdf", "reglement de la consultation le");
	plain("RC_20260312.pdf", "rc");
	plain("CCTP - version 2 mise à jour.docx", "cctp");
	plain("CCTP indice B.docx", "cctp");
	plain("2026-03-12 DPGF.xlsx", "dpgf");
	plain("AE def.docx", "ae");
}

Test(piece_versions, what_names_the_piece_stays)
{
	plain("BPU lot 2.xlsx", "bpu lot 2");
	plain("Annexe 1.pdf", "annexe 1");
	plain("CCTP lot 2 v3.pdf", "cctp lot 2");
	plain("1 - RC.pdf", "1 rc");
	plain("Plan niveau 2 (coupe).pdf", "plan niveau 2 coupe");
	plain("2026-014 RC.pdf", "2026 014 rc");
	/* nothing but marks */
	plain("v2.pdf", "v2");
	plain("final.pdf", "final");
	plain("", "");
	plain(".pdf", "pdf");
}

#define N(list) (sizeof(list) / sizeof((list)[0]))

static void replaced(const struct piece_version *pieces, size_t n, const char *expected)
{
	TALLOC_CTX *mem = mem_new("test", 0);
	size_t *by = piece_replacements(mem, pieces, n);
	char *got = mem_strdup(mem, "");
	for (size_t i = 0; i < n; i++)
		got = mem_printf(mem, "%s%c", got, by[i] == n ? '-' : (char)('0' + by[i]));
	cr_assert_str_eq(got, expected, "%s", got);
	talloc_free(mem);
}

Test(piece_versions, a_rectified_piece_replaces_the_former)
{
	const struct piece_version list[] = { { "RC.pdf", "", "rc", 1, false }, { "CCTP.pdf", "", "cctp", 1, false },
		{ "RC rectifié.pdf", "", "rc", 2, false }, { "RC (1).PDF", "", "rc", 3, false } };
	replaced(list, N(list), "2-3-");
}

Test(piece_versions, of_another_kind_format_name_or_of_the_same_moment_none_does)
{
	const struct piece_version list[] = { { "RC.pdf", "", "rc", 1, false }, { "RC v2.pdf", "", "rc", 1, false },
		{ "BPU lot 1.xlsx", "", "bpu", 1, false }, { "AE.pdf", "", "ae", 1, false },
		{ "Note.pdf", "", "other", 1, false }, { "BPU lot 2.xlsx", "", "bpu", 2, false },
		{ "AE.docx", "", "ae", 2, false }, { "Note.pdf", "", "annexe", 2, false },
		{ "Note.pdf", "", NULL, 2, false } };
	replaced(list, N(list), "---------");
}

Test(piece_versions, folders_part_pieces)
{
	const struct piece_version list[] = { { "BPU.xlsx", "Lot 1", "bpu", 1, false },
		{ "BPU.xlsx", "Lot 2", "bpu", 1, false }, { "RC.pdf", "DCE", "rc", 1, false },
		{ "BPU.xlsx", "Lot 2", "bpu", 2, false }, { "RC.pdf", "", "rc", 2, false } };
	replaced(list, N(list), "-34--");
	/* a whole dossier again, in a folder of another version */
	const struct piece_version again[] = { { "RC.pdf", "DCE/Pièces", "rc", 1, false },
		{ "RC.pdf", "DCE v2/Pièces", "rc", 2, false }, { "RC.pdf", "Autre", "rc", 3, false } };
	replaced(again, N(again), "1--");
}

Test(piece_versions, when_two_could_be_meant_none_is)
{
	const struct piece_version former[] = { { "BPU.xlsx", "Lot 1", "bpu", 1, false },
		{ "BPU.xlsx", "Lot 2", "bpu", 1, false }, { "BPU.xlsx", "", "bpu", 2, false } };
	replaced(former, N(former), "---");
	const struct piece_version later[] = { { "RC.pdf", "", "rc", 1, false }, { "RC v2.pdf", "", "rc", 2, false },
		{ "RC v3.pdf", "", "rc", 2, false } };
	replaced(later, N(later), "---");
}

Test(piece_versions, what_a_person_put_back_stands)
{
	const struct piece_version list[] = { { "RC.pdf", "", "rc", 1, true }, { "RC v2.pdf", "", "rc", 2, false } };
	replaced(list, N(list), "--");
	replaced(NULL, 0, "");
}
