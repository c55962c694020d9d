/// Language models. `transformer` records their graphs; `checkpoint`, `json`, `tokenizer` and `chat` read and write
/// model folders as Hugging Face lays them out; `generate` samples responses and `score` measures given ones.
///
/// Arrows: down to `compute` only.
package dev.daa.model;
