"""Makes the small models of this folder: `python make.py` with torch and transformers (made with 2.13 and 5.18).

Each folder is what `save_pretrained` writes, and expected.json: token ids, and for each position the logits (or for a
sequence the score) that transformers computes in fp32 from the weights on disk.
"""

import json
import pathlib

import torch
import transformers as hf

HERE = pathlib.Path(__file__).parent
IDS = [[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9], [2, 7, 1, 8, 2, 8, 1]]
SMALL = dict(vocab_size=13, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=28,
             max_position_embeddings=33, initializer_range=0.3, bos_token_id=0, eos_token_id=0)


def make(name, model, dtype, **how):
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    model.to(dtype).save_pretrained(HERE / name, **how)
    model = type(model).from_pretrained(HERE / name, dtype=torch.float32).eval()
    expected = [{"ids": ids, "logits": model(torch.tensor([ids])).logits[0].tolist()} for ids in IDS]
    (HERE / name / "expected.json").write_text(json.dumps(expected) + "\n")


torch.manual_seed(0)
make("llama", hf.LlamaForCausalLM(hf.LlamaConfig(
    **SMALL, num_key_value_heads=2, head_dim=8, rms_norm_eps=1e-5,
    rope_parameters=dict(rope_type="default", rope_theta=500000.0))), torch.float32)
make("qwen2_tied_bf16_sharded", hf.Qwen2ForCausalLM(hf.Qwen2Config(
    **SMALL, num_key_value_heads=2, tie_word_embeddings=True)), torch.bfloat16, max_shard_size=5000)
make("gpt_neox_parallel_f16", hf.GPTNeoXForCausalLM(hf.GPTNeoXConfig(
    **SMALL, rope_parameters=dict(rope_type="default", rope_theta=10000.0, partial_rotary_factor=0.5))), torch.float16)
make("gpt2_score", hf.GPT2ForSequenceClassification(hf.GPT2Config(
    vocab_size=13, n_embd=16, n_layer=2, n_head=4, n_positions=33, n_inner=20, activation_function="gelu",
    initializer_range=0.3, num_labels=1, bos_token_id=0, eos_token_id=0)), torch.float32)
