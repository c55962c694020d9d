package dev.daa.model.checkpoint;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.model.chat.ChatTemplate;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.json.JsonKeys;
import dev.daa.model.tokenizer.Tokenizer;
import dev.daa.model.tokenizer.TokenizerFile;
import dev.daa.model.transformer.AdapterParameters;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A model as a folder that transformers opens: config.json, safetensors and, for models of text, tokenizer.json. A
/// folder with an adapter, as PEFT writes it, is the model that its base model becomes when the adapter is merged.
public final class ModelFolder {
    private static final String CONFIG = "config.json";
    private static final String GENERATION_CONFIG = "generation_config.json";

    private final Path path;
    private final HuggingFaceConfig config;
    private final List<Integer> eosTokenIds;
    private final @Nullable Adapted adapted;

    /// What an adapter's folder refers to.
    private record Adapted(ModelFolder base, AdapterConfig config) {
        Head head() {
            return config.withScore() ? Head.SCALAR : base.head();
        }
    }

    private ModelFolder(Path path, HuggingFaceConfig config, List<Integer> eosTokenIds, @Nullable Adapted adapted) {
        this.path = path;
        this.config = config;
        this.eosTokenIds = eosTokenIds;
        this.adapted = adapted;
    }

    /// Reads everything but the weights.
    public static ModelFolder open(Path path) {
        if (!Files.isDirectory(path)) {
            throw InputException.of(path.toString(), Files.exists(path) ? "a file" : "nothing", "a model folder", "");
        }
        if (AdapterFiles.isIn(path)) {
            return openAdapter(path);
        }
        if (!Files.exists(path.resolve(CONFIG)) && Files.isDirectory(path.resolve("checkpoints"))) {
            throw InputException.of(
                    path.toString(),
                    "a run without a model of its own, as an unfinished one or a study's cell",
                    "a model folder",
                    "each of its checkpoints is one: " + path.resolve("checkpoints") + "/step-N");
        }
        HuggingFaceConfig config = HuggingFaceConfig.read(path.resolve(CONFIG));
        Path generation = path.resolve(GENERATION_CONFIG);
        List<Integer> eosTokenIds =
                Files.exists(generation) ? JsonKeys.read(generation).integers("eos_token_id") : List.of();
        if (eosTokenIds.isEmpty()) {
            eosTokenIds = config.eosTokenIds();
        }
        return new ModelFolder(path, config, ownEndFirst(path, eosTokenIds), null);
    }

    /// Of several ids that end a response, models that chat end theirs with the one that their tokenizer names:
    /// Llama 3 lists `<|end_of_text|>` first and writes `<|eot_id|>`.
    private static List<Integer> ownEndFirst(Path path, List<Integer> eosTokenIds) {
        List<Integer> ids = new ArrayList<>(eosTokenIds);
        if (ids.size() > 1 && TokenizerFile.isIn(path)) {
            TokenizerFile.readFolder(path).eosTokenId().ifPresent(own -> {
                if (ids.remove((Integer) own)) {
                    ids.addFirst(own);
                }
            });
        }
        return List.copyOf(ids);
    }

    /// Refuses a folder in which a model would be overwritten.
    public static void requireNone(Path path) {
        if (Files.exists(path.resolve(CONFIG)) || AdapterFiles.isIn(path)) {
            throw overwritten(path);
        }
    }

    /// Refuses to write where this model is read from, its adapter's base model included.
    public void requireElsewhere(Path out) {
        try {
            if (Files.exists(out) && Files.isSameFile(out, path)) {
                throw overwritten(out);
            }
        } catch (IOException e) {
            throw new InputException(out + ": cannot be read: " + e.getMessage(), e);
        }
        if (adapted != null) {
            adapted.base().requireElsewhere(out);
        }
    }

    /// Refuses this model beside a policy with other tokens or another number of them: their distributions are
    /// compared.
    public void requireVocabularyOf(ModelFolder policy) {
        requireVocabulary(policy, false);
    }

