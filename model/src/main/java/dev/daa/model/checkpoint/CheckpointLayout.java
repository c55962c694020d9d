package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import dev.daa.compute.Parameter;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Which Hugging Face tensor holds which of our parameters, and how its values are arranged. The same table reads and
/// writes weights, and anything else of their shape: gradients, optimizer moments.
public final class CheckpointLayout {
    /// Buffers that some versions of transformers save and that hold no weights: causal masks, rotary frequencies.
    private static final Pattern BUFFERS =
            Pattern.compile("(.*\\.)?(attn|attention)\\.(bias|masked_bias)|(.*\\.)?rotary_emb\\.inv_freq");

    /// One tensor.
    ///
    /// @param name as transformers writes it
    /// @param otherNames under which it is found too
    /// @param shape on disk
    /// @param parameter of ours that holds it
    /// @param arrangement of its values in the parameter
    private record Entry(
            String name, List<String> otherNames, List<Integer> shape, Parameter parameter, Arrangement arrangement) {
        int size() {
            return Math.toIntExact(TensorInfo.elements(shape));
        }
    }

    private final TransformerParameters parameters;
    private final String prefix;
    private final List<Entry> entries = new ArrayList<>();

    public CheckpointLayout(TransformerParameters parameters) {
        this.parameters = parameters;
        TransformerConfig config = parameters.config();
        prefix = switch (config.family()) {
            case GPT2 -> "transformer.";
            case GPT_NEOX -> "gpt_neox.";
            case LLAMA -> "model.";
        };
        switch (config.family()) {
            case GPT2 -> addGpt2();
            case GPT_NEOX -> addGptNeox();
            case LLAMA -> addLlama();
        }
        addHead(config);
    }

    private void addGpt2() {
        matrix("wte.weight", parameters.embedding());
        matrix("wpe.weight", parameters.positions());
        for (int i = 0; i < parameters.blocks().size(); i++) {
            TransformerParameters.Block block = parameters.blocks().get(i);
            String layer = "h." + i + ".";
            vector(layer + "ln_1.weight", block.attentionNorm());
            vector(layer + "ln_1.bias", block.attentionNormBias());
            transposed(layer + "attn.c_attn.weight", block.queryKeyValue());
            vector(layer + "attn.c_attn.bias", block.queryKeyValueBias());
            transposed(layer + "attn.c_proj.weight", block.projection());
            vector(layer + "attn.c_proj.bias", block.projectionBias());
            vector(layer + "ln_2.weight", block.innerNorm());
            vector(layer + "ln_2.bias", block.innerNormBias());
            transposed(layer + "mlp.c_fc.weight", block.inner());
            vector(layer + "mlp.c_fc.bias", block.innerBias());
            transposed(layer + "mlp.c_proj.weight", block.outer());
            vector(layer + "mlp.c_proj.bias", block.outerBias());
        }
        vector("ln_f.weight", parameters.finalNorm());
        vector("ln_f.bias", parameters.finalNormBias());
    }

    private void addGptNeox() {
        TransformerConfig config = parameters.config();
        matrix("embed_in.weight", parameters.embedding());
        for (int i = 0; i < parameters.blocks().size(); i++) {
            TransformerParameters.Block block = parameters.blocks().get(i);
            String layer = "layers." + i + ".";
            vector(layer + "input_layernorm.weight", block.attentionNorm());
            vector(layer + "input_layernorm.bias", block.attentionNormBias());
            int headSize = config.headSize();
            Parameter packed = block.queryKeyValue();
            add(
                    layer + "attention.query_key_value.weight",
                    List.of(packed.rows(), packed.columns()),
                    packed,
                    new Arrangement.HeadsTogether(config.heads(), headSize * packed.columns()));
            @Nullable Parameter packedBias = block.queryKeyValueBias();
            if (packedBias != null) {
                add(
                        layer + "attention.query_key_value.bias",
                        List.of(packedBias.size()),
                        packedBias,
                        new Arrangement.HeadsTogether(config.heads(), headSize));
            }
            matrix(layer + "attention.dense.weight", block.projection());
            vector(layer + "attention.dense.bias", block.projectionBias());
            vector(layer + "post_attention_layernorm.weight", block.innerNorm());
            vector(layer + "post_attention_layernorm.bias", block.innerNormBias());
            matrix(layer + "mlp.dense_h_to_4h.weight", block.inner());
            vector(layer + "mlp.dense_h_to_4h.bias", block.innerBias());
            matrix(layer + "mlp.dense_4h_to_h.weight", block.outer());
            vector(layer + "mlp.dense_4h_to_h.bias", block.outerBias());
        }
        vector("final_layer_norm.weight", parameters.finalNorm());
        vector("final_layer_norm.bias", parameters.finalNormBias());
    }

