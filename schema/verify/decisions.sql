-- Verify scorpius:decisions on pg

begin;

do $$
begin
	assert (select relrowsecurity and not relforcerowsecurity from pg_class
	    where oid = 'scorpius.fact_decision'::regclass), 'fact_decision: row level security';
	assert has_table_privilege('scorpius_api', 'scorpius.fact_decision', 'select'), 'not for scorpius_api';
	assert has_table_privilege('scorpius_api', 'scorpius.fact_decision', 'insert'), 'not for scorpius_api';
	assert has_table_privilege('scorpius_jobs', 'scorpius.fact_decision', 'select'), 'not for scorpius_jobs';
	assert not has_table_privilege('scorpius_api', 'scorpius.fact_decision', 'update'), 'a decision can be changed';
end $$;

rollback;
