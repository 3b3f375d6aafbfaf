-- Revert scorpius:scan from pg
-- Documents in quarantine stay unread.

begin;
set local search_path = scorpius, pg_temp;

comment on column job.payload is
	'mail: {purpose, account_id | invitation_id} (retention: notice_id, too) and nothing else; whatever is secret is made when it is sent; export_end: {export_id}';
revoke update (payload) on job from scorpius_jobs;
update job set payload = null where kind = 'read';
drop function queue.scan_result(uuid, text);
drop trigger quarantined on document;
drop trigger quarantine on document;
drop function document_quarantined();
drop function document_quarantine();
update document set status = 'failed', error_code = 'document_unreadable', error_args = '{}' where status = 'quarantined';
alter table blob drop column infection, drop column scanned_at;

commit;
