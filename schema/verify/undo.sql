-- Verify scorpius:undo on pg

begin;

select purge_after from scorpius.tender where false;
select purge_after from scorpius.document where false;
select id, row_gone from scorpius.blob_purge where false;
do $$
begin
	assert has_function_privilege('scorpius_jobs', 'queue.purge_deleted(bigint)', 'execute'), 'jobs can''t remove';
	assert not has_function_privilege('scorpius_api', 'queue.purge_deleted(bigint)', 'execute'), 'the API can remove';
end $$;

rollback;
