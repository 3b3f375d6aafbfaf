-- Verify scorpius:dossiers on pg

begin;

do $$
declare
	t text;
begin
	foreach t in array array['blob', 'tender', 'document', 'document_event', 'reading', 'page', 'dossier_version',
		'dossier_version_document', 'analysis'] loop
		assert (select relrowsecurity and not relforcerowsecurity from pg_class
		    where oid = ('scorpius.' || t)::regclass), t || ': row level security';
		assert has_table_privilege('scorpius_api', 'scorpius.' || t, 'select'), t || ': not for scorpius_api';
		assert has_table_privilege('scorpius_jobs', 'scorpius.' || t, 'select'), t || ': not for scorpius_jobs';
	end loop;
	assert not has_table_privilege('scorpius_jobs', 'scorpius.analysis', 'update'), 'an analysis can be changed';
end $$;

rollback;
