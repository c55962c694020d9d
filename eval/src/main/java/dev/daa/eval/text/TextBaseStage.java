package dev.daa.eval.text;

import dev.daa.compute.Backend;
import dev.daa.eval.record.StudyFiles;
import dev.daa.eval.study.StudyKind;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.data.RowConfig;
import dev.daa.train.reward.LengthHead;
import dev.daa.train.reward.RewardConfig;
import dev.daa.train.reward.RewardRun;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.run.DataHash;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.sft.SftConfig;
import dev.daa.train.sft.SftRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

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
        TextInputs inputs = TextInputs.of(config);
        Path sft = runs(SFT);
        SftRun.run(
                sft(config, sft),
                (steps, notes) -> {
                    // Not before the run has found its folder to be of this config.
                    StudyKind.keep(folder, config);
                    return displays.apply(SFT).begin(steps, notes);
                },
                interrupt);
        PairSplit split = inputs.pairs();
        ModelFolder gold = inputs.gold() == null
                ? rewardModel(
                        GOLD,
                        sft,
                        write("human-pairs", split.pairs()),
                        write("human-held-out", split.heldOut()),
                        1,
                        inputs.notes())
                : inputs.gold();
        List<PreferencePair> pairs = config.relabel() ? labelled(gold, split.pairs()) : split.pairs();
        List<PreferencePair> heldOut = config.relabel() ? labelled(gold, split.heldOut()) : split.heldOut();
        Path pairsFile = write("pairs", pairs);
        Path heldOutFile = write("held-out", heldOut);
        ModelFolder proxy = rewardModel(PROXY, sft, pairsFile, heldOutFile, 2, List.of());
        return new TextBase(
                config.modelName(),
                ModelFolder.open(sft),
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

    private Path runs(String name) {
        return StudyFiles.run(folder, name);
    }

    private Path write(String name, List<PreferencePair> pairs) {
        Path file = DurableFile.createFolder(folder.resolve("data")).resolve(name + ".jsonl");
        DurableFile.write(file, pairs.stream().map(pair -> pair.toJson() + "\n").collect(Collectors.joining()));
        return file;
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
                        0,
                        LengthHead.NONE,
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
        return TextBase.byPrompt(heldOut).stream()
                .map(PreferencePair::chosenSequence)
                .limit(evaluation.prompts())
                .toList();
    }
}
