-- Revert scorpius:uploads from pg
-- Bytes of parts lose their last reference here: they are noted, so that they go.

begin;
set local search_path = scorpius, pg_temp;

create or replace function queue.purge_due()
returns table (organization_id uuid)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
	select d.organization_id from (
		(select organization_id from tender where purge_after <= now() limit 100) union
		(select organization_id from document where purge_after <= now() limit 100) union
		(select organization_id from blob_purge limit 100)) d
	order by random() limit 1
$$;
drop function queue.purge_uploads(bigint);
revoke update (mime_type) on blob from scorpius_api, scorpius_jobs;
insert into blob_purge (organization_id, id) select distinct organization_id, blob_id from upload_part on conflict do nothing;
drop table upload_part;
drop table upload;

commit;
