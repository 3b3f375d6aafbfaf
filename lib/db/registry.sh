#!/bin/sh
# Prints the C table of every statement in the given headers, so that none can be forgotten.
set -eu
echo '/* Made by registry.sh. */'
for header; do
	printf '#include "%s"\n' "$(basename "$header")"
done
echo 'const struct sql_stmt *const sql_statements[] = {'
# A name may stand on the line below its macro.
sed -E '/^SQL_(ONE|ALL|ALL_PLANNED_ONCE|EXEC)\($/{N;s/\n[[:space:]]*//}' "$@" |
	sed -nE 's/^SQL_(ONE|ALL|ALL_PLANNED_ONCE|EXEC)\(([a-z_]+),.*/\t\&\2_stmt,/p'
echo '};'
echo 'const size_t sql_statements_count = ARRAY_LEN(sql_statements);'
