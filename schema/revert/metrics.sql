-- Revert scorpius:metrics from pg

begin;

drop function queue.stored();
drop function queue.depths();

commit;
