-- Deploy scorpius:roles to pg
-- Roles belong to the cluster, not to the database: another database of the same cluster may have made them already.

begin;

do $$
begin
	if not exists (select from pg_roles where rolname = 'scorpius_owner') then
		create role scorpius_owner nologin nosuperuser nobypassrls nocreatedb nocreaterole;
	end if;
	if not exists (select from pg_roles where rolname = 'scorpius_api') then
		create role scorpius_api login nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
	end if;
	if not exists (select from pg_roles where rolname = 'scorpius_jobs') then
		create role scorpius_jobs login nosuperuser nobypassrls nocreatedb nocreaterole noinherit;
	end if;
	-- An operator who is no superuser must be a member to act as the owner.
	if not pg_has_role(current_user, 'scorpius_owner', 'member') then
		execute format('grant scorpius_owner to %I', current_user);
	end if;
end $$;

-- pg_temp last: nobody can put a table of his own before ours.
alter role scorpius_api set search_path = scorpius, pg_temp;
alter role scorpius_jobs set search_path = scorpius, pg_temp;

-- A process that stops within a transaction gives its locks back. Longer than the slowest upload needs to reach the disk.
alter role scorpius_api set idle_in_transaction_session_timeout = '5min';
alter role scorpius_jobs set idle_in_transaction_session_timeout = '5min';

create schema scorpius authorization scorpius_owner;
create schema auth authorization scorpius_owner;
create schema queue authorization scorpius_owner;
comment on schema scorpius is 'tables of Scorpius; every tenant table is closed by a row policy on organization_id';
comment on schema auth is 'security definer functions for what happens before the organisation is known; closed list';
comment on schema queue is 'security definer functions on the jobs of all organisations; closed list';

grant usage on schema scorpius to scorpius_api, scorpius_jobs;
grant usage on schema auth to scorpius_api;
grant usage on schema queue to scorpius_jobs, scorpius_api;

-- A new function is executable by everybody unless this default is changed.
alter default privileges for role scorpius_owner revoke execute on functions from public;

commit;
