-- Revert scorpius:exports from pg
-- Archives stay in the file store without a row: `scorpius storage verify --repair` removes them.

begin;
set local search_path = scorpius, pg_temp;

create or replace function auth.delete_organization(p_sid uuid, p_account uuid, p_days bigint, p_request text)
returns timestamptz
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_organization uuid;
	v_after timestamptz;
begin
	update organization o set deleted_at = now(), erase_after = now() + make_interval(days => p_days::int)
		from account a where a.id = p_account and a.is_owner and a.organization_id = o.id and o.deleted_at is null
			and session_lives(p_sid, p_account)
		returning o.id, o.erase_after into v_organization, v_after;
	if not found then
		return null;
	end if;
	update session set ended_at = now(), end_reason = 'organization_deleted'
		where organization_id = v_organization and ended_at is null;
	update job set state = 'cancelled', finished_at = now() where organization_id = v_organization and state = 'queued';
	insert into job (organization_id, id, kind, run_after) values (v_organization, uuid_v7(), 'erase', v_after);
	perform audit_note(v_organization, p_account, 'organization.deleted', null, p_request,
		jsonb_build_object('erase_after', v_after));
	return v_after;
end $$;
revoke select (id, used_at, expires_at, ended_at, end_reason) on session from scorpius_jobs;
revoke select (created_at, updated_at) on account from scorpius_jobs;
revoke select on audit_event, company_profile_version from scorpius_jobs;
drop function queue.drop_exports(uuid, boolean);
drop table organization_export;
drop index job_live_export;
delete from job where kind in ('export', 'export_end');
alter table job drop constraint job_export_end_check, drop constraint job_kind_check;
alter table job add constraint job_kind_check check (kind in ('read', 'analyze', 'mail', 'erase'));

commit;