    /// Refuses this model to read what a policy writes where the two have other tokens. With one tokenizer it may
    /// have room for more than the policy: Pythia 1B has 50,304 rows, 6.9B 50,432.
    public void requireReads(ModelFolder policy) {
        requireVocabulary(policy, true);
    }

    private void requireVocabulary(ModelFolder policy, boolean roomForMore) {
        if (this == policy) {
            return;
        }
        Tokenizer own = tokenizer().orElse(null);
        Tokenizer written = policy.tokenizer().orElse(null);
        boolean bothKnown = own != null && written != null;
        int vocabulary = config().vocabulary();
        int expected = policy.config().vocabulary();
        if (roomForMore && bothKnown ? vocabulary < expected : vocabulary != expected) {
            throw new InputException(path + ": a vocabulary of " + vocabulary + " tokens, expected the " + expected
                    + " of " + policy.path);
        }
        if (own != null && written != null) {
            requireSameTokens(own, written, policy.path);
        }
    }

    /// Refuses a model to which an id means another token: rounded up, the vocabularies of two tokenizers have one
    /// size. Tokens that only one of them has were added to it.
    private void requireSameTokens(Tokenizer own, Tokenizer policy, Path policyPath) {
        for (int id = 0; id < Math.min(own.vocabulary(), policy.vocabulary()); id++) {
            Optional<String> read = own.token(id);
            Optional<String> written = policy.token(id);
            if (read.isPresent() && written.isPresent() && !read.equals(written)) {
                throw InputException.of(
                        path.toString(),
                        "\"" + read.get() + "\" as the token " + id,
                        "\"" + written.get() + "\" as in " + policyPath,
                        "one has to read the other's tokens, so both need the same tokenizer");
            }
        }
    }

    private static InputException overwritten(Path path) {
        return new InputException(path + ": a model is there already; choose another --out");
    }

    private static ModelFolder openAdapter(Path path) {
        Path file = path.resolve(AdapterFiles.CONFIG);
        AdapterConfig adapter = AdapterConfig.read(file);
        ModelFolder base = open(base(path, adapter));
        return new ModelFolder(path, base.config, base.eosTokenIds, new Adapted(base, adapter));
    }

    /// The base model's folder: as it is named, or below the adapter's own folder.
    private static Path base(Path path, AdapterConfig adapter) {
        Path named = Path.of(adapter.base());
        if (Files.isDirectory(named)) {
            return named;
        }
        if (Files.isDirectory(path.resolve(named))) {
            return path.resolve(named);
        }
        throw InputException.of(
                path.resolve(AdapterFiles.CONFIG) + ": base_model_name_or_path",
                adapter.base() + ", which is no folder here",
                "the base model's folder",
                "download the model and write its folder there");
    }

    public Path path() {
        return path;
    }

    /// The architecture.
    public TransformerConfig config() {
        return config.transformer();
    }

    /// What stands on top of the weights in this folder.
    public Head head() {
        return adapted == null ? config.head() : adapted.head();
    }

    /// Ids that end a response: of generation_config.json, or else of config.json; the tokenizer's own first. An id
    /// outside the vocabulary, as cut-down models keep it from their large originals, is one that no response ever
    /// has.
    public List<Integer> eosTokenIds() {
        return eosTokenIds;
    }

    /// The id that training ends a response with, the first where there are several.
    public int eosTokenId() {
        return requiredStopTokens().ids().getFirst();
    }

    /// The same as generation takes them; empty where the model names none.
    public StopTokens stopTokens() {
        return new StopTokens(eosTokenIds);
    }

    /// The same of a model that must end its responses.
    public StopTokens requiredStopTokens() {
        if (eosTokenIds.isEmpty()) {
            throw InputException.of(path.resolve(CONFIG).toString(), "no eos_token_id", "one", "add it to the file");
        }
        return stopTokens();
    }

