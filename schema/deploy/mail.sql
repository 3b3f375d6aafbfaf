-- Deploy scorpius:mail to pg
-- requires: account_functions

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

-- A letter about a sign-in says from where.
grant select (organization_id, account_id, created_at, user_agent, address) on session to scorpius_jobs;

-- Only the newest letter counts. The program that sends may add tokens, not read or change them: this is the owner's work.
create function account_token_replaces() returns trigger language plpgsql security definer
set search_path = scorpius, pg_temp as $$
begin
	update account_token set used_at = now()
	where organization_id = new.organization_id and account_id = new.account_id and purpose = new.purpose
		and used_at is null;
	return new;
end $$;
comment on function account_token_replaces() is 'a new link takes the sense from the older ones of its account and purpose';
create trigger replaces before insert on account_token for each row execute function account_token_replaces();

-- What became of the letter of an invitation.
create index job_mail_invitation_idx on job (organization_id, (payload ->> 'invitation_id')) where kind = 'mail';

-- Across organisations: what went wrong lately.
create index job_mail_failed_idx on job (finished_at) where kind = 'mail' and state = 'failed';

create function queue.mail_troubled() returns boolean
language sql stable security definer set search_path = scorpius, pg_temp as $$
	select exists (select from job where kind = 'mail' and state in ('queued', 'leased') and error_code = 'mail_failed')
		or exists (select from job where kind = 'mail' and state = 'failed' and error_code = 'mail_failed'
			and finished_at > now() - interval '1 hour')
$$;
comment on function queue.mail_troubled() is
	'whether the mail server does not take our mail: letters wait for another attempt, or were given up within the hour';
revoke all on function queue.mail_troubled() from public;
grant execute on function queue.mail_troubled() to scorpius_api;

commit;
