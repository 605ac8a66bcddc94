set local role shopwright_owner;
alter table shopwright.document
    drop column reason_code, drop column passages, drop column parsed_at, drop column embedded_at,
    drop column searchable_at;
reset role;
