package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.eval.study.StudyKind;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.WriteFailure;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.RowConfig;
import dev.daa.train.loop.Schedule;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.reward.RewardConfig;
import dev.daa.train.reward.RewardRun;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.sft.SftConfig;
import dev.daa.train.sft.SftRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What comes before the cells: the SFT model, the gold reward model, its labels, and the proxy reward model trained on
/// them. Each is a run folder, and what is finished is not done again.
///
/// @param folder of the study
/// @param displays shows the run of a name
record TextBaseStage(TextStudyConfig config, Path folder, Function<String, RunDisplay> displays, Interrupt interrupt) {
    static final String SFT = "sft";
    static final String PROXY = "proxy";
    private static final String GOLD = "gold";

    TextBase run() {
        ModelFolder given = gold(config);
        Path sft = runs(SFT);
        SftRun.run(
                sft(config, sft),
                (steps, notes) -> {
                    // Not before the run has found its folder to be of this config.
                    StudyKind.keep(folder, config);
                    return displays.apply(SFT).begin(steps, notes);
                },
                interrupt);
        ModelFolder source = ModelFolder.open(sft);
        DataReader reader = DataReader.of(source, Head.SCALAR).forTraining(config.rows());
        PairSplit split = split(reader);
        requireSchedules(split.pairs().size());
        requireRoom(source, split);
        requireReads(given, split);
        ModelFolder gold = given == null
                ? rewardModel(
                        GOLD,
                        sft,
                        write("human-pairs", split.pairs()),
                        write("human-held-out", split.heldOut()),
                        1,
                        reader.notes())
                : given;
        List<PreferencePair> pairs = config.relabel() ? labelled(gold, split.pairs()) : split.pairs();
        List<PreferencePair> heldOut = config.relabel() ? labelled(gold, split.heldOut()) : split.heldOut();
        Path pairsFile = write("pairs", pairs);
        Path heldOutFile = write("held-out", heldOut);
        ModelFolder proxy = rewardModel(PROXY, sft, pairsFile, heldOutFile, 2, List.of());
        return new TextBase(
                config.modelName(),
                source,
                gold,
                proxy,
                pairs,
                heldOut,
                prompts(heldOut, config.evaluation()),
                Map.of(
                        "pairs",
                        DataHash.of(pairsFile),
                        "held-out",
                        DataHash.of(heldOutFile),
                        GOLD,
                        gold.hash(),
                        PROXY,
                        proxy.hash()));
    }

    /// The gold reward model that the config names, which scores what the model writes.
    static @Nullable ModelFolder gold(TextStudyConfig config) {
        return config.gold() == null ? null : RewardFolders.open(config.gold(), ModelFolder.open(config.model()));
    }

    /// Supervised fine-tuning into the folder of a run.
    static SftConfig sft(TextStudyConfig config, Path out) {
        return new SftConfig(
                config.model(),
                false,
                config.demonstrations(),
                out,
                config.rows(),
                config.sft(),
                config.lora(),
                List.of(1.0),
                config.seeds().getFirst(),
                config.placement());
    }

    private PairSplit split(DataReader reader) {
        List<PreferencePair> all = reader.pairs(config.preferences());
        if (config.heldOut() != null) {
            return new PairSplit(all, reader.pairs(config.heldOut()));
        }
        PairSplit split = PairSplit.fromTheEnd(all, config.heldOutPairs());
        if (split.pairs().isEmpty()) {
            throw new InputException("held_out_pairs is " + config.heldOutPairs() + ", expected less than the "
                    + all.size() + " pairs of " + config.preferences()
                    + (config.heldOutPairs() < all.size()
                            ? ", of which all with one prompt are held out together"
                            : ""));
        }
        return split;
    }

    /// Refuses sections whose steps follow from the number of pairs and do not hold their warm-up, before the first
    /// of them is trained.
    private void requireSchedules(int pairs) {
        requireSchedule("reward", config.reward(), pairs);
        if (!config.objectives().isEmpty()) {
            requireSchedule("align", config.align(), pairs);
        }
    }

    private static void requireSchedule(String section, TrainingConfig training, int pairs) {
        Schedule unused = StudyConfig.within(section, () -> training.scheduleOver(training.stepsOver(pairs)));
    }

    /// Refuses prompts that leave no room for a response, before anything learns from them. Reward models read a
    /// response to its last token.
    private void requireRoom(ModelFolder source, PairSplit split) {
        int longest = longestPrompt(split);
        int maxTokens = config.evaluation().maxTokens();
        if (longest + maxTokens > source.config().maximumPositions()) {
            throw new InputException("a prompt of " + longest + " tokens and a response of evaluation.max_tokens "
                    + maxTokens + " need " + (longest + maxTokens) + " positions, the model has "
                    + source.config().maximumPositions()
                    + "; lower evaluation.max_tokens, rows.max_length or rows.max_prompt_length");
        }
    }

