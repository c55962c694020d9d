package dev.daa.train.loop;

import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.train.run.Interrupt;
import dev.daa.train.run.Manifest;
import dev.daa.train.run.RunDisplay;
import dev.daa.train.run.RunFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.Stream;

/// What every command that trains does around its learner: a run folder with config, manifest, metrics and
/// checkpoints, which in the end is a model folder too.
public final class ModelTraining {
    private static final Set<String> MAY_DIFFER = Set.of("placement.backend", "placement.threads", "out", "cache");

    private final ModelText text;
    private final int steps;
    private final Schedule schedule;
    private final SortedSet<Integer> checkpointSteps;
    private final Optional<String> unseenRows;

    /// Checks schedule and checkpoints, before anything takes memory.
    ///
    /// @param source whose tokenizer, end and beginning of text the trained model keeps
    /// @param examples of an epoch
    /// @param checkpoints as fractions of the training
    public ModelTraining(ModelFolder source, TrainingConfig training, long examples, List<Double> checkpoints) {
        text = source.text();
        steps = training.stepsOver(examples);
        schedule = training.scheduleOver(steps);
        checkpointSteps = TrainingLoop.stepsAt(checkpoints, steps);
        unseenRows = unseenRows(training, steps, examples);
    }

    /// Says how many rows a first pass leaves out where it ends with its last whole batch.
    private static Optional<String> unseenRows(TrainingConfig training, int steps, long examples) {
        long unseen = examples - (long) steps * training.batch();
        if (training.steps() > 0 || training.epochs() < 1 || unseen <= 0) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "%,d of %,d rows are not seen: the last whole batch of %d is that of step %d; --steps %d sees all",
                unseen,
                examples,
                training.batch(),
                steps,
                Math.ceilDiv(examples, training.batch())));
    }

    /// Refuses a run folder in which a model would be overwritten: one that the run reads, or one that no run left.
    public static void requireOut(Path out, ModelFolder... read) {
        for (ModelFolder folder : read) {
            folder.requireElsewhere(out);
        }
        if (!RunFolder.isIn(out)) {
            ModelFolder.requireNone(out);
        }
    }

    public int steps() {
        return steps;
    }

    /// What a run folder says of where its model comes from.
    ///
    /// @param config every setting of the run
    /// @param rowCounts what became of the rows of the data, for `data.json`; empty where none are left out
    /// @param notes the same for people
    public record Origin(Record config, Manifest manifest, List<?> rowCounts, List<String> notes) {}

    /// Trains to the end, or goes on with a run that was stopped.
    ///
    /// @param out the run folder
    public void run(
            Learner learner,
            Path out,
            Origin origin,
            RunDisplay display,
            TrainingLoop.Evaluation evaluation,
            Interrupt interrupt) {
        try (RunFolder folder = RunFolder.open(out)) {
            folder.config(origin.config(), MAY_DIFFER);
            folder.manifest(origin.manifest());
            if (!origin.rowCounts().isEmpty()) {
                folder.json("data.json", origin.rowCounts());
            }
            new TrainingLoop(learner, schedule, checkpointSteps, TrainingLoop.Retention.ALL, text)
                    .run(folder, display.begin(steps, notes(folder, origin)), evaluation, interrupt);
            learner.saveModel(out, text);
        }
    }

    private List<String> notes(RunFolder folder, Origin origin) {
        return Stream.concat(
                        Stream.concat(origin.notes().stream(), unseenRows.stream()),
                        folder.checkpoints().latest().stream()
                                .filter(checkpoint -> checkpoint.step() == steps)
                                .map(_ -> folder.path() + ": this run is finished already, there is nothing to do"))
                .toList();
    }
}
