-- Deploy scorpius:file_keys to pg
-- requires: dossiers
-- Files are encrypted always: each has a key of its own, which stands in its row, wrapped.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

do $$
begin
	if exists (select from blob where wrapped_key is null) then
		raise exception 'files stored in clear by an early version can''t be kept'
			using hint = 'export what you need with that version, then start with an empty database and store';
	end if;
end $$;

alter table blob alter wrapped_key set not null, alter key_id set not null;
alter table blob add constraint blob_wrapped_key_size check (length(wrapped_key) = 72),
	add constraint blob_key_id_form check (key_id ~ '^[0-9a-f]{16}$');
comment on column blob.wrapped_key is 'key of the file, wrapped by the master key: nonce, key, proof';
comment on column blob.key_id is 'which master key wrapped it';

commit;
