set local role shopwright_owner;
drop function shopwright.canary_planted();
drop table shopwright.serving_model;
drop table shopwright.chunk_embedding_bge_small_en_v15;
drop table shopwright.embedding_model;
drop table shopwright.chunk;
drop table shopwright.document;
drop function shopwright.passage_words(text[], text);
drop function shopwright.sequencer_rank(text);
