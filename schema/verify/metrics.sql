-- Verify scorpius:metrics on pg

begin;

select kind, waiting, running, later, oldest_s from queue.depths() where false;
select files, bytes from queue.stored() where false;
do $$
begin
	assert has_function_privilege('scorpius_api', 'queue.depths()', 'execute'), 'the API can''t count jobs';
	assert has_function_privilege('scorpius_api', 'queue.stored()', 'execute'), 'the API can''t count files';
end $$;

rollback;
