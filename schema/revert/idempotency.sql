-- Revert scorpius:idempotency from pg

begin;

drop function scorpius.idempotency_open(uuid, text, text, bytea);
drop table scorpius.idempotency_key;

commit;
