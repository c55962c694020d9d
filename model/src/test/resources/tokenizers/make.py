"""Makes characters.json, a small tokenizer of the form of Llama 2's, and characters.expected.json, what Hugging Face's
library (0.23.2) encodes and decodes with it: `python make.py TEXT_FILE` with tokenizers (made from tinyshakespeare.txt).
"""

import json
import pathlib
import sys

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
text = pathlib.Path(sys.argv[1]).read_text()

tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
special = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % value for value in range(256)]
tokenizer.train_from_iterator([text.replace("\n", " ")], trainers.BpeTrainer(
    vocab_size=450, special_tokens=special, show_progress=False))
parts = json.loads(tokenizer.to_str())
parts["pre_tokenizer"] = None
parts["added_tokens"] = parts["added_tokens"][:3]
parts["decoder"] = {"type": "Sequence", "decoders": [
    {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
    {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
(HERE / "characters.json").write_text(json.dumps(parts, ensure_ascii=False) + "\n")

tokenizer = Tokenizer.from_file(str(HERE / "characters.json"))
expected = []
for sample in ["", " ", "Hello world", "  two  spaces ", "<s>What is it?</s>", "a</s> b", "naïve 🦙 façade\n\ttab",
               "▁low line", "Tis' the winter of our discontent, <0x41>", "\u0000\u00ff", "the" * 20]:
    ids = tokenizer.encode(sample, add_special_tokens=False).ids
    expected.append({"text": sample, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
(HERE / "characters.expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")