    public OptionalInt bosTokenId() {
        return config.bosTokenId();
    }

    /// The id that a reward model's score is not read at; empty where it is read at the last token whatever that
    /// is, as `daa reward` trains it. An adapter that brings its own head says nothing of padding.
    public OptionalInt paddingTokenId() {
        if (adapted == null) {
            return config.paddingTokenId();
        }
        return adapted.config().withScore()
                ? OptionalInt.empty()
                : adapted.base().paddingTokenId();
    }

    /// The folder's tokenizer, read anew; empty for models whose data are token ids.
    public Optional<Tokenizer> tokenizer() {
        if (!TokenizerFile.isIn(path)) {
            return adapted == null ? Optional.empty() : adapted.base().tokenizer();
        }
        Tokenizer tokenizer = TokenizerFile.readFolder(path);
        if (tokenizer.vocabulary() > config().vocabulary()) {
            throw InputException.of(
                    path.toString(),
                    "a tokenizer of " + tokenizer.vocabulary() + " tokens",
                    "at most " + config().vocabulary() + ", the model's vocabulary",
                    "");
        }
        return Optional.of(tokenizer);
    }

    /// What a folder that a model is written to takes over from this one.
    public ModelText text() {
        return new ModelText(tokenizer().orElse(null), eosTokenIds, bosTokenId());
    }

    /// How the folder's model turns chats into text; empty for models that do not chat.
    public Optional<ChatTemplate> chatTemplate() {
        Optional<ChatTemplate> own = ChatTemplate.of(path);
        return own.isPresent() || adapted == null ? own : adapted.base().chatTemplate();
    }

    /// The model on a backend, whose head is the folder's. Its weights lie in memory once where the backend can.
    ///
    /// @throws InputException where the backend has no room for it
    public Model load(Backend backend, TransformerParameters parameters) {
        return new Model(parameters, backend.adopt(parameters.layout(), () -> weights(parameters)));
    }

    /// Every weight of a model whose head is the folder's; an adapter is merged into its base model's.
    ///
    /// @return arrays of the layout of `parameters`
    /// @throws InputException where the head of `parameters` is another one
    public float[][] weights(TransformerParameters parameters) {
        if (parameters.head() != head()) {
            throw InputException.of(
                    path.toString(), "a model with a " + head() + " head", "a " + parameters.head() + " head", "");
        }
        if (adapted != null) {
            float[][] arrays = adapted.base().head() == head()
                    ? adapted.base().weights(parameters)
                    : adapted.base().bodyWeights(parameters);
            merge(adapted, parameters, arrays, true);
            return arrays;
        }
        float[][] arrays = parameters.layout().zeros();
        try (WeightFiles files = WeightFiles.open(path)) {
            new CheckpointLayout(parameters).read(files, arrays);
        }
        return arrays;
    }

    private void merge(Adapted of, TransformerParameters parameters, float[][] arrays, boolean withHead) {
        AdapterParameters adapter = new AdapterParameters(
                parameters,
                of.config().lora(config()),
                of.config().base(),
                of.config().withScore(),
                false);
        float[] values = AdapterFiles.read(path, config(), adapter);
        adapter.merge(values, parameters, arrays);
        if (withHead) {
            adapter.mergeScore(values, parameters, arrays);
        }
    }

    /// Every weight below the head, whatever the folder's head is; the head's own weights are 0 for the caller to
    /// initialise. A reward model starts from a language model this way.
    ///
    /// @return arrays of the layout of `parameters`
    public float[][] bodyWeights(TransformerParameters parameters) {
        if (adapted != null) {
            float[][] arrays = adapted.base().bodyWeights(parameters);
            merge(adapted, parameters, arrays, false);
            return arrays;
        }
        float[][] arrays = parameters.layout().zeros();
        try (WeightFiles files = WeightFiles.open(path)) {
            new CheckpointLayout(parameters).readBody(files, arrays);
        }
        return arrays;
    }

