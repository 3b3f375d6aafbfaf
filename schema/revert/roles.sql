-- Revert scorpius:roles from pg

begin;

drop schema queue;
drop schema auth;
drop schema scorpius;

alter default privileges for role scorpius_owner grant execute on functions to public;

-- Another database of this cluster may still use them: then they stay.
do $$
declare
	r text;
begin
	foreach r in array array['scorpius_jobs', 'scorpius_api', 'scorpius_owner'] loop
		begin
			execute format('drop role %I', r);
		exception when dependent_objects_still_exist then
			raise notice 'role % is used elsewhere and stays', r;
		end;
	end loop;
end $$;

commit;
