package dev.daa.eval.text;

import dev.daa.compute.InputException;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.transformer.Head;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Schedule;
import dev.daa.train.loop.TrainingConfig;
import dev.daa.train.rollout.RewardFolders;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a study on text reads, checked before anything is trained: what one of its stages could not do is refused
/// before the first of them has taken its hours.
///
/// @param gold the reward model that the config names
/// @param pairs with the labels of the data
/// @param notes which rows were left out or shortened
record TextInputs(@Nullable ModelFolder gold, PairSplit pairs, List<String> notes) {

    /// Reads and checks. The SFT model keeps tokenizer, end of text and positions of the model that it starts from,
    /// so the pairs are the same to both.
    static TextInputs of(TextStudyConfig config) {
        ModelFolder model = ModelFolder.open(config.model());
        ModelFolder gold = config.gold() == null ? null : RewardFolders.open(config.gold(), model);
        DataReader reader = DataReader.of(model, Head.SCALAR).forTraining(config.rows());
        PairSplit split = split(config, reader);
        requireSchedules(config, split.pairs().size());
        requirePrompts(config, split);
        StopTokens unused = model.requiredStopTokens();
        requireRoom(config, model, split);
        if (gold != null) {
            requireReads(config, gold, split);
        }
        return new TextInputs(gold, split, reader.notes());
    }

    private static PairSplit split(TextStudyConfig config, DataReader reader) {
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

    /// Refuses sections whose steps follow from the number of pairs and do not hold their warm-up.
    private static void requireSchedules(TextStudyConfig config, int pairs) {
        requireSchedule("reward", config.reward(), pairs);
        if (!config.objectives().isEmpty()) {
            requireSchedule("align", config.align(), pairs);
        }
    }

    private static void requireSchedule(String section, TrainingConfig training, int pairs) {
        Schedule unused = StudyConfig.within(section, () -> training.scheduleOver(training.stepsOver(pairs)));
    }

    /// Refuses data without prompts that policies could answer.
    private static void requirePrompts(TextStudyConfig config, PairSplit split) {
        int heldOut = TextBase.byPrompt(split.heldOut()).size();
        if (heldOut < 2) {
            throw new InputException("the held-out pairs have " + heldOut + " prompts, expected at least 2");
        }
        if (answersTrainingPrompts(config) && TextBase.byPrompt(split.pairs()).isEmpty()) {
            throw new InputException("every prompt of the training pairs is empty, expected prompts to answer");
        }
    }

    private static boolean answersTrainingPrompts(TextStudyConfig config) {
        return config.reinforcement() != null || config.online() != null;
    }

    /// Refuses prompts that leave no room for a response. Reward models read a response to its last token.
    private static void requireRoom(TextStudyConfig config, ModelFolder model, PairSplit split) {
        int longest = longestPrompt(config, split);
        int maxTokens = config.evaluation().maxTokens();
        int positions = model.config().maximumPositions();
        if (longest + maxTokens > positions) {
            throw new InputException("a prompt of " + longest + " tokens and a response of evaluation.max_tokens "
                    + maxTokens + " need " + (longest + maxTokens) + " positions, the model has " + positions
                    + "; lower evaluation.max_tokens, rows.max_length or rows.max_prompt_length");
        }
    }

    /// Refuses what a gold reward model from elsewhere could not read to its end: responses to the held-out
    /// prompts, and the pairs that it labels.
    private static void requireReads(TextStudyConfig config, ModelFolder gold, PairSplit split) {
        int written = longestPrompt(config, split) + config.evaluation().maxTokens();
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
    private static int longestPrompt(TextStudyConfig config, PairSplit split) {
        List<PreferencePair> answered = new ArrayList<>(TextBase.byPrompt(split.heldOut()).stream()
                .limit(config.evaluation().prompts())
                .toList());
        if (answersTrainingPrompts(config)) {
            answered.addAll(split.pairs());
        }
        return answered.stream().mapToInt(pair -> pair.prompt().length).max().orElse(0);
    }
}