    /// Whether there are weights in the folder; one without says what a model is and what it would take.
    public boolean hasWeights() {
        return adapted != null
                ? Files.exists(path.resolve(AdapterFiles.WEIGHTS))
                : Files.exists(path.resolve(WeightFiles.SINGLE)) || Files.exists(path.resolve(WeightFiles.INDEX));
    }

    /// SHA-256 over config and weights, of an adapter and its base model both, in hexadecimal: equal for folders
    /// that give equal log-probs. The key under which what was computed with this model is kept.
    public String hash() {
        if (adapted != null) {
            return ContentHash.of(
                    List.of(path.resolve(AdapterFiles.CONFIG), path.resolve(AdapterFiles.WEIGHTS)),
                    adapted.base().hash());
        }
        List<Path> files = new ArrayList<>(List.of(path.resolve(CONFIG)));
        files.addAll(WeightFiles.paths(path));
        return ContentHash.of(files, "");
    }

    /// Writes a model. A folder that does not exist yet appears whole or not at all; in one that exists, each file
    /// is replaced whole, the weights last.
    ///
    /// @param arrays of the layout of `parameters`
    public static void write(Path path, TransformerParameters parameters, float[][] arrays, ModelText text) {
        write(path, parameters, arrays, text, OptionalInt.empty());
    }

    /// Writes what this model became by weights alone, as [#write]: it reads text, and as a reward model its score,
    /// where this one does.
    ///
    /// @param arrays of the layout of `parameters`
    public void writeWith(Path target, TransformerParameters parameters, float[][] arrays) {
        write(target, parameters, arrays, text(), paddingTokenId());
    }

    private static void write(
            Path path, TransformerParameters parameters, float[][] arrays, ModelText text, OptionalInt paddingTokenId) {
        HuggingFaceConfig config = new HuggingFaceConfig(
                parameters.config(), parameters.head(), text.eosTokenIds(), text.bosTokenId(), paddingTokenId);
        Tokenizer tokenizer = text.tokenizer();
        String configJson = HuggingFaceConfigWriter.config(config);
        Path target = path.toAbsolutePath().normalize();
        if (Files.exists(target)) {
            writeInto(target, configJson, config, parameters, arrays, tokenizer);
            return;
        }
        Path aside = target.resolveSibling("." + target.getFileName() + ".incomplete-"
                + ProcessHandle.current().pid() + "-" + Thread.currentThread().threadId());
        try {
            deleteFolder(aside);
            Files.createDirectories(aside);
            writeInto(aside, configJson, config, parameters, arrays, tokenizer);
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
            DurableFile.syncFolder(target.resolveSibling("."));
        } catch (InputException | UncheckedIOException e) {
            // A file in the folder aside, which is gone: the model is what could not be written.
            throw e.getCause() instanceof IOException cause ? WriteFailure.of(path, cause) : e;
        } catch (IOException e) {
            throw WriteFailure.of(path, e);
        } finally {
            deleteFolder(aside);
        }
    }

    private static void writeInto(
            Path folder,
            String configJson,
            HuggingFaceConfig config,
            TransformerParameters parameters,
            float[][] arrays,
            @Nullable Tokenizer tokenizer) {
        DurableFile.write(folder.resolve(CONFIG), configJson);
        if (config.head() == Head.LANGUAGE) {
            DurableFile.write(folder.resolve(GENERATION_CONFIG), HuggingFaceConfigWriter.generationConfig(config));
        }
        if (tokenizer != null) {
            tokenizer.files().forEach((name, text) -> DurableFile.write(folder.resolve(name), text));
        }
        Safetensors.write(folder.resolve(WeightFiles.SINGLE), new CheckpointLayout(parameters).contents(arrays));
    }

    private static void deleteFolder(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            // The failure that left the folder behind is already on its way to the caller.
        }
    }
}
