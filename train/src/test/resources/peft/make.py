"""Tiny models of transformers with adapters of PEFT, and what these compute: the files beside this one.

Made with torch 2.13.0, transformers 5.18.0, peft 0.21.0:  python make.py
"""
import json
import torch
from peft import LoraConfig, get_peft_model
from transformers import (GPT2Config, GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, GPTNeoXForSequenceClassification,
                          LlamaConfig, LlamaForCausalLM)

V, STEPS = 33, 6
SEQUENCES = [[3, 1, 4, 1, 5, 9, 2, 6, 5, 3], [27, 18, 28, 18, 28, 4, 5, 9, 0, 32, 7, 7], [8, 30]]
COMMON = dict(vocab_size=V, bos_token_id=0, eos_token_id=0, attn_implementation="eager")
MODELS = {
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(n_embd=12, n_layer=2, n_head=3, n_positions=48, attn_pdrop=0.0,
                                               embd_pdrop=0.0, resid_pdrop=0.0, **COMMON)),
    "gpt_neox": lambda: GPTNeoXForCausalLM(GPTNeoXConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, max_position_embeddings=48,
        **COMMON)),
    "llama": lambda: LlamaForCausalLM(LlamaConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=28,
        max_position_embeddings=48, **COMMON)),
}
TARGETS = {"gpt2": ["c_attn", "c_proj"], "gpt_neox": "all-linear", "llama": ["q_proj", "v_proj", "up_proj"]}


def spread(model, seed, deviation=0.3):
    """Weights large enough that distributions are far from uniform; biases and B included."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(deviation * torch.randn(parameter.shape, generator=generator))


def loss(model):
    """Mean negative log-likelihood over the tokens after the first of every sequence."""
    total, count = 0, 0
    for ids in SEQUENCES:
        log_probs = torch.log_softmax(model(torch.tensor([ids])).logits[0, :-1], -1)
        total = total - log_probs.gather(1, torch.tensor(ids[1:])[:, None]).sum()
        count += len(ids) - 1
    return total / count


for family, make in MODELS.items():
    torch.manual_seed(1)
    model = make()
    spread(model, 2)
    model.save_pretrained(f"{family}/base")
    torch.manual_seed(3)
    adapted = get_peft_model(model, LoraConfig(
        r=3, lora_alpha=7, target_modules=TARGETS[family], task_type="CAUSAL_LM", use_rslora=family == "llama",
        fan_in_fan_out=family == "gpt2"))
    spread(adapted, 4, 0.2)
    adapted.peft_config["default"].base_model_name_or_path = "../base"
    adapted.eval()
    golden = {"sequences": SEQUENCES}
    with torch.no_grad():
        golden["logits"] = [adapted(torch.tensor([ids])).logits[0].tolist() for ids in SEQUENCES]
        with adapted.disable_adapter():
            golden["base_logits"] = [adapted(torch.tensor([ids])).logits[0].tolist() for ids in SEQUENCES]
    adapted.save_pretrained(f"{family}/adapter", save_embedding_layers=False)
    optimizer = torch.optim.AdamW(
        [p for p in adapted.parameters() if p.requires_grad], lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
    golden["losses"] = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(adapted)
        value.backward()
        golden["losses"].append(value.item())
        optimizer.step()
    adapted.save_pretrained(f"{family}/trained", save_embedding_layers=False)
    json.dump(golden, open(f"{family}/golden.json", "w"))

torch.manual_seed(5)
scorer = GPTNeoXForSequenceClassification.from_pretrained("gpt_neox/base", num_labels=1)
adapted = get_peft_model(scorer, LoraConfig(r=2, lora_alpha=4, task_type="SEQ_CLS"))
spread(adapted, 6, 0.2)
adapted.peft_config["default"].base_model_name_or_path = "../gpt_neox/base"
adapted.eval()
adapted.save_pretrained("reward", save_embedding_layers=False)
with torch.no_grad():
    scores = [adapted(torch.tensor([ids])).logits[0, 0].item() for ids in SEQUENCES]
json.dump({"sequences": SEQUENCES, "scores": scores}, open("reward/golden.json", "w"))
