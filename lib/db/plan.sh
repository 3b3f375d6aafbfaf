#!/bin/sh
# Prints the C table of the changes of sqitch.plan, in their order, each with the tag behind it ("" without one).
set -eu
echo '/* Made by plan.sh. */'
printf '#include "mem.h"\n#include "schema_state.h"\n'
echo 'const struct schema_change schema_plan[] = {'
awk '
	/^%/ || NF == 0 { next }
	/^@/ { tag = substr($1, 2); next_line = name; name = ""; printf "\t{ \"%s\", \"%s\" },\n", next_line, tag; next }
	{ if (name != "") printf "\t{ \"%s\", \"\" },\n", name; name = $1 }
	END { if (name != "") printf "\t{ \"%s\", \"\" },\n", name }
' "$1"
echo '};'
echo 'const size_t schema_plan_count = ARRAY_LEN(schema_plan);'
