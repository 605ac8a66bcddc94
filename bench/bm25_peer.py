"""BM25 by bm25s with Snowball stems, for another interpreter than the product's: texts in, rankings out, as JSON."""

import json
import sys

import bm25s
import Stemmer

asked = json.load(sys.stdin)
stemmer = Stemmer.Stemmer("english")
corpus = bm25s.tokenize(asked["items"], stopwords="en", stemmer=stemmer, show_progress=False)
index = bm25s.BM25(k1=1.2, b=0.75)
index.index(corpus, show_progress=False)
found = []
for query in asked["queries"]:
    tokens = bm25s.tokenize([query], stopwords="en", stemmer=stemmer, return_ids=False, show_progress=False)
    places, scores = index.retrieve(tokens, k=min(asked["depth"], len(asked["items"])), show_progress=False)
    found.append([int(place) for place, score in zip(places[0], scores[0], strict=True) if score > 0])
json.dump(found, sys.stdout)
