-- Revert scorpius:dossiers from pg

begin;

drop table scorpius.analysis, scorpius.dossier_version_document, scorpius.dossier_version, scorpius.page,
	scorpius.reading, scorpius.document_event, scorpius.document, scorpius.tender, scorpius.blob;
drop function scorpius.tender_deadline();

commit;
