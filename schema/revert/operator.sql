-- Revert scorpius:operator from pg

begin;

drop function admin.organization_list(uuid, uuid, text, timestamptz, uuid, bigint, bigint);
drop function admin.organization_count(uuid, uuid, text);
drop function admin.user_show(uuid, uuid, uuid);
drop function admin.user_change(uuid, uuid, uuid, text, boolean, boolean, bigint, text);
drop function scorpius.operator_session(uuid, uuid);

commit;
