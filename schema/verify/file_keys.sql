-- Verify scorpius:file_keys on pg

begin;

do $$
begin
	assert (select bool_and(attnotnull) from pg_attribute
	    where attrelid = 'scorpius.blob'::regclass and attname in ('wrapped_key', 'key_id')), 'a file may have no key';
end $$;

rollback;
