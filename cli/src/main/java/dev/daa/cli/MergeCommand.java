package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.AdapterFiles;
import dev.daa.model.checkpoint.MergedFolders;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.WeightMerge;
import dev.daa.train.run.Interrupt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/// `daa merge`: one model folder from several, or from an adapter and its base.
@Command(
        name = "merge",
        description = {
            "Makes one model of several by averaging their weights (soups, WARM, WARP), or of an adapter and its base.",
            "Several have one architecture and one tokenizer; config and tokenizer are the first one's. The heads of"
                    + " reward models are averaged with the rest, so they should have started from one head.",
            "An adapter folder becomes its base model with W + scale·BA for every adapted W. Every command opens"
                    + " adapter folders as they are; this is for what opens model folders only."
        })
final class MergeCommand extends ConfigCommand<MergeCommand.Config> {
    /// Keys of the command.
    record Config(
            @Setting("folders of models of one architecture (A,B,C), or one adapter folder: adapter_config.json, which"
                    + " names the base model, and adapter_model.safetensors")
            List<Path> model,

            @Setting(
                    value = "weights ν of the models, which sum to 1 (below 0 extrapolates); all alike when empty",
                    byDefault = "[]")
            List<Double> weights,

            @Setting(
                    value = "linear, Σ ν·θ (model soups, rewarded soups, WARM), or spherical, which turns each tensor's"
                            + " ways from start into one another and keeps their length (WARP)",
                    byDefault = "linear")
            WeightMerge.Rule rule,

            @Setting(
                    value = "folder of the model that they were all trained from; needed by spherical and share",
                    byDefault = "null")
            @Nullable
            Path start,

            @Setting(
                    value = "share η of the way from start to the merge: (1 − η)·start + η·merge (LITI)",
                    byDefault = "1")
            double share,

            @Setting("folder of the merged model") Path out) {
        Config {
            if (model.isEmpty()) {
                throw new InputException("model is [], expected folders of models, or an adapter folder");
            }
            if (!weights.isEmpty() && weights.size() != model.size()) {
                throw new InputException("weights is " + weights + " for " + model.size()
                        + " models, expected one for each, or none for all alike");
            }
            boolean needed = merge(rule, weights, share, model.size()).needsStart();
            if (needed && start == null) {
                throw new InputException(
                        (rule == WeightMerge.Rule.SPHERICAL ? "rule is spherical" : "share is " + share)
                                + " without start, expected the folder of the model that they were trained from");
            }
            if (!needed && start != null) {
                throw new InputException(
                        "start is " + start + ", expected none: rule linear with share 1 is the same from anywhere");
            }
        }

        private static WeightMerge merge(WeightMerge.Rule rule, List<Double> weights, double share, int count) {
            return weights.isEmpty() ? WeightMerge.ofEqual(rule, count, share) : new WeightMerge(rule, weights, share);
        }

        WeightMerge merge() {
            return merge(rule, weights, share, model.size());
        }

        /// Whether one folder is given and nothing to be done with its weights: an adapter's, if anything.
        boolean plain() {
            return model.size() == 1 && weights.isEmpty() && start == null;
        }
    }

    MergeCommand(Terminal terminal) {
        super(terminal, Config.class);
    }

    @Override
    void run(Config config, Interrupt interrupt) {
        Path first = config.model().getFirst();
        if (config.plain() && !AdapterFiles.isIn(first)) {
            throw InputException.of(
                    first.toString(), "no adapter_config.json", "an adapter folder, or several models", "");
        }
        requireDistinct(config.model());
        ModelFolder.requireNone(config.out());
        ModelFolder folder = ModelFolder.open(first);
        TransformerParameters parameters = new TransformerParameters(folder.config(), folder.head(), "merged");
        float[][] weights = config.plain() ? folder.weights(parameters) : merged(config, parameters);
        folder.writeWith(config.out(), parameters, weights);
        terminal()
                .out()
                .printf(
                        Locale.ROOT,
                        "%s: %,d parameters%s%n",
                        config.out(),
                        parameters.layout().count(),
                        config.plain() ? "" : ", " + inWords(config, folder));
    }

    /// Refuses a model that would count twice.
    private static void requireDistinct(List<Path> models) {
        Set<Path> seen = new HashSet<>();
        for (Path model : models) {
            try {
                if (!seen.add(model.toRealPath())) {
                    throw new InputException("model names " + model + " twice, expected each once; weights let one"
                            + " count more than another");
                }
            } catch (IOException _) {
                // Opening it says what is wrong.
            }
        }
    }

    private static float[][] merged(Config config, TransformerParameters parameters) {
        List<ModelFolder> folders = new ArrayList<>();
        for (Path model : config.model()) {
            folders.add(ModelFolder.open(model));
        }
        if (config.start() != null) {
            folders.add(ModelFolder.open(config.start()));
        }
        WeightMerge merge = config.merge();
        int count = config.model().size();
        return new MergedFolders(folders)
                .weights(
                        parameters,
                        tensors -> merge.of(
                                config.start() == null ? null : tensors.get(count), tensors.subList(0, count)));
    }

    /// "spherical merge of 2 reward models, heads included: 0.5 a, 0.5 b; share 0.3 of the way from sft".
    private static String inWords(Config config, ModelFolder first) {
        int count = config.model().size();
        List<Double> weights = config.merge().coefficients();
        String models = IntStream.range(0, count)
                .mapToObj(m -> Math.rint(1e4 * weights.get(m)) / 1e4 + " "
                        + config.model().get(m))
                .collect(Collectors.joining(", "));
        return config.rule().name().toLowerCase(Locale.ROOT) + " merge of " + count
                + switch (first.head()) {
                    case LANGUAGE -> count == 1 ? " language model" : " language models";
                    case SCALAR -> (count == 1 ? " reward model" : " reward models") + ", heads included";
                }
                + ": " + models
                + (config.share() < 1 ? "; share " + config.share() + " of the way from " + config.start() : "");
    }
}
