-- Verify scorpius:accounts on pg

begin;

select id, name, created_at from scorpius.organization where false;
select id, organization_id, email, full_name, role, is_owner, password_hash, active, created_at
	from scorpius.account where false;
select id, organization_id, account_id, refresh_hash, previous_hash, created_at, used_at, expires_at, ended_at, end_reason
	from scorpius.session where false;
select organization_id, id, at, account_id, action, target_kind, target_id, request_id, detail
	from scorpius.audit_event where false;
select 1 / has_column_privilege('scorpius_api', 'scorpius.account', 'email', 'select')::int;
select 1 / (not has_column_privilege('scorpius_api', 'scorpius.account', 'password_hash', 'select'))::int;

rollback;
