SELECT c.case_id, p.person, p.wrapped_key FROM vault.cases c JOIN vault.persons p USING (person)
WHERE c.case_id = ANY($1::uuid[])
