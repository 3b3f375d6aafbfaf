-- Revert scorpius:rehash from pg

begin;

drop function auth.rehash_password(uuid, text, text);

commit;
