package dev.daa.train.run;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.WriteFailure;
import dev.daa.train.config.ConfigDifferences;
import dev.daa.train.config.Configs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The folder of one run, which explains itself and survives a kill: `config.yaml` (resolved), `manifest.json`,
/// `data.json` (rows read and left out), `metrics.jsonl`, the same as `metrics.csv` and as
/// TensorBoard's `events.out.tfevents.…`, `checkpoints/step-N/`, `samples/step-N.jsonl`,
/// `held-out/step-N.jsonl`.
///
/// Opening it locks it against a second process. A run that finds a checkpoint goes on after it:
///
/// ```java
/// try (RunFolder run = RunFolder.open(out)) {
///     run.config(config, Set.of("threads"));
///     Optional<Checkpoint> resumed = run.checkpoints().latest();
///     MetricsSink metrics = run.metrics(resumed);
///     … // a step's metrics are recorded before its checkpoint is saved
///     run.save(step, folder -> model.save(folder));
/// }
/// ```
public final class RunFolder implements AutoCloseable {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /// A difference of configs between two paths of the same last name.
    private static final Pattern MOVED = Pattern.compile(": (?:.*[/\\\\])?([^/\\\\]+), now .*[/\\\\]\\1$");

    private static final String CONFIG = "config.yaml";
    private static final String METRICS = "metrics.jsonl";
    private static final String SAMPLES = "samples";
    private static final String HELD_OUT = "held-out";

    private final Path folder;
    private final FolderLock lock;
    private final Checkpoints checkpoints;
    private @Nullable MetricsFile metrics;
    private @Nullable EventFile events;

    private RunFolder(Path folder, FolderLock lock) {
        this.folder = folder;
        this.lock = lock;
        this.checkpoints = new Checkpoints(folder);
    }

    /// Opens the folder of a run, new or to be resumed; files that a kill left half written are deleted.
    ///
    /// @throws InputException when it cannot be written or another process has it open
    public static RunFolder open(Path folder) {
        if (Files.exists(folder.resolve("ledger.jsonl"))) {
            throw new InputException(
                    folder + ": found a study (ledger.jsonl), expected a run or a new folder; choose another --out");
        }
        FolderLock lock = FolderLock.take(folder);
        try {
            for (Path written : List.of(folder, folder.resolve(SAMPLES), folder.resolve(HELD_OUT))) {
                if (Files.isDirectory(written)) {
                    DurableFile.deleteIncomplete(written);
                }
            }
            return new RunFolder(folder, lock);
        } catch (IOException e) {
            lock.close();
            throw WriteFailure.of(folder, e);
        }
    }

