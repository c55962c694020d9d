package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import dev.daa.compute.Parameter;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.transformer.AdapterParameters;
import dev.daa.model.transformer.LinearModule;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// An adapter as PEFT keeps it: adapter_config.json and adapter_model.safetensors.
public final class AdapterFiles {
    static final String CONFIG = "adapter_config.json";
    static final String WEIGHTS = "adapter_model.safetensors";

    private static final String PREFIX = "base_model.model.";

    private AdapterFiles() {}

    /// One tensor.
    private record Entry(String name, List<Integer> shape, Parameter parameter, Arrangement arrangement) {}

    /// Whether the folder holds an adapter.
    public static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(CONFIG));
    }

    private static List<Entry> entries(TransformerConfig config, AdapterParameters adapter) {
        List<Entry> entries = new ArrayList<>();
        for (AdapterParameters.Pair pair : adapter.pairs()) {
            String module = PREFIX + pair.module().path(config, pair.block());
            Parameter a = pair.a();
            Parameter b = pair.b();
            entries.add(entry(module + ".lora_A.weight", a, new Arrangement.Slice(0, a.size())));
            // B has the rows of the module's weight, in the order in which the files have those.
            boolean headsTogether = switch (config.family()) {
                case GPT_NEOX -> pair.module().map() == LinearModule.Map.QUERY_KEY_VALUE;
                case GPT2, LLAMA -> false;
            };
            entries.add(entry(
                    module + ".lora_B.weight",
                    b,
                    headsTogether
                            ? new Arrangement.HeadsTogether(config.heads(), config.headSize() * b.columns())
                            : new Arrangement.Slice(0, b.size())));
        }
        Parameter score = adapter.score();
        if (score != null) {
            entries.add(entry(PREFIX + "score.weight", score, new Arrangement.Slice(0, score.size())));
        }
        return entries;
    }

    private static Entry entry(String name, Parameter parameter, Arrangement arrangement) {
        return new Entry(name, List.of(parameter.rows(), parameter.columns()), parameter, arrangement);
    }

    /// The adapter's values in its layout. Each tensor of the file is used exactly once; one that is missing,
    /// unknown or of another shape is refused.
    public static float[] read(Path folder, TransformerConfig config, AdapterParameters adapter) {
        Path file = folder.resolve(WEIGHTS);
        if (!Files.exists(file)) {
            boolean pickled = Files.exists(folder.resolve("adapter_model.bin"));
            throw InputException.of(
                    folder.toString(),
                    pickled ? "only adapter_model.bin" : "no adapter weights",
                    WEIGHTS,
                    pickled ? "save it with PEFT's save_pretrained(…, safe_serialization=True)" : "");
        }
        float[] values = new float[adapter.layout().size()];
        List<Entry> entries = entries(config, adapter);
        try (Safetensors source = Safetensors.open(file)) {
            Set<String> extra = new TreeSet<>(source.names());
            for (Entry entry : entries) {
                if (!extra.remove(entry.name())) {
                    throw InputException.of(
                            file.toString(),
                            "no tensor " + entry.name(),
                            "one",
                            "the weights do not belong to " + CONFIG);
                }
                List<Integer> shape = source.info(entry.name()).shape();
                if (!shape.equals(entry.shape())) {
                    throw InputException.of(
                            file + ": tensor " + entry.name(),
                            "shape " + shape,
                            entry.shape().toString(),
                            "the weights do not belong to " + CONFIG + " and its base model");
                }
                float[] tensor = new float[entry.parameter().size()];
                source.readWeights(entry.name(), tensor, 0);
                entry.arrangement()
                        .toParameter(tensor, 0, values, entry.parameter().offset());
            }
            if (!extra.isEmpty()) {
                throw InputException.of(
                        file.toString(),
                        "tensor " + extra.iterator().next(),
                        "the " + entries.size() + " tensors of " + CONFIG,
                        "");
            }
        }
        return values;
    }

    /// Writes an adapter; each file appears whole, the weights last.
    ///
    /// @param parameters of a model with adapters
    /// @param values in the adapter's layout; read while the file is written
    /// @param tokenizer of the model; none for models whose data are token ids
    public static void write(
            Path folder, TransformerParameters parameters, float[] values, @Nullable Tokenizer tokenizer) {
        AdapterParameters adapter = Objects.requireNonNull(parameters.adapter());
        DurableFile.createFolder(folder);
        DurableFile.write(
                folder.resolve(CONFIG),
                AdapterConfig.render(adapter.lora(), adapter.base(), parameters.config(), parameters.head()));
        if (tokenizer != null) {
            tokenizer.files().forEach((name, text) -> DurableFile.write(folder.resolve(name), text));
        }
        List<Safetensors.Content> contents = new ArrayList<>();
        for (Entry entry : entries(parameters.config(), adapter)) {
            contents.add(new Safetensors.Content(entry.name(), entry.shape(), () -> {
                float[] tensor = new float[entry.parameter().size()];
                entry.arrangement().toTensor(values, entry.parameter().offset(), tensor, 0);
                return tensor;
            }));
        }
        Safetensors.write(folder.resolve(WEIGHTS), contents);
    }
}