    private void addLlama() {
        TransformerConfig config = parameters.config();
        int queries = config.attentionShape().queryWidth();
        int keys = config.attentionShape().keyValueWidth();
        int inner = config.innerWidth();
        matrix("embed_tokens.weight", parameters.embedding());
        for (int i = 0; i < parameters.blocks().size(); i++) {
            TransformerParameters.Block block = parameters.blocks().get(i);
            String layer = "layers." + i + ".";
            vector(layer + "input_layernorm.weight", block.attentionNorm());
            rows(layer + "self_attn.q_proj", block.queryKeyValue(), block.queryKeyValueBias(), 0, queries);
            rows(layer + "self_attn.k_proj", block.queryKeyValue(), block.queryKeyValueBias(), queries, keys);
            rows(layer + "self_attn.v_proj", block.queryKeyValue(), block.queryKeyValueBias(), queries + keys, keys);
            rows(layer + "self_attn.o_proj", block.projection(), block.projectionBias(), 0, config.width());
            vector(layer + "post_attention_layernorm.weight", block.innerNorm());
            rows(layer + "mlp.gate_proj", block.inner(), block.innerBias(), 0, inner);
            rows(layer + "mlp.up_proj", block.inner(), block.innerBias(), inner, inner);
            rows(layer + "mlp.down_proj", block.outer(), block.outerBias(), 0, config.width());
        }
        vector("norm.weight", parameters.finalNorm());
    }

    private void addHead(TransformerConfig config) {
        Parameter weight = parameters.headWeight();
        List<Integer> shape = List.of(weight.rows(), weight.columns());
        Arrangement whole = new Arrangement.Slice(0, weight.size());
        if (parameters.head() == Head.SCALAR) {
            entries.add(new Entry("score.weight", List.of(), shape, weight, whole));
        } else if (!config.tiedHead()) {
            List<String> names = headNames();
            entries.add(new Entry(names.getFirst(), names.subList(1, names.size()), shape, weight, whole));
        }
    }

    /// Names of the language head, as written first. Version 5 of transformers calls GPT-NeoX's `lm_head` in memory
    /// and `embed_out` in files.
    private List<String> headNames() {
        return switch (parameters.config().family()) {
            case GPT2, LLAMA -> List.of("lm_head.weight");
            case GPT_NEOX -> List.of("embed_out.weight", "lm_head.weight");
        };
    }

    private void matrix(String name, @Nullable Parameter parameter) {
        if (parameter != null) {
            List<Integer> shape = List.of(parameter.rows(), parameter.columns());
            add(name, shape, parameter, new Arrangement.Slice(0, parameter.size()));
        }
    }

    private void vector(String name, @Nullable Parameter parameter) {
        if (parameter != null) {
            add(name, List.of(parameter.size()), parameter, new Arrangement.Slice(0, parameter.size()));
        }
    }

    private void transposed(String name, Parameter parameter) {
        List<Integer> shape = List.of(parameter.columns(), parameter.rows());
        add(name, shape, parameter, new Arrangement.Transposed(parameter.rows(), parameter.columns()));
    }

