-- Deploy scorpius:versions to pg
-- requires: roles
-- What lets a program see whether it and the schema belong together.

begin;

-- The registry belongs to the operator's account.
grant usage on schema sqitch to scorpius_api, scorpius_jobs;
grant select (change) on sqitch.changes to scorpius_api, scorpius_jobs;

set local role scorpius_owner;

-- A change that takes away what older programs need (a contraction) replaces it, its revert puts the former one back.
create function scorpius.oldest_program() returns text
language sql stable set search_path = scorpius, pg_temp as $$ select '0.1.0' $$;
comment on function scorpius.oldest_program() is 'the oldest version of the programs that can work with this schema; older ones refuse to';

revoke all on function scorpius.oldest_program() from public;
grant execute on function scorpius.oldest_program() to scorpius_api, scorpius_jobs;

commit;
