-- Verify scorpius:operator on pg

begin;

do $$
declare
	f text;
begin
	foreach f in array array[
		'admin.organization_list(uuid, uuid, text, timestamptz, uuid, bigint, bigint)',
		'admin.organization_count(uuid, uuid, text)',
		'admin.user_show(uuid, uuid, uuid)',
		'admin.user_change(uuid, uuid, uuid, text, boolean, boolean, bigint, text)'] loop
		assert has_function_privilege('scorpius_api', f, 'execute'), f || ': not for scorpius_api';
		assert not has_function_privilege('scorpius_jobs', f, 'execute'), f || ': open to scorpius_jobs';
	end loop;
end $$;

rollback;
