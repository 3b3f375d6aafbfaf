-- Revert scorpius:undo from pg

begin;

drop function queue.purge_files_removed(uuid[]);
drop function queue.purge_blobs(bigint);
drop function queue.purge_deleted(bigint);
drop function queue.purge_due();
drop function scorpius.purge_rows(regclass, uuid, uuid[]);
drop table scorpius.blob_purge;
alter table scorpius.document drop column purge_after;
alter table scorpius.tender drop column purge_after;

commit;
