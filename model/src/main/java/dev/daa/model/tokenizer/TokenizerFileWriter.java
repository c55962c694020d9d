package dev.daa.model.tokenizer;

import dev.daa.model.json.JsonKeys;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Renders tokenizers that were made here as the files that Hugging Face reads.
final class TokenizerFileWriter {
    private TokenizerFileWriter() {}

    /// Files of a word-level tokenizer whose words stand between white space.
    static Map<String, String> wordLevel(Map<String, Integer> vocabulary, List<AddedToken> added, String eos) {
        ObjectNode json = start(added);
        json.putNull("normalizer");
        json.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
        json.putNull("post_processor");
        json.putNull("decoder");
        ObjectNode model = json.putObject("model").put("type", "WordLevel");
        vocabulary(model, vocabulary);
        // The word that the format demands for unknown ones; no text contains it, because it is not in the vocabulary.
        model.put("unk_token", "<unk>");
        return files(json, eos);
    }

    /// Files of a byte-level BPE with GPT-2's pattern.
    ///
    /// @param merges pairs of tokens, the first joined first
    static Map<String, String> bytePair(
            Map<String, Integer> vocabulary, List<List<String>> merges, List<AddedToken> added, String eos) {
        ObjectNode json = start(added);
        json.putNull("normalizer");
        byteLevel(json.putObject("pre_tokenizer"));
        byteLevel(json.putObject("post_processor"));
        byteLevel(json.putObject("decoder"));
        ObjectNode model = json.putObject("model").put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
        vocabulary(model, vocabulary);
        ArrayNode pairs = model.putArray("merges");
        merges.forEach(pair -> pairs.add(String.join(" ", pair)));
        return files(json, eos);
    }

    private static ObjectNode start(List<AddedToken> added) {
        ObjectNode json = JsonKeys.JSON.createObjectNode().put("version", "1.0");
        json.putNull("truncation");
        json.putNull("padding");
        ArrayNode tokens = json.putArray("added_tokens");
        for (AddedToken token : added) {
            tokens.addObject()
                    .put("id", token.id())
                    .put("content", token.content())
                    .put("single_word", token.singleWord())
                    .put("lstrip", token.stripLeft())
                    .put("rstrip", token.stripRight())
                    .put("normalized", token.normalized())
                    .put("special", token.special());
        }
        return json;
    }

    private static void byteLevel(ObjectNode node) {
        node.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
    }

    private static void vocabulary(ObjectNode model, Map<String, Integer> vocabulary) {
        ObjectNode tokens = model.putObject("vocab");
        vocabulary.forEach(tokens::put);
    }

    private static Map<String, String> files(ObjectNode json, String eos) {
        ObjectNode config = JsonKeys.JSON.createObjectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
        config.put("bos_token", eos).put("eos_token", eos).put("clean_up_tokenization_spaces", false);
        Map<String, String> files = new LinkedHashMap<>();
        files.put(TokenizerFile.NAME, json.toPrettyString() + "\n");
        files.put(TokenizerFile.CONFIG_NAME, config.toPrettyString() + "\n");
        return files;
    }
}