    /// Rows of a weight, and the values of its bias that belong to them.
    private void rows(String name, Parameter weight, @Nullable Parameter bias, int first, int count) {
        int columns = weight.columns();
        add(name + ".weight", List.of(count, columns), weight, new Arrangement.Slice(first * columns, count * columns));
        if (bias != null) {
            add(name + ".bias", List.of(count), bias, new Arrangement.Slice(first, count));
        }
    }

    /// A tensor of the body; files of a model without a head lack the prefix.
    private void add(String name, List<Integer> shape, Parameter parameter, Arrangement arrangement) {
        entries.add(new Entry(prefix + name, List.of(name), shape, parameter, arrangement));
    }

    /// Names of the tensors as they are written.
    public List<String> names() {
        return entries.stream().map(Entry::name).toList();
    }

    /// Reads every parameter. Each tensor of the source is used exactly once, except buffers and a tied head's copy
    /// of the embedding; a tensor that is missing, unknown, of another shape or with a value that is not finite
    /// is refused.
    ///
    /// @param arrays of the layout of the parameters
    public void read(TensorSource source, float[]... arrays) {
        read(source, arrays, false);
    }

    /// Reads every parameter but those of a head of its own, which keep their values, from a model with any head,
    /// which is passed over: how a reward model starts from a language model. A tied head is the embedding, and
    /// read.
    public void readBody(TensorSource source, float[]... arrays) {
        read(source, arrays, true);
    }

    private void read(TensorSource source, float[][] arrays, boolean bodyOnly) {
        parameters.layout().requireFilledBy(arrays);
        List<Entry> wanted = entries.stream()
                .filter(entry -> !bodyOnly || !isHead(entry.name()))
                .toList();
        checkNames(source, wanted, bodyOnly);
        float[] values = new float[0];
        for (Entry entry : wanted) {
            String name = checkedName(source, entry);
            float[] array = arrays[entry.parameter().array()];
            int offset = entry.parameter().offset();
            if (entry.arrangement() instanceof Arrangement.Slice(int start, var _)) {
                source.readWeights(name, array, offset + start);
            } else {
                values = values.length >= entry.size() ? values : new float[entry.size()];
                source.readWeights(name, values, 0);
                entry.arrangement().toParameter(values, 0, array, offset);
            }
        }
        if (!bodyOnly && parameters.config().tiedHead()) {
            Parameter embedding = parameters.embedding();
            checkTiedHead(source, arrays[embedding.array()], embedding.offset());
        }
    }

    /// Makes one tensor of those that several sources have of a name.
    @FunctionalInterface
    public interface TensorMerge {
        /// @param tensors of the sources in their order, of one shape
        float[] of(List<float[]> tensors);
    }

    /// Reads every parameter as what becomes of the tensors of several sources, of which each has all of them, as
    /// [#read] asks; only one tensor of each is held at a time.
    ///
    /// @param arrays of the layout of the parameters
    /// @throws InputException also where a merged value is not finite
    void readMerged(List<? extends TensorSource> sources, TensorMerge merge, float[]... arrays) {
        parameters.layout().requireFilledBy(arrays);
        for (TensorSource source : sources) {
            checkNames(source, entries, false);
            entries.forEach(entry -> checkedName(source, entry));
        }
        for (Entry entry : entries) {
            List<float[]> tensors = new ArrayList<>();
            for (TensorSource source : sources) {
                float[] values = new float[entry.size()];
                source.readWeights(nameIn(source, entry), values, 0);
                if (entry.parameter().equals(parameters.embedding())
                        && parameters.config().tiedHead()) {
                    checkTiedHead(source, values, 0);
                }
                tensors.add(values);
            }
            float[] merged = merge.of(tensors);
            for (float value : merged) {
                if (!Float.isFinite(value)) {
                    throw InputException.of(
                            "the merge's tensor " + entry.name(), "" + value, "finite weights", "merge others");
                }
            }
            Parameter parameter = entry.parameter();
            entry.arrangement().toParameter(merged, 0, arrays[parameter.array()], parameter.offset());
        }
    }

