package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.train.config.Setting;
import dev.daa.train.data.DataReader;
import dev.daa.train.rollout.LengthPenalty;
import dev.daa.train.rollout.LowerConfidence;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.rollout.RewardFolders;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Placement;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;

/// `daa score`: scores of given responses.
@Command(
        name = "score",
        description = {
            "Prints the scores of the responses in a file under reward models, read at the last token.",
            "One JSON line a row: {\"score\":…}. Scores have no zero of their own; their differences count.",
            "Worst-case, uncertainty and kl-dro centre each reward model on the file's rows, and their score;",
            "length_penalty.residual measures there what each owes to length, and centres it, too."
        })
final class ScoreCommand extends ConfigCommand<ScoreCommand.Config> {
    /// Keys of the command.
    record Config(
            @Setting("reward-model folders; several are an ensemble")
            List<Path> reward,

            @Setting(
                    value = "how several become one score: mean, worst-case, uncertainty or kl-dro",
                    byDefault = "mean")
            RewardEnsemble.Rule combine,

            @Setting(
                    value = "factor of the variance for uncertainty and, where small, for kl-dro: 0.5 for choosing"
                            + " as Coste et al. have it for best of n, where ppo and online take 0.1",
                    byDefault = "0.5")
            double penalty,

            @Setting("lower confidence bound of the reward models")
            LowerConfidence lowerConfidence,

            @Setting("what comes off each reward model's score for the length of a response")
            LengthPenalty lengthPenalty,

            @Setting("rows (JSONL or Parquet) of prompt and response, as text or as prompt_ids and response_ids")
            Path data,

            @Setting("where to compute") Placement placement) {
        Config {
            RewardFolders.requireNamed(reward);
        }
    }

    private record Row(double score) {}

    ScoreCommand(Terminal terminal) {
        super(terminal, Config.class);
    }

    @Override
    void run(Config config, Interrupt interrupt) {
        ModelFolder first = ModelFolder.open(config.reward().getFirst());
        RewardFolders rewards = RewardFolders.open(
                config.reward(),
                first,
                config.combine(),
                config.penalty(),
                config.lowerConfidence(),
                config.lengthPenalty());
        List<Sequence> responses = DataReader.of(first, Head.SCALAR).examples(config.data());
        int longest = responses.stream().mapToInt(Sequence::length).max().orElseThrow();
        try (Backend backend = config.placement().open();
                ResponseReward reward = rewards.reward(
                        backend, longest, rewards.needsSamples() ? responses : List.of(), interrupt::requested)) {
            for (double score : reward.score(responses, interrupt::requested)) {
                terminal().out().println(JsonRow.of(first.path(), new Row(score)));
            }
        }
    }
}
