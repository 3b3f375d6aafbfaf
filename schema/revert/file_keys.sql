-- Revert scorpius:file_keys from pg

begin;

alter table scorpius.blob drop constraint blob_wrapped_key_size, drop constraint blob_key_id_form,
	alter wrapped_key drop not null, alter key_id drop not null;

commit;