    /// Name of a tensor in a source, which has it in the expected shape.
    private static String checkedName(TensorSource source, Entry entry) {
        String name = nameIn(source, entry);
        List<Integer> shape = source.info(name).shape();
        if (!shape.equals(entry.shape())) {
            throw InputException.of(
                    source.place() + ": tensor " + name,
                    "shape " + shape,
                    entry.shape().toString(),
                    "the weights do not belong to the config");
        }
        return name;
    }

    /// Refuses a head that a tied model has in its file as well and that is not the embedding: versions of
    /// transformers differ on which of them counts.
    ///
    /// @param embedding values of the embedding from `from` on
    private void checkTiedHead(TensorSource source, float[] embedding, int from) {
        Parameter shape = parameters.embedding();
        for (String name : headNames()) {
            if (!source.names().contains(name)) {
                continue;
            }
            float[] head = new float[shape.size()];
            boolean same = source.info(name).shape().equals(List.of(shape.rows(), shape.columns()));
            if (same) {
                source.read(name, head, 0);
                same = Arrays.equals(head, 0, head.length, embedding, from, from + head.length);
            }
            if (!same) {
                throw InputException.of(
                        source.place() + ": tensor " + name,
                        "values other than the embedding's",
                        "the embedding's, as tie_word_embeddings is true",
                        "if the head is its own, set tie_word_embeddings to false in config.json");
            }
        }
    }

    private void checkNames(TensorSource source, List<Entry> wanted, boolean bodyOnly) {
        Set<String> extra = new TreeSet<>(source.names());
        Set<String> missing = new TreeSet<>();
        for (Entry entry : wanted) {
            String name = nameIn(source, entry);
            if (!extra.remove(name)) {
                missing.add(name);
            }
        }
        extra.removeIf(name -> BUFFERS.matcher(name).matches());
        if (bodyOnly) {
            extra.removeIf(this::isHead);
        } else if (parameters.config().tiedHead()) {
            extra.removeAll(headNames());
        }
        if (!missing.isEmpty() || !extra.isEmpty()) {
            throw InputException.of(
                    source.place(),
                    source.names().size() + " tensors; missing " + shown(missing) + "; unknown " + shown(extra),
                    wanted.size() + " tensors of a " + parameters.config().family() + " model",
                    "the weights do not belong to the config");
        }
    }

    private static String nameIn(TensorSource source, Entry entry) {
        if (source.names().contains(entry.name())) {
            return entry.name();
        }
        return entry.otherNames().stream()
                .filter(source.names()::contains)
                .findFirst()
                .orElse(entry.name());
    }

    private boolean isHead(String name) {
        return name.equals("score.weight") || headNames().contains(name);
    }

    private static String shown(Set<String> names) {
        if (names.isEmpty()) {
            return "none";
        }
        String first = String.join(", ", names.stream().limit(3).toList());
        return names.size() <= 3 ? first : first + " and " + (names.size() - 3) + " more";
    }

    /// The tensors to write for these values.
    ///
    /// @param arrays of the layout of the parameters; read while the file is written
    public List<Safetensors.Content> contents(float[]... arrays) {
        parameters.layout().requireFilledBy(arrays);
        Set<String> written = new HashSet<>();
        List<Safetensors.Content> contents = new ArrayList<>();
        for (Entry entry : entries) {
            if (!written.add(entry.name())) {
                throw new IllegalStateException("tensor " + entry.name() + " is mapped twice");
            }
            contents.add(new Safetensors.Content(entry.name(), entry.shape(), () -> {
                float[] tensor = new float[entry.size()];
                Parameter from = entry.parameter();
                entry.arrangement().toTensor(arrays[from.array()], from.offset(), tensor, 0);
                return tensor;
            }));
        }
        return contents;
    }
}
