package dev.daa.eval.study.config;

import dev.daa.compute.InputException;
import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Point;
import dev.daa.model.generate.Sampling;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.train.align.AlignLearner;
import dev.daa.train.config.Setting;
import dev.daa.train.loop.Schedule;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.ObjectiveChoice;
import dev.daa.train.objective.Objectives;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.InputHashes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One study, as its YAML says it. Every objective is run at each of its β, on every size and seed,
/// from the SFT model of that size and seed and on the same preference pairs.
public record StudyConfig(
        @Setting("one line that names the study") String title,

        @Setting(value = "objectives of direct alignment with their grids of β", byDefault = "[]")
        List<ObjectiveGrid> objectives,

        @Setting("model sizes") List<Size> sizes,

        @Setting("seeds; each gives its own SFT model, pairs, order and samples")
        List<Long> seeds,

        @Setting("supervised fine-tuning on reference reviews, which are drawn fresh: steps must be given")
        TrainingConfig sft,

        @Setting(
                value = "what labels the preferences and is reported as gold: exact, the world's formula, or model",
                byDefault = "exact")
        GoldModel.Kind gold,

        @Setting("the reward model that is the gold for gold: model")
        GoldModel goldModel,

        @Setting("preference pairs") Preferences preferences,
        @Setting("direct alignment") TrainingConfig align,
        @Setting("what is measured at each checkpoint") Evaluation evaluation,

        @Setting(value = "reward models trained on the same pairs", byDefault = "null") @Nullable
        Proxies proxies,

        @Setting(value = "best of n samples of the SFT policy", byDefault = "null") @Nullable
        BestOfNGrid bestOfN,

        @Setting(value = "reinforcement on reward models", byDefault = "null") @Nullable
        Reinforcement reinforcement,

        @Setting(value = "alignment on the policy's own samples", byDefault = "null") @Nullable
        OnlineGrids online,

        @Setting(
                value = "parts of the report's analysis",
                byDefault = "[dynamics, length, likelihood, forward-kl, prediction, trends, mitigations, gold,"
                        + " reward-models, thresholds, regimes, toys, stopping, recommendation]")
        List<Part> analysis) {
    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*");
    private static final String LABEL_EXPECTED =
            "expected letters, digits, '_', '-' and '.', as it becomes part of folder names";

    /// Best of n by a proxy, for n = 1, 2, 4, … up to the number of samples.
    public record BestOfNGrid(
            @Setting("samples per held-out prompt") int samples,

            @Setting(value = "names of the reward models that choose; all when empty", byDefault = "[]")
            List<String> proxies) {
        public BestOfNGrid {
            if (samples < 2) {
                throw new InputException("best_of_n.samples is " + samples + ", expected at least 2");
            }
        }
    }

    /// An objective at several β.
    public record ObjectiveGrid(
            @Setting("name from `daa objectives`, a mixture, or a class of yours that is a function of the margin")
            String name,

            @Setting("values of β") List<Double> betas,

            @Setting(value = "further parameters of the objective", byDefault = "{}")
            Map<String, Object> parameters,

            @Setting(value = "jars or folders with a class of yours", byDefault = "[]")
            List<Path> classpath,

            @Setting(value = "name in tables, figures and folders; the objective's when absent", byDefault = "null")
            @Nullable
            String label,

            @Setting(value = "measure an average of the weights along the run instead of the last", byDefault = "null")
            @Nullable
            Averaging averaging) {
        public ObjectiveGrid {
            if (label != null && !LABEL.matcher(label).matches()) {
                throw new InputException("objective label is '" + label + "', " + LABEL_EXPECTED);
            }
            if (betas.isEmpty() || new HashSet<>(betas).size() < betas.size()) {
                throw new InputException("objective " + name + " has betas " + betas + ", expected distinct numbers");
            }
            for (double beta : betas) {
                Objective unused = new ObjectiveChoice(name, beta, parameters, classpath).create(); // checks it
            }
        }

        /// What points, figures and folders call it.
        public String shown() {
            return label == null ? name : label;
        }

        /// The objective at one β.
        public Objective objective(double beta) {
            return new ObjectiveChoice(name, beta, parameters, classpath).create();
        }

        /// Its parameters at one β.
        public Map<String, Object> at(double beta) {
            Map<String, Object> all = new LinkedHashMap<>(parameters);
            all.put("beta", beta);
            return all;
        }

        /// The objective with all parameters but β, and which weights are measured, for readers.
        public String inWords() {
            String objective = Objectives.inWords(name, parameters, classpath);
            return averaging == null ? objective : objective + "; " + averaging.inWords();
        }

        /// Hash of the classes that it may be made of, wherever they lie; null without any.
        public @Nullable String code() {
            return classpath.isEmpty()
                    ? null
                    : DataHash.of(new InputHashes()
                            .classes(classpath).byPath().values().stream()
                                    .sorted()
                                    .collect(Collectors.joining("\n")));
        }
    }

    /// Weights that are measured in place of the last ones: the moving average of
    /// [dev.daa.train.loop.WeightAverage], or a point between the SFT model's weights and that average (the linear
    /// interpolation towards the start of WARP, 2406.16768, and of WiSE-FT, 2109.01903). Several runs, which see
    /// the pairs in orders of their own, or answer prompts and draw samples of their own, are merged first, by
    /// WARP's spherical interpolation of their task vectors.
    public record Averaging(
            @Setting(value = "decay of the moving average, 0 takes the last weights", byDefault = "0.98")
            double decay,

            @Setting(value = "share of the way from the SFT weights to the average", byDefault = "1")
            double share,

            @Setting(value = "runs whose averages are merged by spherical interpolation", byDefault = "1")
            int runs) {
        public Averaging {
            if (!(decay >= 0 && decay < 1)) {
                throw new InputException("averaging.decay is " + decay + ", expected a number from 0 to below 1");
            }
            if (!(share > 0 && share <= 1)) {
                throw new InputException("averaging.share is " + share + ", expected a number above 0 and at most 1");
            }
            if (runs < 1) {
                throw new InputException("averaging.runs is " + runs + ", expected at least 1");
            }
        }

        /// "averaged weights: decay 0.98, share 0.5, runs 2".
        public String inWords() {
            return "averaged weights: decay " + decay + ", share " + share + ", runs " + runs;
        }
    }

    /// A GPT-2 shape.
    public record Size(
            @Setting("label in tables and plots") String name,
            @Setting("width of the residual stream") int width,
            @Setting("transformer blocks") int layers,
            @Setting("attention heads") int heads) {
        public Size {
            if (!LABEL.matcher(name).matches()) {
                throw new InputException("size name is '" + name + "', " + LABEL_EXPECTED);
            }
            // Refuses widths and heads that do not fit each other.
            TransformerConfig unused = TransformerConfig.gpt2(1, width, layers, heads, 1);
        }
    }

    /// Pairs of two samples of the SFT policy, labelled by Bradley–Terry on the gold reward.
    public record Preferences(
            @Setting("training pairs") int pairs,

            @Setting(value = "held-out pairs", byDefault = "512")
            int heldOut,

            @Setting(
                    value = "temperature τ of the labels in units of gold reward; 1.3 orders 74 of 100 pairs as the"
                            + " exact gold does",
                    byDefault = "1.3")
            double temperature,

            @Setting(value = "share of labels flipped", byDefault = "0")
            double flip) {
        public Preferences {
            if (pairs < 1 || heldOut < 1) {
                throw new InputException(
                        "preferences need at least 1 pair and 1 held-out pair, found " + pairs + " and " + heldOut);
            }
            if (!(temperature > 0) || Double.isInfinite(temperature)) {
                throw new InputException("preferences.temperature is " + temperature + ", expected a number above 0");
            }
            if (!(flip >= 0 && flip <= 1)) {
                throw new InputException("preferences.flip is " + flip + ", expected a share from 0 to 1");
            }
        }
    }

    /// What is measured at each checkpoint.
    public record Evaluation(
            @Setting("checkpoints, as fractions of the training")
            List<Double> checkpoints,

            @Setting("held-out prompts, one response each") int prompts,

            @Setting(
                    value = "sampling temperature, also that of KL and entropy along the samples; implicit rewards and"
                            + " held-out pairs are scored at 1, as in training",
                    byDefault = "1")
            double temperature) {
        public Evaluation {
            if (checkpoints.isEmpty() || checkpoints.stream().anyMatch(fraction -> !(fraction > 0 && fraction <= 1))) {
                throw new InputException(
                        "evaluation.checkpoints is " + checkpoints + ", expected fractions above 0 and at most 1");
            }
            if (prompts < 2) {
                throw new InputException("evaluation.prompts is " + prompts + ", expected at least 2");
            }
            Sampling.requireDivisor("evaluation.temperature", temperature);
        }
    }

    public StudyConfig {
        if (objectives.isEmpty() && bestOfN == null && reinforcement == null && online == null) {
            throw new InputException("objectives is [], expected at least one, or best_of_n, reinforcement or online");
        }
        unrepeated("objectives", objectives.stream().map(ObjectiveGrid::shown).toList());
        requireOwnLabels(objectives, reinforcement, online);
        distinct("sizes", sizes.stream().map(Size::name).toList());
        distinct("seeds", seeds);
        if (sft.steps() < 1) {
            throw new InputException("sft.steps is " + sft.steps()
                    + ", expected at least 1: reference reviews are drawn fresh, so epochs say nothing");
        }
        Schedule unusedSft = within("sft", () -> sft.scheduleOver(sft.steps()));
        Schedule unusedAlign = within("align", () -> align.scheduleOver(align.stepsOver(preferences.pairs())));
        Schedule unusedGold =
                within("gold_model.training", () -> goldModel.training().scheduleOver(goldModel.steps()));
        for (ObjectiveGrid grid : objectives) {
            Objective objective = grid.objective(grid.betas().getFirst());
            PairUpdater.requireTrainable(objective, align.batch(), align.examplesPerPass());
            AlignLearner.requireMoves(objective, align.stepsOver(preferences.pairs()));
        }
        if (proxies != null) {
            requireProxies(proxies, preferences, List.of());
            Schedule unusedProxies = within(
                    "proxies.training",
                    () -> proxies.training().scheduleOver(proxies.training().stepsOver(preferences.pairs())));
        }
        if (bestOfN != null) {
            requireProxies(proxies, preferences, bestOfN.proxies());
        }
        if (reinforcement != null) {
            for (Reinforcement.Grid grid : reinforcement.algorithms()) {
                requireProxies(proxies, preferences, grid.proxies());
                if (grid.rounds().count() > 1) {
                    requireSingle(proxies, grid);
                }
            }
        }
        if (online != null) {
            for (OnlineGrids.Grid grid : online.methods()) {
                if (grid.labels() == OnlineGrids.Labels.PROXY) {
                    requireProxies(proxies, preferences, grid.proxies());
                }
            }
        }
    }

    /// The reward model that is the gold; null for the exact gold.
    @Nullable
    public GoldModel goldOrNull() {
        return switch (gold) {
            case EXACT -> null;
            case MODEL -> goldModel;
        };
    }

    /// Points know a run by its label: two of one label would be one curve, and one called as the model that
    /// training starts from would be part of every curve's origin.
    public static void requireOwnLabels(
            List<ObjectiveGrid> objectives, @Nullable Reinforcement reinforcement, @Nullable OnlineGrids online) {
        List<String> labels =
                new ArrayList<>(objectives.stream().map(ObjectiveGrid::shown).toList());
        if (reinforcement != null) {
            reinforcement.algorithms().forEach(grid -> labels.add(grid.label()));
        }
        if (online != null) {
            online.methods().forEach(grid -> labels.add(grid.label()));
        }
        for (String taken : List.of(Point.SFT, Cell.BestOfN.OBJECTIVE)) {
            if (labels.contains(taken)) {
                throw new InputException("objectives, reinforcement and online are called " + labels
                        + ", expected none called " + taken + ", as other points are; give a label or a name");
            }
        }
        if (new HashSet<>(labels).size() < labels.size()) {
            throw new InputException("objectives, reinforcement and online are called " + labels
                    + ", expected no label twice; give a label or a name");
        }
    }

    private static void requireProxies(@Nullable Proxies proxies, Preferences preferences, List<String> wanted) {
        if (proxies == null) {
            throw new InputException(
                    "proxies is missing, expected the reward models that best_of_n, reinforcement and online use");
        }
        for (Proxies.Proxy proxy : proxies.named(wanted)) {
            if (proxy.pairs() > preferences.pairs()) {
                throw new InputException("proxy " + proxy.name() + " has pairs " + proxy.pairs()
                        + ", expected at most the " + preferences.pairs() + " of preferences.pairs");
            }
        }
    }

    /// Rounds train one reward model again, not several, and take its score as it is.
    private static void requireSingle(@Nullable Proxies proxies, Reinforcement.Grid grid) {
        for (Proxies.Proxy proxy : Objects.requireNonNull(proxies).named(grid.proxies())) {
            if (proxy.members() > 1
                    || proxy.lowerConfidence() > 0
                    || proxy.lengthPenalty().isOn()) {
                throw new InputException("reinforcement " + grid.label() + " has "
                        + grid.rounds().count() + " rounds with reward model " + proxy.name()
                        + ", expected one of 1 member without lower_confidence and length_penalty");
            }
        }
    }

    /// Names the section of what is refused.
    public static <T> T within(String section, Supplier<T> checked) {
        try {
            return checked.get();
        } catch (InputException refused) {
            throw new InputException(section + "." + refused.getMessage(), refused);
        }
    }

    private static void distinct(String key, List<?> values) {
        if (values.isEmpty()) {
            throw new InputException(key + " is [], expected at least one and no repetition");
        }
        unrepeated(key, values);
    }

    private static void unrepeated(String key, List<?> values) {
        Set<Object> seen = new HashSet<>();
        if (!values.stream().allMatch(seen::add)) {
            throw new InputException(key + " is " + values + ", expected at least one and no repetition");
        }
    }
}