    /// Whether there is a run, finished or not.
    public static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(CONFIG));
    }

    /// Deletes a run, so that it starts anew; nothing happens where there is none.
    public static void delete(Path folder) {
        try {
            DurableFolder.deleteTree(folder);
        } catch (IOException e) {
            throw WriteFailure.of(folder, e);
        }
    }

    public Path path() {
        return folder;
    }

    public Checkpoints checkpoints() {
        return checkpoints;
    }

    /// Saves the resolved config, or checks that a resumed run has the config that it was started with.
    ///
    /// @param config the run's config record
    /// @param mayDiffer keys, such as `threads`, that change no result
    /// @throws InputException naming the keys that differ
    public void config(Record config, Set<String> mayDiffer) {
        requireConfig(folder, config, mayDiffer);
        DurableFile.write(folder.resolve(CONFIG), Configs.toYaml(config));
    }

    /// Refuses a folder that has a run with another config; one without a run is right.
    ///
    /// @param mayDiffer keys, such as `threads`, that change no result
    /// @throws InputException naming the keys that differ
    public static void requireConfig(Path folder, Record config, Set<String> mayDiffer) {
        if (!isIn(folder)) {
            return;
        }
        Path file = folder.resolve(CONFIG);
        List<String> differences = ConfigDifferences.of(file, config, mayDiffer);
        if (!differences.isEmpty()) {
            throw new InputException(file + ": this run was started with another config ("
                    + String.join(", ", differences) + "); "
                    + (differences.stream().allMatch(MOVED.asPredicate())
                            ? "where these were moved, move them back, or make symbolic links of their old names and"
                                    + " give the old --out; else "
                            : "")
                    + "choose another --out, or delete " + folder);
        }
    }

    /// Saves the manifest, or checks that a resumed run goes on where it was started, with the model and the data
    /// that it was started with.
    ///
    /// @throws InputException naming what has changed
    public void manifest(Manifest manifest) {
        Path file = folder.resolve("manifest.json");
        if (Files.exists(file) && checkpoints.latest().isPresent()) {
            requireSameInputs(file, manifest);
        }
        DurableFile.write(file, JSON.writeValueAsString(manifest) + "\n");
    }

    private void requireSameInputs(Path file, Manifest manifest) {
        Manifest before;
        try {
            before = JSON.readValue(file.toFile(), Manifest.class);
        } catch (JacksonException e) {
            throw new InputException(file + ": found no manifest of a run; delete " + folder, e);
        }
        if (!before.backend().equals(manifest.backend())) {
            throw InputException.of(
                    file + ": backend",
                    manifest.backend(),
                    before.backend() + ", where this run was started",
                    "choose that one with --backend, or another --out");
        }
        List<String> changed = new ArrayList<>();
        if (!before.model().equals(manifest.model())) {
            changed.add("the model");
        }
        manifest.data().forEach((name, hash) -> {
            if (!hash.equals(before.data().get(name))) {
                changed.add(name);
            }
        });
        if (!changed.isEmpty()) {
            throw new InputException(file + ": " + String.join(" and ", changed)
                    + " changed since this run was started; choose another --out, or delete " + folder);
        }
    }

    /// Saves a file of its own that explains the run, as JSON.
    public void json(String name, Object content) {
        DurableFile.write(folder.resolve(name), JSON.writeValueAsString(content) + "\n");
    }

    /// The sink of `metrics.jsonl`. Lines after the checkpoint that the run goes on from are dropped, all lines
    /// without one: those updates are made again.
    public MetricsSink metrics(Optional<Checkpoint> resumed) {
        return metricsAfter(resumed.map(Checkpoint::step).orElse(-1L));
    }

    /// The sink of `metrics.jsonl`, whose lines after `lastStep` are dropped.
    public MetricsSink metricsAfter(long lastStep) {
        if (metrics != null) {
            metrics.close();
        }
        metrics = new MetricsFile(folder.resolve(METRICS), lastStep);
        if (events == null) {
            events = new EventFile(folder, System.currentTimeMillis() / 1000);
        }
        return metrics.and(events);
    }

    /// Saves a checkpoint, after forcing the metrics up to it to the disk.
    public Checkpoint save(long step, Checkpoint.Writer writer) {
        if (metrics != null) {
            metrics.force();
        }
        return checkpoints.save(step, writer);
    }

    /// Saves what the policy wrote at a step, one JSON object a row, as `samples/step-N.jsonl`.
    public void samples(long step, List<? extends Record> rows) {
        rows(SAMPLES, step, rows);
    }

    /// Saves what the policy says of given responses at a step, one JSON object a row, as `held-out/step-N.jsonl`.
    public void heldOut(long step, List<? extends Record> rows) {
        rows(HELD_OUT, step, rows);
    }

    private void rows(String kind, long step, List<? extends Record> rows) {
        StringBuilder lines = new StringBuilder();
        for (Record row : rows) {
            lines.append(JsonMapper.shared().writeValueAsString(row)).append('\n');
        }
        Path file = DurableFile.createFolder(folder.resolve(kind)).resolve("step-" + step + ".jsonl");
        DurableFile.write(file, lines.toString());
    }

    @Override
    public void close() {
        MetricsFile written = metrics;
        EventFile shown = events;
        // Whatever fails, the rest is closed and the folder unlocked, and the first failure is the one that is told.
        try (lock;
                shown;
                written) {
            if (written != null) {
                MetricsTable.write(folder.resolve(METRICS), folder.resolve("metrics.csv"));
            }
        }
    }
}
