-- Verify scorpius:retention on pg

begin;

select retained_from, retention_warned_at, held_at, held_by, hold_reason from scorpius.tender where false;
select retained_from, retention_warned_at from scorpius.document where false;
select organization_id, id, day, at from scorpius.retention_notice where false;
select organization_id, kind, id, created_by, name, since, warned_at from scorpius.retained where false;
do $$
begin
	assert has_function_privilege('scorpius_jobs', 'queue.retention_due(bigint)', 'execute'), 'jobs can''t look';
	assert not has_function_privilege('scorpius_api', 'queue.retention_due(bigint)', 'execute'), 'the API looks at all organisations';
	assert not has_table_privilege('scorpius_api', 'scorpius.retention_notice', 'select'), 'the API reads notices';
end $$;

rollback;
