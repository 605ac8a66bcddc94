set local role shopwright_owner;
drop function shopwright.admit(text);
drop function shopwright.tenant();
drop function shopwright.holder(text);
drop table shopwright_private.tenant_key;
