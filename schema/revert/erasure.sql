-- Revert scorpius:erasure from pg

begin;
set local search_path = scorpius, pg_temp;

drop function queue.erase_organization();
drop function admin.restore_organization(uuid, uuid, uuid, text);
drop function auth.restore_organization(uuid, text);
drop function restore_organization(uuid, uuid, text, jsonb);
drop function auth.delete_organization(uuid, uuid, bigint, text);
drop index job_live_erasure;
delete from job where kind = 'erase';
alter table job drop constraint job_kind_check;
alter table job add constraint job_kind_check check (kind in ('read', 'analyze', 'mail'));
drop trigger needs_organization on session;
drop function session_needs_organization();
update session set end_reason = 'deleted' where end_reason = 'organization_deleted';
alter table session drop constraint session_end_reason_check;
alter table session add constraint session_end_reason_check check (end_reason in ('logout', 'removed', 'reuse',
	'password', 'reset', 'role_changed', 'deactivated', 'deleted', 'operator'));
alter table organization drop column deleted_at, drop column erase_after, drop column erased_at;

commit;
