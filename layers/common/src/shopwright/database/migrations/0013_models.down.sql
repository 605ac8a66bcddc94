set local role shopwright_owner;
-- The models that were added are lost with their vectors; whoever was served by one has to be embedded anew.
alter table shopwright.serving_model drop column previous, drop column switched_at;
do $$
declare
    added record;
begin
    alter table shopwright.serving_model no force row level security;
    for added in select name, relation from shopwright.embedding_model where name <> 'bge-small-en-v1.5' loop
        delete from shopwright.serving_model where model = added.name;
        execute format('drop table shopwright.%I', added.relation);
        delete from shopwright.embedding_model where name = added.name;
    end loop;
    alter table shopwright.serving_model force row level security;
end
$$;
drop function shopwright.add_embedding_model(text, text, integer), shopwright.serving_model_of(text);
reset role;
