-- Verify scorpius:versions on pg

begin;

do $$
declare
	r text;
begin
	foreach r in array array['scorpius_api', 'scorpius_jobs'] loop
		assert has_function_privilege(r, 'scorpius.oldest_program()', 'execute'), r || ' can''t see for which programs the schema is';
		assert has_schema_privilege(r, 'sqitch', 'usage') and has_column_privilege(r, 'sqitch.changes', 'change', 'select'),
			r || ' can''t see which changes are deployed';
	end loop;
end $$;

rollback;
