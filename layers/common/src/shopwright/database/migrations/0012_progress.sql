-- How far a document has come, when, and by which name it failed.

set local role shopwright_owner;

alter table shopwright.document
    add column reason_code   text,          -- the name of the failure that `reason` explains
    add column passages      integer not null default 0,   -- that the newest arrival was cut into
    add column parsed_at     timestamptz,   -- of the newest arrival
    add column embedded_at   timestamptz,
    add column searchable_at timestamptz;   -- of what can be found now

reset role;