    /// Refuses what a gold reward model from elsewhere could not read to its end: responses to the held-out
    /// prompts, and the pairs that it labels.
    private void requireReads(@Nullable ModelFolder gold, PairSplit split) {
        if (gold == null) {
            return;
        }
        int written = longestPrompt(split) + config.evaluation().maxTokens();
        int labelled = config.relabel()
                ? Stream.of(split.pairs(), split.heldOut())
                        .flatMap(List::stream)
                        .mapToInt(pair -> pair.prompt().length + Math.max(pair.chosen().length, pair.rejected().length))
                        .max()
                        .orElse(0)
                : 0;
        int positions = gold.config().maximumPositions();
        if (Math.max(written, labelled) > positions) {
            throw new InputException("gold: " + config.gold() + " reads " + positions + " positions, expected "
                    + Math.max(written, labelled) + " for the longest "
                    + (written > labelled ? "prompt with a response of evaluation.max_tokens" : "response of the pairs")
                    + "; lower rows.max_length, or take another gold reward model");
        }
    }

    /// Of the prompts that the models answer.
    private int longestPrompt(PairSplit split) {
        List<PreferencePair> answered = new ArrayList<>(TextBase.byPrompt(split.heldOut()).stream()
                .limit(config.evaluation().prompts())
                .toList());
        if (config.reinforcement() != null || config.online() != null) {
            answered.addAll(split.pairs());
        }
        return answered.stream().mapToInt(pair -> pair.prompt().length).max().orElse(0);
    }

    private Path runs(String name) {
        return folder.resolve("runs").resolve(name);
    }

    private Path write(String name, List<PreferencePair> pairs) {
        List<String> lines = pairs.stream().map(PreferencePair::toJson).toList();
        try {
            return Files.write(Files.createDirectories(folder.resolve("data")).resolve(name + ".jsonl"), lines);
        } catch (IOException e) {
            throw WriteFailure.of(folder, e);
        }
    }

    private ModelFolder rewardModel(String name, Path from, Path pairs, Path heldOut, long seed, List<String> notes) {
        Path out = runs(name);
        RewardRun.run(
                new RewardConfig(
                        from,
                        pairs,
                        heldOut,
                        out,
                        0.01,
                        0,
                        RowConfig.DEFAULT,
                        config.reward(),
                        config.lora(),
                        List.of(1.0),
                        seed,
                        config.placement()),
                (steps, own) -> {
                    List<String> all = new ArrayList<>(notes);
                    all.addAll(own);
                    return displays.apply(name + " reward model").begin(steps, all);
                },
                interrupt);
        return ModelFolder.open(out);
    }

    /// The pairs with the response chosen that the gold reward model scores higher; a tie keeps its label. Online
    /// pairs are labelled alike, see [TextCell.Online].
    private List<PreferencePair> labelled(ModelFolder gold, List<PreferencePair> pairs) {
        int longest = pairs.stream().mapToInt(PreferencePair::rows).max().orElseThrow();
        try (Backend backend = config.placement().open();
                ResponseReward scorer = RewardModel.of(backend, gold, longest, 0)) {
            double[] chosen = scorer.score(
                    pairs.stream().map(PreferencePair::chosenSequence).toList(), interrupt::requested);
            double[] rejected = scorer.score(
                    pairs.stream().map(PreferencePair::rejectedSequence).toList(), interrupt::requested);
            List<PreferencePair> labelled = new ArrayList<>();
            for (int i = 0; i < chosen.length; i++) {
                PreferencePair pair = pairs.get(i);
                labelled.add(
                        rejected[i] > chosen[i]
                                ? new PreferencePair(pair.prompt(), pair.rejected(), pair.chosen())
                                : pair);
            }
            return labelled;
        }
    }

    /// The first prompts that differ from each other, with the chosen response of the data.
    private static List<Sequence> prompts(List<PreferencePair> heldOut, TextStudyConfig.Evaluation evaluation) {
        List<Sequence> prompts = TextBase.byPrompt(heldOut).stream()
                .map(PreferencePair::chosenSequence)
                .limit(evaluation.prompts())
                .toList();
        if (prompts.size() < 2) {
            throw new InputException("the held-out pairs have " + prompts.size() + " prompts, expected at least 2");
        }
        return prompts;
    }
}
